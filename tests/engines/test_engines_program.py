"""Both programs' arithmetic against Keras: one update, five epochs, a plain model."""

import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import lru_cache
from itertools import product
from typing import Any

import numpy as np
import pytest
from engine_suite import N_FEATURES, run_all, small_task

from songpop.contracts import Params, Task, TrialResult, TrialSpec
from songpop.engines.fused import FusedProgram
from songpop.engines.keras_fit import KerasEngine
from songpop.engines.population import InProcessEngine
from songpop.engines.program import Program
from songpop.engines.stacked import ACTIVATIONS
from songpop.engines.stacked_program import StackedProgram
from songpop.models.export import predict_rows
from songpop.models.mlp import build_network
from songpop.models.optimizers import OPTIMIZERS
from songpop.models.runtime import tf
from songpop.models.topology import ACTIVATIONS as LEGAL
from songpop.space.legal import LEGAL as NAMES

SCHEDULES = ("constant", "step", "exponential", "cosine", "warmup_cosine", "plateau")
PLAIN = TrialSpec(
    trial=0, params=Params(widths="40-32-8", l1=1e-3, l2=1e-2, weight_decay=0.05), seed=3, n_epochs=1, patience=None
)


def test_every_legal_activation_is_there() -> None:
    assert set(ACTIVATIONS) == set(LEGAL)


def stack(task: Task) -> StackedProgram:
    return StackedProgram(task, is_compiled=False)


PROGRAMS = pytest.mark.parametrize("program", [FusedProgram, stack])


@pytest.fixture
def keras_at_once() -> Iterator[None]:
    """Keras' steps are run as they stand: to trace a network costs as much as thirty steps, and these make one."""
    tf.config.run_functions_eagerly(True)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Even though the `tf.config.experimental_run_functions_eagerly`")
        yield
    tf.config.run_functions_eagerly(False)


AT_ONCE = pytest.mark.usefixtures("keras_at_once")


@lru_cache(maxsize=1)
def by_keras(specs: tuple[TrialSpec, ...]) -> dict[int, TrialResult]:
    """What Keras makes of them: the same for the next program, and most of a test's time."""
    return run_all(KerasEngine(small_task()), list(specs))


def differences(program: Callable[[Task], Program], specs: list[TrialSpec]) -> tuple[float, float]:
    """The greatest difference of weights and of metrics between Keras and all specs side by side."""
    task = small_task()
    mine = run_all(InProcessEngine(task, len(specs), program(task)), specs)
    reference = by_keras(tuple(specs))
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
@AT_ONCE
@PROGRAMS
@pytest.mark.parametrize(
    # A schedule says the rate, a batch beyond the rows where it is cut: neither asks the other.
    ("schedule", "batch_size"),
    [*((schedule, 200) for schedule in SCHEDULES), ("constant", 300), ("constant", 1000)],
)
def test_one_update_is_keras_update(schedule: str, batch_size: int, program: Callable[[Task], Program]) -> None:
    """One batch from identical weights: every optimizer and penalty, in one stack (a batch is at most all 200 rows)."""
    specs = [
        replace(
            PLAIN,
            trial=k,
            params=replace(
                PLAIN.params, optimizer=name, regularization=penalty, schedule=schedule, batch_size=batch_size
            ),
        )
        for k, (name, penalty) in enumerate(product(OPTIMIZERS, NAMES["regularization"]))
    ]
    weights, metrics = differences(program, specs)
    assert weights < 1e-6
    assert metrics < 1e-5


@pytest.mark.slow
@PROGRAMS
@pytest.mark.parametrize("batch_size", [32, 64])
def test_five_epochs_without_dropout_are_keras_five_epochs(batch_size: int, program: Callable[[Task], Program]) -> None:
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
    assert differences(program, specs)[1] < 1e-3


