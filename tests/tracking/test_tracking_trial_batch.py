"""How a finished trial reads in MLflow."""

import json
import math
from dataclasses import replace

import pytest
from trials import finished_trial

from songpop.contracts import EpochReport, Params, TrialSpec, TrialState
from songpop.tracking.trial_batch import EFFECTIVE, OFF, batch_of, logged_params, trial_name


def test_metrics_per_epoch_and_best() -> None:
    batch = batch_of(finished_trial(7, value=0.4, n_epochs=3), {}, {})
    curve = [(m.step, m.value) for m in batch.metrics if m.key == "val_log_loss"]
    assert curve == [(1, pytest.approx(0.42)), (2, pytest.approx(0.41)), (3, pytest.approx(0.4))]
    best = {m.key: m.value for m in batch.metrics if m.key.startswith(("best_", "n_")) and m.step == 0}
    assert best == {"best_val_log_loss": 0.4, "best_val_accuracy": 0.8, "best_val_roc_auc": 0.9, "best_epoch": 3.0,
                    "n_epochs": 3.0}  # fmt: skip
    times = [m.timestamp for m in batch.metrics if m.key == "loss"]
    assert times == sorted(times)
    assert (batch.start_ms, times[-1], batch.end_ms) == (1_700_000_007_000, 1_700_000_009_000, 1_700_000_009_000)


def test_name_and_tags() -> None:
    batch = batch_of(finished_trial(7), {}, {})
    assert batch.name == "trial-007 l2 rmsprop"
    assert (batch.tags["songpop.trial"], batch.tags["songpop.state"], batch.tags["songpop.seed"]) == (
        "7", "complete", "107",
    )  # fmt: skip
    assert json.loads(batch.tags["songpop.spec"])["params"]["optimizer"] == "rmsprop"


def test_test_metrics_are_named_so() -> None:
    batch = batch_of(finished_trial(), {}, {"accuracy": 0.9})
    assert [(m.key, m.value) for m in batch.metrics if m.key.startswith("test")] == [("test_accuracy", 0.9)]


@pytest.mark.parametrize(
    ("params", "logged", "left_out"),
    [
        (Params(), {"learning_rate"}, {"momentum", "step_every", "plateau_factor"}),
        (Params(regularization="l1_l2"), {"l1", "l2"}, set()),
        (Params(optimizer="sgd", schedule="step"), {"momentum", "step_every", "step_factor"}, {"plateau_factor"}),
        (Params(schedule="warmup_cosine"), {"warmup_epochs", "cosine_to"}, {"decay_to"}),
        (Params(), {"dropout_first"}, {"mixup", "clip_norm", "weight_average", "input_noise"}),
        (Params(), {"widths"}, {"embedding", "embedding_width", "n_bins", "frequency_scale"}),
        (Params(embedding="piecewise"), {"embedding", "embedding_width", "n_bins"}, {"n_frequencies"}),
        (Params(mixup=0.2, weight_average=0.9), {"mixup", "weight_average"}, {"clip_norm", "label_smoothing"}),
    ],
)
def test_only_parameters_with_an_effect(params: Params, logged: set[str], left_out: set[str]) -> None:
    found = set(logged_params(finished_trial(params=params), {}))
    assert logged <= found
    assert not left_out & found


@pytest.mark.parametrize(
    ("params", "off"),
    [
        (Params(regularization="none", optimizer="adam"), {"l1", "l2", "weight_decay"}),
        (Params(regularization="l2", optimizer="adamw"), {"l1"}),
        (Params(regularization="l1_l2", optimizer="adamw"), set()),
    ],
)
def test_what_is_off_is_0_so_that_mlflow_can_draw_it(params: Params, off: set[str]) -> None:
    found = logged_params(finished_trial(params=params), {})
    assert set(OFF) <= set(found)
    assert {name for name in OFF if found[name] == 0} == off


def test_what_was_searched_is_logged_though_it_came_out_as_0() -> None:
    assert logged_params(finished_trial(), {"mixup": 0.0})["mixup"] == 0.0


def test_every_conditional_parameter_exists() -> None:
    names = set(Params.__dataclass_fields__)
    assert set(EFFECTIVE) <= names
    assert {parent for parent, _ in EFFECTIVE.values()} <= names


def test_searched_parameters_are_numbers() -> None:
    batch = batch_of(finished_trial(), {"learning_rate": 0.00031, "batch_size": 64}, {})
    values = {param.key: param.value for param in batch.params}
    assert (float(values["learning_rate"]), int(values["batch_size"])) == (0.00031, 64)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_a_tag(value: float) -> None:
    bad = EpochReport(trial=0, epoch=4, metrics={"val_loss": value, "loss": 0.5})
    result = finished_trial(state=TrialState.FAILED, message="val_loss was not finite in epoch 4")
    batch = batch_of(replace(result, history=(*result.history, bad)), {}, {})
    assert batch.status == "FAILED"
    assert all(math.isfinite(metric.value) for metric in batch.metrics)
    assert batch.tags["songpop.not_finite"] == f"val_loss@4={value}"
    assert batch.tags["songpop.message"] == "val_loss was not finite in epoch 4"
    assert not [m for m in batch.metrics if m.key.startswith("best_")]


def test_long_messages_are_cut() -> None:
    batch = batch_of(finished_trial(state=TrialState.FAILED, message="x" * 9_000), {}, {})
    assert len(batch.tags["songpop.message"]) == 5_000


@pytest.mark.parametrize(("resample", "name"), [(None, "trial-012 none adam"), (3, "final-012 none adam")])
def test_what_a_run_is_called(resample: int | None, name: str) -> None:
    spec = TrialSpec(trial=12, params=Params(), seed=0, n_epochs=1, patience=None, resample=resample)
    assert trial_name(spec) == name
