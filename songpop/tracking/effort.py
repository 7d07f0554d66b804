"""What a sweep has cost, from the runs of its trials: how many, how they ended, for how long something was trained.

A sweep that was interrupted and went on days later was not at work in between, so its run's own start and end say
nothing: the times of its trials are laid together instead.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from mlflow.entities import Run

from songpop.contracts import TrialState
from songpop.tracking.failures import store_failures
from songpop.tracking.records import STATE
from songpop.tracking.store import Store
from songpop.tracking.sweeps import children, finals_runs


@dataclass(frozen=True, kw_only=True)
class Effort:
    """The trials of a sweep."""

    n_trials: int
    n_complete: int
    n_pruned: int
    n_failed: int
    best_val_log_loss: float | None  # of a complete trial; None: there is none
    search_s: float  # in which a trial was trained
    wall_s: float  # in which a trial or a run of the finals was trained

    @property
    def trials_per_hour(self) -> float | None:
        """Trials of the search by the time that it took; None where that is too short to say."""
        return 3600 * self.n_trials / self.search_s if self.search_s > 0 else None


def effort(store: Store, sweep: str) -> Effort:
    """Return what a sweep has cost.

    Args:
        store: an open store.
        sweep: its run id.

    Raises:
        StoreError: if the store cannot be read.
    """
    with store_failures(store.where):
        trials = list(children(store, sweep))
        finals = [run for parent in finals_runs(store, sweep) for run in children(store, parent.info.run_id)]
    states = [run.data.tags.get(STATE) for run in trials]
    complete = [run for run, state in zip(trials, states, strict=True) if state == TrialState.COMPLETE.value]
    values = [run.data.metrics.get("best_val_log_loss", math.nan) for run in complete]
    return Effort(
        n_trials=len(trials),
        n_complete=len(complete),
        n_pruned=states.count(TrialState.PRUNED.value),
        n_failed=states.count(TrialState.FAILED.value),
        best_val_log_loss=min(filter(math.isfinite, values), default=None),
        search_s=_covered_s(trials),
        wall_s=_covered_s([*trials, *finals]),
    )


def _covered_s(runs: Iterable[Run]) -> float:
    """Return for how long at least one of the runs was going on."""
    spans = sorted((run.info.start_time, run.info.end_time or run.info.start_time) for run in runs)
    covered_ms, until_ms = 0, 0
    for start_ms, end_ms in spans:
        covered_ms += max(0, end_ms - max(start_ms, until_ms))
        until_ms = max(until_ms, end_ms)
    return covered_ms / 1000
