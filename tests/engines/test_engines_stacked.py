"""Stacked arithmetic against Keras: one update, five epochs."""

from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pytest
from engine_suite import N_FEATURES, run_all, small_task

from songpop.contracts import Params, TrialSpec
from songpop.engines import stacked
from songpop.engines.keras_fit import KerasEngine
from songpop.engines.population import InProcessEngine
from songpop.engines.stacked import ACTIVATIONS
from songpop.models.export import predict_rows
from songpop.models.mlp import ACTIVATIONS as LEGAL
from songpop.models.mlp import REGULARIZATIONS, build_network, initial_weights
from songpop.models.optimizers import OPTIMIZERS
from songpop.models.runtime import has_gpu

SCHEDULES = ("constant", "step", "exponential", "cosine", "warmup_cosine", "plateau")
PLAIN = TrialSpec(
    trial=0, params=Params(widths="40-32-8", l1=1e-3, l2=1e-2, weight_decay=0.05), seed=3, n_epochs=1, patience=None
)


def test_every_legal_activation_is_there() -> None:
    assert set(ACTIVATIONS) == set(LEGAL)


def differences(specs: list[TrialSpec]) -> tuple[float, float]:
    """The greatest difference of weights and of metrics between Keras and a stack of all specs."""
    task = small_task()
    mine = run_all(InProcessEngine(task, len(specs)), specs)
    reference = run_all(KerasEngine(task), specs)
    weights, metrics = [0.0], [0.0]
    for spec in specs:
        one, other = mine[spec.trial], reference[spec.trial]
        assert one.weights is not None
        assert other.weights is not None
        weights += [float(np.abs(a - b).max()) for a, b in zip(one.weights, other.weights, strict=True)]
        for a, b in zip(one.history, other.history, strict=True):
            metrics += [abs(a.metrics[name] - b.metrics[name]) for name in a.metrics if name != "val_accuracy"]
    return max(weights), max(metrics)


@pytest.mark.slow
@pytest.mark.parametrize("batch_size", [200, 300, 1000])
@pytest.mark.parametrize("schedule", SCHEDULES)
def test_one_update_is_keras_update(schedule: str, batch_size: int) -> None:
    """One batch from identical weights: every optimizer and penalty, in one stack (a batch is at most all 200 rows)."""
    specs = [
        replace(
            PLAIN,
            trial=k,
            params=replace(
                PLAIN.params, optimizer=name, regularization=penalty, schedule=schedule, batch_size=batch_size
            ),
        )
        for k, (name, penalty) in enumerate(product(OPTIMIZERS, REGULARIZATIONS))
    ]
    weights, metrics = differences(specs)
    assert weights < 1e-6
    assert metrics < 1e-5


@pytest.mark.slow
@pytest.mark.parametrize("batch_size", [32, 64])
def test_five_epochs_without_dropout_are_keras_five_epochs(batch_size: int) -> None:
    """The last of 7 (or 4) batches is short."""
    specs = [
        replace(
            PLAIN,
            trial=k,
            n_epochs=5,
            params=replace(
                PLAIN.params,
                optimizer=name,
                batch_size=batch_size,
                learning_rate=1e-3,
                regularization=("none", "l1", "l2", "l1_l2")[k % 4],
                schedule=SCHEDULES[k % 6],
                activation=LEGAL[k % 6],
            ),
        )
        for k, name in enumerate([*OPTIMIZERS] * 3)
    ]
    assert differences(specs)[1] < 1e-3


def test_initial_weights_are_those_of_the_network() -> None:
    expected = build_network(PLAIN.params, N_FEATURES, seed=5).get_weights()
    for mine, theirs in zip(initial_weights(PLAIN.params, N_FEATURES, 5), expected, strict=True):
        np.testing.assert_array_equal(mine, theirs)


@pytest.mark.parametrize("activation", LEGAL)
def test_a_slot_becomes_a_plain_keras_model(activation: str) -> None:
    params = replace(PLAIN.params, activation=activation, dropout_first=0.2)
    result = run_all(InProcessEngine(small_task(), 1), [replace(PLAIN, params=params, n_epochs=2)])[0]
    assert result.weights is not None
    network = build_network(params, N_FEATURES, seed=0)
    network.set_weights(list(result.weights))
    predictions: Any = predict_rows(network, small_task().validation.x)
    np.testing.assert_allclose(predictions, result.val_predictions, atol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("spec", [PLAIN, replace(PLAIN, params=replace(PLAIN.params, dropout_first=0.3))])
def test_the_same_functions_run_compiled_as_on_a_gpu(spec: TrialSpec, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = run_all(InProcessEngine(small_task(), 2), [spec])[0]
    monkeypatch.setattr(stacked, "has_gpu", lambda: True)
    compiled = run_all(InProcessEngine(small_task(), 2), [spec])[0]
    for name, value in plain.history[0].metrics.items():
        assert compiled.history[0].metrics[name] == pytest.approx(value, abs=1e-4)


@pytest.mark.skipif(not has_gpu(), reason="no GPU")
def test_a_gpu_trains_what_a_cpu_trains() -> None:
    import tensorflow as tf

    on_gpu = run_all(InProcessEngine(small_task(), 64), [replace(PLAIN, trial=k, seed=k) for k in range(64)])
    with tf.device("/CPU:0"):
        on_cpu = run_all(InProcessEngine(small_task(), 1), [replace(PLAIN, trial=7, seed=7)])
    assert on_gpu[7].value == pytest.approx(on_cpu[7].value, abs=1e-4)
