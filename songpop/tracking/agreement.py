"""Whether the record of a sweep agrees with its study, trial by trial, and how to make it agree.

Owns: the checks of one sweep, as a table. Does not own: reading studies (search/), who may look (app/doctor.py): nobody
else writes to the sweep meanwhile. The study is believed where one of the two must be: a trial counts when it knows it.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from mlflow.entities import LifecycleStage, Run, RunStatus
from mlflow.exceptions import MlflowException

from songpop.contracts import FinishedTrial
from songpop.tracking.failures import store_failures
from songpop.tracking.records import KIND, OBJECTIVE, STATE, STUDY, TRIAL, Finding, is_same_value
from songpop.tracking.store import Store
from songpop.tracking.sweeps import children, search_runs
from songpop.tracking.trial_batch import STATUS_OF

RUNNING = RunStatus.to_string(RunStatus.RUNNING)
N_NAMED = 10  # trials that one sentence names
BY_HAND = "One of the two was changed by hand. Bring back a copy of it, or search anew: search.name=…"


@dataclass(frozen=True, kw_only=True)
class SweepState:
    """A sweep as its study and the tracking store have it."""

    store: Store
    name: str
    trials: Mapping[str, FinishedTrial]  # by run id, as the study remembers them
    parents: tuple[Run, ...]  # of this study, also deleted ones
    runs: Mapping[str, Run] = field(default_factory=dict)  # of its trials, those that are not deleted

    @property
    def parent(self) -> Run | None:
        """The sweep's own run; None if it has none that is not deleted."""
        return next((run for run in self.parents if _is_active(run)), None)


def sweep_state(store: Store, name: str, study: str, trials: Sequence[FinishedTrial]) -> SweepState:
    """Read what the store has of a sweep.

    Args:
        store: an open store.
        name: of the sweep.
        study: its id, as the parent run carries it.
        trials: what the study remembers.

    Raises:
        StoreError: if the store cannot be read.
    """
    with store_failures(store.where):
        parents = tuple(search_runs(store, f"tags.`{STUDY}` = '{study}'", everywhere=True))
        state = SweepState(store=store, name=name, trials={trial.run_id: trial for trial in trials}, parents=parents)
        if state.parent is None:
            return state
        found = children(store, state.parent.info.run_id)
        # A run that somebody put beside the trials is none of ours.
        runs = {run.info.run_id: run for run in found if run.data.tags.get(KIND, "trial") == "trial"}
        return SweepState(store=store, name=name, trials=state.trials, parents=parents, runs=runs)


def _lost_parent(state: SweepState) -> Iterator[Finding]:
    """Yield a sweep's run that was deleted, or is not there."""
    if state.parent is not None or not state.trials:
        return
    if state.parents:
        run_id = state.parents[0].info.run_id
        restore = partial(state.store.client.restore_run, run_id)
        yield _finding(state, "its run is deleted, but its study is not", "the run is restored", restore)
        return
    yield _finding(
        state,
        f"its study remembers {len(state.trials)} trials, but {state.store.where} has no run of it",
        "Name the store that has (tracking.uri, paths.root), or remove the study and search anew.",
    )


def _dead_parent(state: SweepState) -> Iterator[Finding]:
    """Yield a sweep's run that says RUNNING: nobody runs it, or we were not here."""
    if state.parent is not None and state.parent.info.status == RUNNING:
        yield _finding(
            state, "its run says RUNNING, but nobody runs it", "the run is marked KILLED",
            partial(_terminate, state.store, state.parent, "KILLED"),
        )  # fmt: skip


def _lost_runs(state: SweepState) -> Iterator[Finding]:
    """Yield trials of the study that have no run among the sweep's."""
    if state.parent is None:
        return
    lost: list[int] = []
    for run_id, trial in state.trials.items():
        if run_id in state.runs:
            continue
        if _is_deleted(state.store, run_id):
            restore = partial(state.store.client.restore_run, run_id)
            yield _finding(state, f"the run of trial {trial.trial} is deleted", "the run is restored", restore)
        else:
            lost.append(trial.trial)
    if lost:
        yield _finding(
            state, f"{_trials(lost)} of the study has no run in {state.store.where}",
            "Bring back a copy of that store, or search anew: search.name=…",
        )  # fmt: skip


def _unknown_runs(state: SweepState) -> Iterator[Finding]:
    """Yield runs of trials that the study does not know: recorded, and then killed before it was told."""
    for run_id, run in state.runs.items():
        if run_id not in state.trials:
            yield _finding(
                state, f"the study does not know run {run_id} of trial {run.data.tags.get(TRIAL, '?')}",
                "the run is deleted; the trial is trained again, or has another run",
                partial(state.store.client.delete_run, run_id),
            )  # fmt: skip


def _running_trials(state: SweepState) -> Iterator[Finding]:
    """Yield runs of finished trials that say RUNNING."""
    for run, trial in _pairs(state):
        if run.info.status == RUNNING:
            yield _finding(
                state, f"the run of trial {trial.trial} says RUNNING, but it has ended",
                f"the run is marked {STATUS_OF[trial.state]}",
                partial(_terminate, state.store, run, STATUS_OF[trial.state]),
            )  # fmt: skip


def _unlike_trials(state: SweepState) -> Iterator[Finding]:
    """Yield trials whose state, objective or parameters are not the same in both."""
    for run, trial in _pairs(state):
        told: dict[str, tuple[object, object]] = {
            "number": (trial.trial, run.data.tags.get(TRIAL)),
            "state": (trial.state.value, run.data.tags.get(STATE)),
            "val_log_loss": (trial.value, run.data.metrics.get(OBJECTIVE, math.nan)),
            **{name: (value, run.data.params.get(name)) for name, value in trial.suggested.items()},
        }
        for name, (kept, recorded) in told.items():
            if not is_same_value(kept, recorded):
                yield _finding(
                    state, f"trial {trial.trial} has {name} {kept} in the study, but {recorded} in its run", BY_HAND
                )


# In this order: each finds the store as the mends before have left it.
CHECKS: tuple[Callable[[SweepState], Iterator[Finding]], ...] = (
    _lost_parent,
    _dead_parent,
    _lost_runs,
    _unknown_runs,
    _running_trials,
    _unlike_trials,
)


def _finding(state: SweepState, problem: str, remedy: str, mend: Callable[[], object] | None = None) -> Finding:
    return Finding(where=f"sweep {state.name}", problem=problem, remedy=remedy, mend=mend)


def _pairs(state: SweepState) -> Iterator[tuple[Run, FinishedTrial]]:
    return ((state.runs[run_id], trial) for run_id, trial in state.trials.items() if run_id in state.runs)


def _is_active(run: Run) -> bool:
    return bool(run.info.lifecycle_stage == LifecycleStage.ACTIVE)


def _is_deleted(store: Store, run_id: str) -> bool:
    """Say whether a run is in MLflow's trash."""
    try:
        return not _is_active(store.client.get_run(run_id))
    except MlflowException as error:
        if error.error_code == "RESOURCE_DOES_NOT_EXIST":
            return False
        raise


def _terminate(store: Store, run: Run, status: str) -> None:
    # Its end is not known; the run must not seem to have lasted until today.
    store.client.set_terminated(run.info.run_id, status=status, end_time=run.info.end_time or run.info.start_time)


def _trials(numbers: Sequence[int]) -> str:
    named = ", ".join(map(str, numbers[:N_NAMED]))
    more = f" and {len(numbers) - N_NAMED} more" if len(numbers) > N_NAMED else ""
    return f"trial {named}{more}"
