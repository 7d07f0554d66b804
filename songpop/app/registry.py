"""`songpop promote`, `rollback`, `history`, `compare`: what stands in the registry, and what may stand there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from songpop.app.card_keeper import told_if_not_written, write_cards
from songpop.app.listener import Listener, Silence
from songpop.app.side_by_side import SideBySide, side_by_side
from songpop.app.story import describe_sweep
from songpop.errors import RefusedError
from songpop.published import PUBLISHED
from songpop.settings import (
    CompareSettings,
    HistorySettings,
    PromoteSettings,
    ProtocolName,
    check_compare,
    check_gates,
    check_registry,
)
from songpop.tracking.candidate import candidate_of
from songpop.tracking.ledger import LedgerEntry, Term
from songpop.tracking.openings import openings
from songpop.tracking.records import PROTOCOL, TEST_DIGEST, TUNER, LeaderRow, SweepRecord
from songpop.tracking.registry import Promotion, Rollback, chronicle
from songpop.tracking.registry import promote as promote_candidate
from songpop.tracking.registry import rollback as roll_back
from songpop.tracking.store import Store, open_store
from songpop.tracking.sweeps import find_sweep, find_sweeps, leaderboard, list_sweeps
from songpop.tracking.trainings import TrainedRow, trained_rows

TRAINED_METRICS = ("accuracy", "roc_auc", "log_loss")


@dataclass(frozen=True, kw_only=True)
class History:
    """Who was champion from when to when, and what was refused."""

    model: str
    alias: str
    champion: int | None  # the version that the alias points to
    entries: tuple[LedgerEntry, ...]  # the oldest first
    terms: tuple[Term, ...]
    note: str | None  # where alias and ledger do not agree
    leaks: tuple[str, ...] = ()  # columns that gave the label away when any of its versions was trained


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """All sweeps and trainings, the newest first, and the best trials of one sweep; or some sweeps side by side."""

    sweeps: tuple[SweepRecord, ...]
    trainings: tuple[TrainedRow, ...]  # models of `songpop train`, the newest training first
    n_test_openings: Mapping[str, int]  # by run id of a sweep or training: looks at its test rows, whoever looked
    sweep: str | None  # whose trials; None where there is no sweep yet
    trials: tuple[LeaderRow, ...]
    tuners: tuple[SweepRecord, ...]  # searches of a tracked KerasTuner
    published: Mapping[str, Mapping[str, float]]  # the published numbers, where such a sweep's protocol is `published`
    side_by_side: SideBySide | None = None  # where several sweeps were named; then `sweeps` are only these


def promote(settings: PromoteSettings, *, listener: Listener | None = None) -> Promotion:
    """Make a sweep's model the champion, if it passes the gates.

    Raises:
        RefusedError: if gates refuse it; holds the verdict of each.
        GateError: if there is nothing to promote.
        SettingsError: if a bound cannot be meant.
    """
    from songpop.scoring.judge import SealedJudge  # TensorFlow, which `history` and `compare` do without

    check_registry(settings.registry)
    check_gates(settings.gates)
    store = open_store(settings.tracking, Path(settings.paths.root))
    sweep = find_sweep(store, settings.sweep)
    listener = listener or Silence()
    listener.note(f"Checking the model of sweep {sweep.name}.")
    try:
        done = promote_candidate(store, settings.registry, settings.gates, candidate_of(store, sweep), SealedJudge())
    except RefusedError:
        with told_if_not_written(listener):
            describe_sweep(store, sweep.run_id)
        raise
    with told_if_not_written(listener):
        write_cards(store, settings.registry, done.version, done.previous)
    return done


def rollback(settings: HistorySettings, *, listener: Listener | None = None) -> Rollback:
    """Give the alias back to the last good champion.

    Raises:
        GateError: if there is none.
    """
    check_registry(settings.registry)
    store = open_store(settings.tracking, Path(settings.paths.root))
    done = roll_back(store, settings.registry)
    with told_if_not_written(listener or Silence()):
        write_cards(store, settings.registry, done.version, done.previous)
    return done


def history(settings: HistorySettings) -> History:
    """Return who was champion from when to when, why, and what was refused."""
    check_registry(settings.registry)
    store = open_store(settings.tracking, Path(settings.paths.root), writing=False)
    told = chronicle(store, settings.registry)
    return History(model=settings.registry.model, alias=settings.registry.alias, **vars(told))


def compare(settings: CompareSettings) -> Comparison:
    """Return all sweeps and trainings, and the best trials of one sweep (`sweep=NAME`, by default the newest).

    Where several are named (`sweep=[A,B]`), return these and nothing else, side by side.

    Raises:
        SettingsError: if a key cannot be meant. GateError: if there is no such sweep; StoreError: if the store cannot
        be read.
    """
    names = check_compare(settings)
    store = open_store(settings.tracking, Path(settings.paths.root), writing=False)
    if names:
        return _some(store, find_sweeps(store, names))
    sweeps, trainings = list_sweeps(store), list_sweeps(store, "train")
    chosen = find_sweep(store, settings.sweep) if sweeps or settings.sweep else None
    opened = openings(store)
    return Comparison(
        sweeps=sweeps,
        trainings=tuple(row for training in trainings for row in trained_rows(training, TRAINED_METRICS)),
        n_test_openings={one.run_id: opened.get(one.tags.get(TEST_DIGEST, ""), 0) for one in (*sweeps, *trainings)},
        sweep=chosen.name if chosen else None,
        trials=leaderboard(store, chosen.run_id, settings.n_runs) if chosen else (),
        published=_published([chosen] if chosen else []),
        tuners=list_sweeps(store, TUNER),
    )


def _some(store: Store, sweeps: tuple[SweepRecord, ...]) -> Comparison:
    found = side_by_side(store, sweeps)
    return Comparison(
        sweeps=sweeps,
        trainings=(),
        n_test_openings={one.run_id: one.n_test_openings for one in found.sweeps},
        sweep=None,
        trials=(),
        tuners=(),
        published=_published(sweeps),
        side_by_side=found,
    )


def _published(sweeps: Sequence[SweepRecord]) -> Mapping[str, Mapping[str, float]]:
    is_published = any(one.tags.get(PROTOCOL) == ProtocolName.published.value for one in sweeps)
    return PUBLISHED if is_published else {}
