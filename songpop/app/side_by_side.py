"""Sweeps side by side: what differs between them, what each reached and cost, and which difference is beyond luck.

Models are tested against each other only where their finals had the same resamples: the same table, label and split.
Where they had not, a sentence says why. Owns: reading and joining. Does not own: the test (evaluation/rivals.py).
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from songpop.app.champion_file import champion_of_sweep
from songpop.app.finals_file import FINALS_FILE, finals_of_sweep
from songpop.app.records import CHAMPION_FILE, Champion
from songpop.data.resamples import validation_ratio
from songpop.errors import ArtifactError
from songpop.evaluation.rivals import MIN_RESAMPLES, Behind, behind_the_best
from songpop.evaluation.stats import Interval
from songpop.settings.differences import differing_settings
from songpop.tracking.effort import Effort, effort
from songpop.tracking.model_facts import leaks_of
from songpop.tracking.openings import openings
from songpop.tracking.records import (
    CONFIG,
    FINALS,
    GROUND,
    PARTS_SUMMARY,
    PROTOCOL,
    SPLIT,
    TABLE,
    TEST_DIGEST,
    SweepRecord,
)
from songpop.tracking.store import Store
from songpop.tracking.trial_records import read_files

ALPHA = 0.05  # level of the tests

NO_FINALS = {
    "FINISHED": "it has no finals (finals=none)",
    "RUNNING": "it has no finals yet",
    "KILLED": "it has no finals: it was interrupted",
    "FAILED": "it has no finals: all of it failed",
}


@dataclass(frozen=True, kw_only=True)
class ComparedSweep:
    """One of the sweeps."""

    sweep: str
    run_id: str
    status: str  # of its run, as MLflow has it
    started_at_s: float  # seconds since 1970
    protocol: str
    leaks: tuple[str, ...]
    table: str  # digest, as the next
    split: str  # kind and digest
    ground: int  # sweeps of one number were trained and tested on the same rows; 1, 2, …
    rank: int | None  # among those of its ground, by the mean of the finals; None: it has no finals
    n_trials: int
    n_complete: int
    n_pruned: int
    n_failed: int
    best_val_log_loss: float | None  # in the search
    search_s: float  # in which a trial was trained; pauses are left out, as in the next
    wall_s: float  # in which a trial or a run of the finals was trained
    trials_per_hour: float | None
    finals_val_log_loss: Interval | None  # of the finals' winner, mean over its resamples
    champion: str | None  # its kind; None: the sweep has no champion
    n_models: int | None
    test: Mapping[str, float]  # on the sealed rows, called positive above 0.5
    test_intervals: Mapping[str, tuple[float, float]]  # 95 %, over rows
    n_test_rows: int | None
    n_test_openings: int  # looks at these test rows until now, whoever looked
    behind: Behind | None  # the best one of its ground; None: it is that one, or cannot be tested
    verdict: str  # the same in a sentence, or why nothing can be said


@dataclass(frozen=True, kw_only=True)
class SideBySide:
    """The sweeps in the order of their grounds, within each by the mean of their finals, and what differs."""

    sweeps: tuple[ComparedSweep, ...]
    differing: Mapping[str, tuple[Any, ...]]  # key of a setting → its value in each; None: unset, or not there
    alpha: float = ALPHA


@dataclass(frozen=True, kw_only=True)
class _Read:
    """What the store has of a sweep."""

    record: SweepRecord
    settings: Mapping[str, Any]
    effort: Effort
    champion: Champion | None
    values: tuple[float, ...]  # of the finals' winner, per resample; empty: there is none
    interval: Interval | None
    ratio: float  # validation rows by training rows of a resample
    lack: str  # why there are no values

    @property
    def ground(self) -> tuple[str | None, ...]:
        """What its resamples are a function of."""
        return tuple(self.record.tags.get(tag) for tag in GROUND)

    @property
    def mean(self) -> float:
        """Mean of the finals; infinite without."""
        return float("inf") if self.interval is None else self.interval.mean


@dataclass(frozen=True, kw_only=True)
class _Judged:
    """A sweep among those of its ground."""

    read: _Read
    rank: int | None
    behind: Behind | None
    verdict: str


def side_by_side(store: Store, sweeps: Sequence[SweepRecord]) -> SideBySide:
    """Compare sweeps.

    Args:
        store: an open store.
        sweeps: the sweeps; their order decides nothing but that of different grounds.

    Raises:
        StoreError: if the store cannot be read. ArtifactError: if a sweep's configuration there is damaged.
    """
    grounds: dict[tuple[str | None, ...], list[_Read]] = {}
    for record in sweeps:
        found = _read(store, record)
        grounds.setdefault(found.ground, []).append(found)
    ranked = [sorted(members, key=lambda one: one.mean) for members in grounds.values()]
    judged = [(ground, one) for ground, some in enumerate(ranked, start=1) for one in _judged(some, ranked[0][0])]
    opened = openings(store)
    return SideBySide(
        sweeps=tuple(_row(one, ground, opened) for ground, one in judged),
        differing=differing_settings([one.read.settings for _, one in judged]),
    )


def _read(store: Store, record: SweepRecord) -> _Read:
    files = read_files(store, record.run_id, (CONFIG, PARTS_SUMMARY, FINALS_FILE, CHAMPION_FILE)).files
    values, interval, lack = _finals(record, files)
    return _Read(
        record=record,
        settings=_settings(record, files),
        effort=effort(store, record.run_id),
        champion=champion_of_sweep(record, files),
        values=values,
        interval=interval,
        ratio=_ratio(files) if values else 0.0,
        lack=lack,
    )


def _settings(record: SweepRecord, files: Mapping[str, bytes]) -> Mapping[str, Any]:
    try:
        document = yaml.safe_load(files.get(CONFIG, b""))
    except (yaml.YAMLError, UnicodeDecodeError):
        document = None
    if not isinstance(document, Mapping):
        raise ArtifactError(
            f"The configuration of sweep {record.name!r} must be kept beside its run, but {CONFIG} there is missing or "
            "damaged. Bring it back from a copy of the store, or leave this sweep out."
        )
    return document


def _finals(record: SweepRecord, files: Mapping[str, bytes]) -> tuple[tuple[float, ...], Interval | None, str]:
    """Return the winner's values and their mean, or why there are none that can be tested."""
    if not record.tags.get(FINALS):
        return (), None, NO_FINALS.get(record.status, "it has no finals")
    finals = finals_of_sweep(record, files)
    if finals is None:
        return (), None, f"its finals cannot be read: {FINALS_FILE} is missing or damaged"
    if PARTS_SUMMARY not in files:
        return (), None, f"its finals cannot be tested: {PARTS_SUMMARY} is missing"
    if finals.winner is None:
        return (), None, "its finals have no winner: each finalist had a run that failed"
    winner = finals.finalists[finals.winner]
    return winner.values, winner.interval, ""


