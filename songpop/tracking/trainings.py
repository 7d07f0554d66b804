"""What a training reached, as metrics of its parent run: mean and 95 % interval per model and test metric, and back."""

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from songpop.tracking.records import MODELS, SweepRecord

BOUNDS = ("mean", "low", "high")


@dataclass(frozen=True, kw_only=True)
class TrainedRow:
    """One fixed model of one training."""

    training: SweepRecord
    model: str
    metrics: Mapping[str, tuple[float, float, float]] = field(default_factory=dict)  # name → mean, low, high


def metric_prefix(model: str) -> str:
    """Return what the names of a model's metrics begin with; MLflow refuses brackets and the like."""
    return re.sub(r"[^\w-]+", "_", f"{model} test_")


def training_metrics(models: Mapping[str, Mapping[str, tuple[float, float, float]]]) -> Iterator[tuple[str, float]]:
    """Yield names that MLflow takes, and values; what is not finite is left out.

    Args:
        models: model → test metric → mean, low, high.
    """
    for model, metrics in models.items():
        for metric, values in metrics.items():
            for bound, value in zip(BOUNDS, values, strict=True):
                if math.isfinite(value):
                    yield _name(model, metric, bound), value


def trained_rows(training: SweepRecord, metrics: tuple[str, ...]) -> tuple[TrainedRow, ...]:
    """Return the models of a training in the order of its settings, with those of `metrics` that were measured.

    A training that broke off has models without metrics.
    """
    return tuple(
        TrainedRow(training=training, model=model, metrics=dict(_found(training, model, metrics)))
        for model in json.loads(training.tags.get(MODELS, "[]"))
    )


def _found(
    training: SweepRecord, model: str, metrics: tuple[str, ...]
) -> Iterator[tuple[str, tuple[float, float, float]]]:
    for metric in metrics:
        mean, low, high = (training.metrics.get(_name(model, metric, bound), math.nan) for bound in BOUNDS)
        if math.isfinite(mean):
            yield metric, (mean, low, high)


def _name(model: str, metric: str, bound: str) -> str:
    return f"{metric_prefix(model)}{metric}_{bound}"
