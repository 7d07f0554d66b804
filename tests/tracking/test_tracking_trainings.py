"""A training's parent run says what each model reached, and is read back as it was said."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from songpop.tracking.records import MODELS, SweepRecord
from songpop.tracking.runs import start_sweep
from songpop.tracking.sweeps import list_sweeps
from songpop.tracking.trainings import trained_rows, training_metrics

REACHED = {
    "L2 (as run)": {"accuracy": (0.9, 0.8, 1.0), "roc_auc": (0.95, math.nan, math.nan)},
    "none": {},
    "vanilla": {"accuracy": (0.7, 0.6, 0.8)},
}


def record(metrics: dict[str, float], models: list[str]) -> SweepRecord:
    return SweepRecord(
        name="t", run_id="r", kind="train", status="FINISHED", started_at_s=0.0,
        tags={MODELS: json.dumps(models)}, metrics=metrics,
    )  # fmt: skip


def test_what_is_written_is_read(store) -> None:
    run = start_sweep(store, "t", kind="train", tags={MODELS: json.dumps(list(REACHED))})
    run.finish(metrics=dict(training_metrics(REACHED)))
    (training,) = list_sweeps(store, "train")
    first, second, third = trained_rows(training, ("accuracy", "roc_auc", "log_loss"))
    assert (first.model, second.model, third.model) == tuple(REACHED)
    assert first.metrics["accuracy"] == (0.9, 0.8, 1.0)
    assert first.metrics["roc_auc"] == pytest.approx((0.95, math.nan, math.nan), nan_ok=True)  # one seed: no interval
    assert (second.metrics, third.metrics) == ({}, {"accuracy": (0.7, 0.6, 0.8)})


@given(st.dictionaries(st.sampled_from("abcd"), st.tuples(*[st.floats(0, 1)] * 3)))
def test_every_finite_value_comes_back(accuracy: dict[str, tuple[float, float, float]]) -> None:
    metrics = dict(training_metrics({model: {"accuracy": values} for model, values in accuracy.items()}))
    rows = trained_rows(record(metrics, list(accuracy)), ("accuracy",))
    assert {row.model: row.metrics["accuracy"] for row in rows} == accuracy


def test_a_training_that_broke_off_has_models_without_metrics() -> None:
    assert [(row.model, row.metrics) for row in trained_rows(record({}, ["a", "b"]), ("accuracy",))] == [
        ("a", {}), ("b", {}),
    ]  # fmt: skip
