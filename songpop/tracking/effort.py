"""What a sweep has cost, from the runs of its trials: how many, how they ended, for how long something was trained.

A sweep that was interrupted and went on days later was not at work in between, so its run's own start and end say
nothing: the times of its trials are laid together instead.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from mlflow.entities import Run
from numpy.typing import NDArray

from songpop.contracts import TrialState
from songpop.tracking.failures import store_failures
from songpop.tracking.records import OBJECTIVE, STATE
from songpop.tracking.store import Store
from songpop.tracking.sweeps import children, finals_runs

MLFLOW_DIGITS = 3  # of seconds: its times are whole milliseconds


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
    values = [run.data.metrics.get(OBJECTIVE, math.nan) for run in complete]
    return Effort(
        n_trials=len(trials),
        n_complete=len(complete),
        n_pruned=states.count(TrialState.PRUNED.value),
        n_failed=states.count(TrialState.FAILED.value),
        best_val_log_loss=min(filter(math.isfinite, values), default=None),
        search_s=covered_s(map(span_of, trials)),
        wall_s=covered_s(map(span_of, [*trials, *finals])),
    )


def span_of(run: Run) -> tuple[float, float]:
    """Return when a run began and ended, in seconds since 1970."""
    return run.info.start_time / 1000, (run.info.end_time or run.info.start_time) / 1000


def covered_s(spans: Iterable[tuple[float, float]]) -> float:
    """Return for how long at least one of the spans was going on.

    Args:
        spans: when each began and ended, in seconds.
    """
    _, worked_s = _laid_together(spans)
    return round(float(worked_s[-1]), MLFLOW_DIGITS)


def worked_until(moments: Sequence[float], spans: Iterable[tuple[float, float]]) -> NDArray[np.float64]:
    """Return for how long at least one of the spans had been going on by each moment: a clock that pauses with them.

    Args:
        moments: in seconds, shape (T,).
        spans: as those of `covered_s`.
    """
    return np.interp(moments, *_laid_together(spans)).round(MLFLOW_DIGITS)


def _laid_together(spans: Iterable[tuple[float, float]]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return when the work began or paused, and how long it had lasted by then; in between it is linear."""
    moments, worked_s = [], []
    until_s, total_s = -math.inf, 0.0
    for start_s, end_s in sorted(spans):
        until_s = max(start_s, until_s)
        moments += [until_s, max(end_s, until_s)]
        worked_s += [total_s, total_s + max(end_s - until_s, 0.0)]
        until_s, total_s = moments[-1], worked_s[-1]
    return np.array(moments or [0.0]), np.array(worked_s or [0.0])
