"""A trial of KerasTuner as songpop's runs have it: the same names of parameters, metrics and tags.

Owns: how it reads in the MLflow pages. Does not own: writing it (tracking), when (tuner).
"""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mlflow.entities import Metric, Param

from songpop.contracts import TrialState
from songpop.tracking.records import MESSAGE, NOT_FINITE, STATE, TRIAL
from songpop.tracking.trial_batch import MAX_TAG_LENGTH, STATUS_OF, TrialBatch

_ILLEGAL = re.compile(r"[^\w./: -]")


@dataclass
class Curves:
    """What a tuner saw of a running trial: by epoch, the metrics of each execution."""

    started_at_s: float  # seconds since 1970
    epochs: dict[int, list[Mapping[str, float]]] = field(default_factory=dict)  # finished epochs, from 1

    def note(self, epoch: int, logs: Mapping[str, float]) -> None:
        """Take the metrics after an epoch."""
        self.epochs.setdefault(epoch, []).append(dict(logs))


def batch_of_trial(trial: Any, curves: Curves, wall_s: float, *, is_pruned: bool) -> TrialBatch:
    """Describe a trial of KerasTuner that has ended.

    Args:
        trial: a keras_tuner Trial.
        curves: its epochs; none where it ended in a process that was killed before it could write.
        wall_s: seconds that it took.
        is_pruned: whether an oracle's pruner gave it up; for KerasTuner it is completed.
    """
    start_ms, end_ms = round(1000 * curves.started_at_s), round(1000 * (curves.started_at_s + wall_s))
    state = (
        TrialState.FAILED if trial.status != "COMPLETED" else TrialState.PRUNED if is_pruned else TrialState.COMPLETE
    )
    measured = [*_per_epoch(curves, start_ms, end_ms), *_summary(trial, curves, wall_s, end_ms)]
    lost = [f"{m.key}@{m.step}={m.value}" for m in measured if not math.isfinite(m.value)]
    tags = {TRIAL: str(int(trial.trial_id)), STATE: state.value}
    if trial.message:
        tags[MESSAGE] = trial.message.strip().splitlines()[-1]
    if lost:  # MLflow would store infinity as 1.8e308 and draw it
        tags[NOT_FINITE] = ", ".join(lost)
    return TrialBatch(
        name=f"trial-{int(trial.trial_id):03d}",
        status=STATUS_OF[state],
        start_ms=start_ms,
        end_ms=end_ms,
        params=tuple(Param(_legal(name), str(value)) for name, value in trial.hyperparameters.values.items()),
        metrics=tuple(metric for metric in measured if math.isfinite(metric.value)),
        tags={key: value[:MAX_TAG_LENGTH] for key, value in tags.items()},
    )


def _legal(name: str) -> str:
    """Return a name that MLflow takes; a hyperparameter may be called anything."""
    return _ILLEGAL.sub("_", name)


def _per_epoch(curves: Curves, start_ms: int, end_ms: int) -> Iterator[Metric]:
    """Yield each epoch's metrics, over several executions their mean, spread evenly over the trial's time."""
    n_epochs = max(curves.epochs, default=1)
    for epoch, executions in sorted(curves.epochs.items()):
        timestamp_ms = start_ms + (end_ms - start_ms) * epoch // n_epochs
        for name in executions[0]:
            yield Metric(name, _mean([logs[name] for logs in executions if name in logs]), timestamp_ms, epoch)


def _summary(trial: Any, curves: Curves, wall_s: float, end_ms: int) -> Iterator[Metric]:
    """Yield the best epoch's metrics as `best_*`: MLflow's run table shows only the last epoch of the others."""
    if trial.status == "COMPLETED":
        best_epoch = int(trial.best_step) + 1
        for name in trial.metrics.metrics:
            yield Metric(f"best_{name}", float(trial.metrics.get_last_value(name)), end_ms, 0)
        yield Metric("best_epoch", float(best_epoch), end_ms, 0)
        yield Metric("score", float(trial.score), end_ms, 0)
    yield Metric("n_epochs", float(max(curves.epochs, default=0)), end_ms, 0)
    yield Metric("wall_s", wall_s, end_ms, 0)


def _mean(values: Sequence[float]) -> float:
    return math.fsum(float(value) for value in values) / len(values)
