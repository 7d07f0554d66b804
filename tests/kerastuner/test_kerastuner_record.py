from typing import Any

import pytest

from songpop.kerastuner.record import Curves, batch_of_trial
from songpop.search.kerastuner_runtime import Trial, keras_tuner


def trial_of(status: str = "COMPLETED", message: str | None = None) -> Any:
    hps = keras_tuner.HyperParameters()
    hps.Float("rate", 0.1, 0.2)
    trial = Trial(hps, trial_id="07", status=status, message=message)
    for name, value in (("val_loss", 0.3), ("loss", 0.2)):
        trial.metrics.register(name, direction="min")
        trial.metrics.update(name, value, step=1)
    trial.score, trial.best_step = 0.3, 1
    return trial


def curves_of(*epochs: list[dict[str, float]]) -> Curves:
    curves = Curves(started_at_s=100.0)
    for epoch, executions in enumerate(epochs, start=1):
        for logs in executions:
            curves.note(epoch, logs)
    return curves


def test_a_trial_reads_as_songpop_s_do() -> None:
    curves = curves_of([{"loss": 0.5, "val_loss": 0.6}], [{"loss": 0.2, "val_loss": 0.3}])
    batch = batch_of_trial(trial_of(), curves, 2.0, is_pruned=False)
    assert (batch.name, batch.status, batch.start_ms, batch.end_ms) == ("trial-007", "FINISHED", 100_000, 102_000)
    assert {param.key: param.value for param in batch.params} == {"rate": "0.1"}
    assert dict(batch.tags) == {"songpop.trial": "7", "songpop.state": "complete"}
    numbers = {(metric.key, metric.step): metric.value for metric in batch.metrics}
    assert (numbers["val_loss", 1], numbers["val_loss", 2]) == (0.6, 0.3)
    assert numbers["best_val_loss", 0] == numbers["score", 0] == 0.3
    assert (numbers["best_epoch", 0], numbers["n_epochs", 0], numbers["wall_s", 0]) == (2.0, 2.0, 2.0)
    assert [m.timestamp for m in batch.metrics if m.key == "loss"] == [101_000, 102_000]


def test_names_are_those_that_mlflow_takes() -> None:
    trial = trial_of()
    trial.hyperparameters.values = {"units[0] (first)": 8, "block/units: a-b.c_d": 4}
    batch = batch_of_trial(trial, curves_of(), 1.0, is_pruned=False)
    assert {param.key for param in batch.params} == {"units_0_ _first_", "block/units: a-b.c_d"}


def test_of_several_executions_the_mean_is_kept() -> None:
    batch = batch_of_trial(trial_of(), curves_of([{"loss": 0.5}, {"loss": 0.7}]), 1.0, is_pruned=False)
    assert [metric.value for metric in batch.metrics if metric.key == "loss"] == [pytest.approx(0.6)]


@pytest.mark.parametrize(
    ("status", "is_pruned", "expected"),
    [
        ("COMPLETED", True, ("pruned", "FINISHED")),
        ("FAILED", False, ("failed", "FAILED")),
        ("FAILED", True, ("failed", "FAILED")),
    ],
)
def test_how_it_ended(status: str, is_pruned: bool, expected: tuple[str, str]) -> None:
    message = "Traceback\n  File\nValueError: no data\n" if status == "FAILED" else None
    batch = batch_of_trial(trial_of(status, message), curves_of(), 1.0, is_pruned=is_pruned)
    assert (batch.tags["songpop.state"], batch.status) == expected
    assert batch.tags.get("songpop.message") == (message and "ValueError: no data")


def test_what_is_no_number_is_told_and_not_drawn() -> None:
    curves = curves_of([{"loss": float("inf")}], [{"loss": float("nan")}])
    batch = batch_of_trial(trial_of(), curves, 1.0, is_pruned=False)
    assert batch.tags["songpop.not_finite"] == "loss@1=inf, loss@2=nan"
    assert not [metric for metric in batch.metrics if metric.key == "loss"]
