"""A finished trial as MLflow's entities: a name, parameters, metrics, tags.

Owns: how a trial reads in the MLflow pages. Does not own: writing it (runs.py). Pure, so it is tested without a store.
"""

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from mlflow.entities import Metric, Param

from songpop.contracts import Params, TrialResult, TrialSpec, TrialState
from songpop.space.identity import is_on
from songpop.tracking.records import GOES_ON_FROM, MESSAGE, NOT_FINITE, SPEC, STATE, TRIAL, Status

MAX_TAG_LENGTH = 5_000  # MLflow refuses longer ones

# A parameter is logged only where it has an effect: else the comparison pages draw lines that mean nothing. Where
# having none is a number, that is logged (OFF).
EFFECTIVE: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "l1": ("regularization", ("l1", "l1_l2")),
    "l2": ("regularization", ("l2", "l1_l2")),
    "momentum": ("optimizer", ("sgd",)),
    "weight_decay": ("optimizer", ("adamw",)),
    "step_every": ("schedule", ("step",)),
    "step_factor": ("schedule", ("step",)),
    "decay_to": ("schedule", ("exponential",)),
    "cosine_to": ("schedule", ("cosine", "warmup_cosine")),
    "warmup_epochs": ("schedule", ("warmup_cosine",)),
    "plateau_patience": ("schedule", ("plateau",)),
    "plateau_factor": ("schedule", ("plateau",)),
}

# MLflow draws a missing number a little above the largest one: no penalty would look like the strongest.
OFF: Mapping[str, float] = {"l1": 0.0, "l2": 0.0, "weight_decay": 0.0}

STATUS_OF: Mapping[TrialState, Status] = {
    TrialState.COMPLETE: "FINISHED",
    TrialState.PRUNED: "FINISHED",  # given up on purpose: the tag says so; KILLED is for interrupted sweeps
    TrialState.FAILED: "FAILED",
}


@dataclass(frozen=True, kw_only=True)
class TrialBatch:
    """Everything that is written about one trial."""

    name: str
    status: Status
    start_ms: int
    end_ms: int
    params: tuple[Param, ...]
    metrics: tuple[Metric, ...]
    tags: Mapping[str, str]


def batch_of(result: TrialResult, suggested: Mapping[str, Any], test: Mapping[str, float]) -> TrialBatch:
    """Describe a finished trial.

    Args:
        result: the trial; times in seconds become milliseconds.
        suggested: the parameters that were searched; logged even where they equal a default.
        test: metrics on the test part; empty where it stayed sealed.
    """
    start_ms = round(1000 * result.started_at_s)
    end_ms = round(1000 * (result.started_at_s + result.wall_s))
    tested = [Metric(f"test_{key}", float(value), end_ms, 0) for key, value in test.items()]
    measured = [*_per_epoch(result, start_ms, end_ms), *_summary(result, end_ms), *tested]
    finite = tuple(metric for metric in measured if math.isfinite(metric.value))
    lost = [f"{m.key}@{m.step}={m.value}" for m in measured if not math.isfinite(m.value)]
    tags = {
        TRIAL: str(result.spec.trial),
        STATE: result.state.value,
        "songpop.seed": str(result.spec.seed),
        SPEC: spec_json(result.spec),
    }
    if result.spec.goes_on_from is not None:
        tags[GOES_ON_FROM] = str(result.spec.goes_on_from)
    if result.message:
        tags[MESSAGE] = result.message
    if lost:  # MLflow would store infinity as 1.8e308 and draw it
        tags[NOT_FINITE] = ", ".join(lost)
    return TrialBatch(
        name=trial_name(result.spec),
        status=STATUS_OF[result.state],
        start_ms=start_ms,
        end_ms=end_ms,
        params=tuple(Param(key, str(value)) for key, value in logged_params(result, suggested).items()),
        metrics=finite,
        tags={key: value[:MAX_TAG_LENGTH] for key, value in tags.items()},
    )


def trial_name(spec: TrialSpec) -> str:
    """Return what the run is called, for example "trial-007 l2 rmsprop"."""
    kind = "trial" if spec.resample is None else "final"
    return f"{kind}-{spec.trial:03d} {spec.params.regularization} {spec.params.optimizer}"


def spec_json(spec: TrialSpec) -> str:
    """Return a spec as the tag that a trial can be trained again from."""
    return json.dumps(asdict(spec), sort_keys=True)


def logged_params(result: TrialResult, suggested: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters that have an effect, those that are off by their number, and those that were searched."""
    return {**OFF, **effective_params(result.spec.params), **suggested}


def effective_params(params: Params) -> dict[str, Any]:
    """Return the parameters that have an effect: not, say, the momentum of an optimizer that has none."""
    values = asdict(params)
    return {
        key: value
        for key, value in values.items()
        if (key not in EFFECTIVE or values[EFFECTIVE[key][0]] in EFFECTIVE[key][1]) and is_on(key, values)
    }


def _per_epoch(result: TrialResult, start_ms: int, end_ms: int) -> Iterator[Metric]:
    """Yield each report's metrics; epochs are spread evenly over the trial's time."""
    n = max(len(result.history), 1)
    for i, report in enumerate(result.history, start=1):
        timestamp_ms = start_ms + (end_ms - start_ms) * i // n
        for key, value in report.metrics.items():
            yield Metric(key, float(value), timestamp_ms, report.epoch)


def _summary(result: TrialResult, end_ms: int) -> Iterator[Metric]:
    """Yield the kept weights' metrics as `best_*`: MLflow's run table shows only the last epoch of the others.

    Their step is 0, not the best epoch: MLflow compares runs by bars only where no metric has a later step.
    """
    for key, value in result.metrics.items():
        yield Metric(f"best_{key}", float(value), end_ms, 0)
    if result.state is not TrialState.FAILED:
        yield Metric("best_epoch", float(result.best_epoch), end_ms, 0)
    yield Metric("n_epochs", float(len(result.history)), end_ms, 0)
    yield Metric("wall_s", float(result.wall_s), end_ms, 0)