COCKTAILS: list[dict[str, Any]] = [
    {"label_smoothing": 0.1},
    {"mixup": 0.4},
    {"mixup": 1e-3},  # shares next to 0 and 1
    {"clip_norm": 0.05},
    {"clip_norm": 1e6},
    {"weight_average": 0.9},
    {"weight_average": 0.999},
    {"embedding": "piecewise"},
    {"skip": "add", "widths": "6-20-20-20"},  # the first layer is given 6 features
    {"skip": "add", "widths": "24-24-9-9", "embedding": "periodic", "embedding_width": 4, "clip_norm": 0.3},
    {"embedding": "periodic", "frequency_scale": 0.3},
    {"embedding": "piecewise", "n_bins": 5, "embedding_width": 3, "weight_average": 0.9, "clip_norm": 0.3},
    {"embedding": "periodic", "n_frequencies": 3, "embedding_width": 17, "weight_average": 0.9, "clip_norm": 0.3},
    {"normalization": "layer"},
    {"normalization": "layer", "skip": "add", "widths": "6-20-20-20", "weight_average": 0.9, "clip_norm": 0.3},
    {"normalization": "layer", "embedding": "piecewise", "n_bins": 5, "embedding_width": 3, "clip_norm": 0.3},
    {"normalization": "layer", "embedding": "periodic", "skip": "add", "widths": "48-48-9", "weight_average": 0.9},
    # No skips or embeddings: what shifts all rows alike before such a layer has no gradient but rounding, which Adam
    # makes a whole step of. Their gradients are compared in test_engines_normalization.
    {"normalization": "batch"},
    {"normalization": "batch", "widths": "48-48-9", "weight_average": 0.9, "clip_norm": 0.3, "mixup": 0.4},
    {"label_smoothing": 0.2, "mixup": 0.2, "clip_norm": 0.3, "weight_average": 0.5},
]


PAIRS = list(product(OPTIMIZERS, COCKTAILS))
A_TURN_EACH = [(list(OPTIMIZERS)[k % len(OPTIMIZERS)], cocktail) for k, cocktail in enumerate(COCKTAILS)]


@AT_ONCE
@pytest.mark.parametrize(
    "pairs", [A_TURN_EACH, pytest.param(PAIRS, marks=pytest.mark.slow)], ids=["optimizers take turns", "all pairs"]
)
def test_one_update_with_a_cocktail_is_keras_update(pairs: list[tuple[str, dict[str, Any]]]) -> None:
    specs = [
        replace(PLAIN, trial=k, params=replace(PLAIN.params, optimizer=name, batch_size=200, **cocktail))
        for k, (name, cocktail) in enumerate(pairs)
    ]
    kinds = NAMES["regularization"]
    specs = [replace(spec, params=replace(spec.params, regularization=kinds[spec.trial % 4])) for spec in specs]
    weights, metrics = differences(FusedProgram, specs)
    assert weights < 1e-6
    assert metrics < 1e-5


@pytest.mark.slow
@pytest.mark.parametrize("turn", range(len(COCKTAILS)), ids=[str(cocktail) for cocktail in COCKTAILS])
def test_five_epochs_with_a_cocktail_are_keras_five_epochs(turn: int) -> None:
    """Of 7 batches each, the last one of which is short. Two optimizers take turns: Keras traces each for a second.

    What one update makes of each pair is compared above.
    """
    specs = [
        replace(
            PLAIN,
            trial=k,
            n_epochs=5,
            params=replace(
                PLAIN.params,
                optimizer=name,
                batch_size=32,
                regularization=("l2", "none", "l1_l2", "l1", "none")[k],
                activation=LEGAL[k],
                **COCKTAILS[turn],
            ),
        )
        for k, name in enumerate(OPTIMIZERS)
        if (k - turn) % len(OPTIMIZERS) < 2
    ]
    weights, metrics = differences(FusedProgram, specs)
    assert weights < 1e-3
    assert metrics < 1e-3


@PROGRAMS
@pytest.mark.parametrize("activation", LEGAL)
def test_a_slot_becomes_a_plain_keras_model(activation: str, program: Callable[[Task], Program]) -> None:
    params = replace(PLAIN.params, activation=activation, dropout_first=0.2)
    engine = InProcessEngine(small_task(), 1, program(small_task()))
    result = run_all(engine, [replace(PLAIN, params=params, n_epochs=2)])[0]
    assert result.weights is not None
    network = build_network(params, N_FEATURES, seed=0)
    network.set_weights(list(result.weights))
    predictions: Any = predict_rows(network, small_task().validation.x)
    np.testing.assert_allclose(predictions, result.val_predictions, atol=1e-5)