def _ratio(files: Mapping[str, bytes]) -> float:
    parts = json.loads(files[PARTS_SUMMARY])["parts"]
    return validation_ratio(parts["train"]["n_rows"], parts["validation"]["n_rows"])


def _judged(ranked: Sequence[_Read], first: _Read) -> list[_Judged]:
    """Judge the sweeps of one ground, the best first; `first` is the best one of the first ground."""
    tested = [one for one in ranked if one.values]
    tests = dict(zip([one.record.run_id for one in tested], _tests(tested), strict=True))
    best = tested[0].record.name if tested else ""
    judged = []
    for place, one in enumerate(ranked, start=1):
        behind = tests.get(one.record.run_id)
        verdict = one.lack or (_sentence(behind, best) if behind else _of_the_best(len(tested), len(one.values)))
        if place == 1 and one.ground != first.ground:
            verdict = f"{verdict}; not comparable with {first.record.name}: {_other_ground(one, first)}"
        judged.append(_Judged(read=one, rank=place if one.values else None, behind=behind, verdict=verdict))
    return judged


def _tests(tested: Sequence[_Read]) -> tuple[Behind | None, ...]:
    return behind_the_best([one.values for one in tested], tested[0].ratio, ALPHA) if tested else ()


def _of_the_best(n_tested: int, n_resamples: int) -> str:
    over = f"over {n_resamples} resample{'s' * (n_resamples != 1)}"
    return (
        f"the lowest mean {over} of the {n_tested} on these rows"
        if n_tested > 1
        else "the only one with finals on these rows"
    )


def _sentence(behind: Behind, best: str) -> str:
    if behind.n_resamples < MIN_RESAMPLES:
        return f"one resample cannot tell it from {best}"
    on = f"p = {behind.p_value:.3f}, {behind.n_resamples} resamples"
    if not behind.is_beyond_luck:
        return f"cannot be told from {best} ({on})"
    return f"{'worse' if behind.difference > 0 else 'better'} than {best} beyond luck ({on})"


def _other_ground(one: _Read, first: _Read) -> str:
    pairs = zip(GROUND.values(), one.ground, first.ground, strict=True)
    return ", ".join(words for words, mine, theirs in pairs if words and mine != theirs) or "another split.seed"


def _row(one: _Judged, ground: int, opened: Mapping[str, int]) -> ComparedSweep:
    record, spent, champion = one.read.record, one.read.effort, one.read.champion
    return ComparedSweep(
        sweep=record.name,
        run_id=record.run_id,
        status=record.status,
        started_at_s=record.started_at_s,
        protocol=record.tags.get(PROTOCOL, "–"),
        leaks=leaks_of(record.tags),
        table=record.tags.get(TABLE, ""),
        split=record.tags.get(SPLIT, ""),
        ground=ground,
        rank=one.rank,
        n_trials=spent.n_trials,
        n_complete=spent.n_complete,
        n_pruned=spent.n_pruned,
        n_failed=spent.n_failed,
        best_val_log_loss=spent.best_val_log_loss,
        search_s=spent.search_s,
        wall_s=spent.wall_s,
        trials_per_hour=spent.trials_per_hour,
        finals_val_log_loss=one.read.interval,
        champion=champion.kind if champion else None,
        n_models=champion.n_models if champion else None,
        test=champion.test if champion else {},
        test_intervals=champion.test_intervals if champion else {},
        n_test_rows=champion.n_test_rows if champion else None,
        n_test_openings=opened.get(record.tags.get(TEST_DIGEST, ""), 0),
        behind=one.behind,
        verdict=one.verdict,
    )
