"""How a search ends: finals, one look at the sealed rows for their winner, the parent run's last words.

What a resumed sweep has concluded before stands, and its sealed rows stay shut, as long as the same model wins.
"""

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from songpop.app.card_keeper import told_if_not_written
from songpop.app.crown import champion_before, crown
from songpop.app.ensemble import ensemble_votes
from songpop.app.entry import Entry, entry_of_finals, entry_of_search
from songpop.app.finals import contestants, digest_of, hold_finals
from songpop.app.finals_file import FINALS_FILE, document_of, finals_of
from songpop.app.listener import Listener
from songpop.app.prepare import Prepared
from songpop.app.recording import test_digest
from songpop.app.records import Champion
from songpop.app.search_record import SearchRecord
from songpop.app.story import OVERVIEW, describe_sweep
from songpop.contracts import FinishedTrial, Params, TrialSpec, TrialState
from songpop.errors import ArtifactError
from songpop.search.driver import SearchSummary
from songpop.search.finals import Finals
from songpop.search.study_backend import StudyBackend
from songpop.settings import ChampionKind, SweepSettings
from songpop.tracking.champion_spec import champion_spec
from songpop.tracking.openings import openings
from songpop.tracking.records import FINALS, OBJECTIVE


@dataclass(frozen=True, kw_only=True)
class Conclusion:
    """What a sweep came to. `champion` is None where it was interrupted, or every trial or finalist failed."""

    finals: Finals | None = None
    champion: Champion | None = None
    interrupted: bool = False


def conclude(
    settings: SweepSettings,
    prepared: Prepared,
    record: SearchRecord,
    backend: StudyBackend,
    summary: SearchSummary,
    spec_of: Callable[[FinishedTrial], TrialSpec],
    listener: Listener,
) -> Conclusion:
    """Hold the finals, crown their winner, and end the parent run.

    Args:
        settings: of the sweep.
        prepared: what its trials were trained on.
        record: where it is recorded.
        backend: its search.
        summary: how that ended.
        spec_of: returns the spec of a finished trial.
        listener: told what is going on.
    """
    best = backend.best()
    if best is None or summary.interrupted:
        conclusion = Conclusion(interrupted=summary.interrupted)
    elif settings.finals.kind is ChampionKind.none:
        conclusion = _without_finals(settings, prepared, record, best, spec_of(best), listener)
    else:
        conclusion = _with_finals(settings, prepared, record, backend, listener)
    _finish(record, backend.finished(), conclusion)
    with told_if_not_written(listener):
        describe_sweep(record.store, record.run.run_id)
    return conclusion


def _without_finals(
    settings: SweepSettings,
    prepared: Prepared,
    record: SearchRecord,
    best: FinishedTrial,
    spec: TrialSpec,
    listener: Listener,
) -> Conclusion:
    before = champion_before(record.run, listener)
    if before is not None and (before.kind, before.run_ids) == (ChampionKind.single.value, (best.run_id,)):
        return Conclusion(champion=_counted(before, record, prepared))
    entry = entry_of_search(prepared, record.run, best, spec)  # from here on TensorFlow and the weights are needed
    champion = crown(settings, prepared, record.store, record.run, entry, listener)
    record.run.annotate(record.run.run_id, tags={FINALS: ""})  # those that were held did not choose this one
    return Conclusion(champion=champion)


def _with_finals(
    settings: SweepSettings, prepared: Prepared, record: SearchRecord, backend: StudyBackend, listener: Listener
) -> Conclusion:
    run, store = record.run, record.store
    votes = ensemble_votes(settings, prepared, record, backend, listener)
    entered = contestants(settings, backend, _champions_votes(settings, record, listener), votes)
    digest = digest_of(settings, entered)
    tags, before = run.tags(), champion_before(run, listener)
    if before is not None and tags.get(FINALS) == digest:
        try:
            finals = finals_of(run.read(FINALS_FILE))
            return Conclusion(finals=finals, champion=_counted(before, record, prepared))
        except ArtifactError as error:
            listener.note(f"The finals are held again, since their verdict is lost: {error}")
    held = hold_finals(settings, prepared, entered, store, run, listener)
    if held is None:
        return Conclusion(interrupted=True)
    champion = None
    if held.finals.winner is not None:
        entry = entry_of_finals(held, settings.finals.kind)
        if before is not None and _is_same(before, entry):
            champion = _counted(before, record, prepared)
        else:
            champion = crown(settings, prepared, store, run, entry, listener)
    # Last: what is interrupted before is held again, by the runs that are recorded.
    run.write({FINALS_FILE: json.dumps(document_of(held.finals), indent=1)})
    run.annotate(run.run_id, metrics=_metrics(held.finals), tags={FINALS: digest})
    return Conclusion(finals=held.finals, champion=champion)


def _champions_votes(settings: SweepSettings, record: SearchRecord, listener: Listener) -> Mapping[Params, int]:
    """Return the present champion's configurations; where they are lost, say that the finals go without them."""
    present = champion_spec(record.store, settings.registry)
    if present is None:
        return {}
    if not present.votes and settings.finals.with_champion:
        listener.note(
            f"The configuration of the champion, version {present.version} of {settings.registry.model!r}, takes no "
            "part in the finals: the run that tells it is not in this store any more."
        )
    return present.votes


def _is_same(before: Champion, entry: Entry) -> bool:
    """Tell whether what is put forward is the model that was crowned before."""
    return (before.kind, before.run_ids, before.votes) == (entry.kind, entry.run_ids, entry.votes)


def _counted(before: Champion, record: SearchRecord, prepared: Prepared) -> Champion:
    return replace(before, n_test_openings=openings(record.store)[test_digest(prepared.ground)])


def _metrics(finals: Finals) -> dict[str, float]:
    """Return what MLflow shows of the finals beside the parent run."""
    if finals.winner is None:
        return {}
    winner = finals.finalists[finals.winner]
    shrinkage = {} if finals.shrinkage is None else {"finals_shrinkage": finals.shrinkage}
    interval = winner.interval
    bounds = {} if interval is None else {"mean": interval.mean, "low": interval.low, "high": interval.high}
    found = {f"finals_val_log_loss_{bound}": value for bound, value in bounds.items()}
    return {name: value for name, value in {**found, **shrinkage}.items() if np.isfinite(value)}


def _finish(record: SearchRecord, trials: Sequence[FinishedTrial], conclusion: Conclusion) -> None:
    """End the parent run, with the champion's numbers and a picture on it."""
    run, champion = record.run, conclusion.champion
    states = Counter(trial.state for trial in trials)
    counts = {f"n_{state.value}": states[state] for state in TrialState}
    if champion is None:
        run.finish("KILLED" if conclusion.interrupted else "FAILED", metrics=counts)
    else:
        if picture := _picture(trials, conclusion.finals):
            run.write({OVERVIEW: picture})
        tests = {f"test_{key}": value for key, value in champion.test.items() if np.isfinite(value)}
        run.finish("FINISHED", metrics={OBJECTIVE: champion.val_log_loss, **tests, **counts})


def _picture(trials: Sequence[FinishedTrial], finals: Finals | None) -> bytes | None:
    from songpop.report.overview import overview  # Matplotlib, a second that no other command has to wait for

    return overview(trials, finals)
