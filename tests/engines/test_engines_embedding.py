"""The kernel's embeddings against Keras' layers and TensorFlow's gradients, for networks of any shape."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from engine_suite import SPEC, run_all, small_task, spec_with
from hypothesis import example, given, settings
from hypothesis import strategies as st

from songpop.contracts import Params, Part, Task
from songpop.engines.disturbance import disturbance_of
from songpop.engines.dropout import Dropout
from songpop.engines.fused import FusedProgram
from songpop.engines.keras_fit import KerasEngine
from songpop.engines.kernels import predict, train_steps
from songpop.engines.population import InProcessEngine
from songpop.engines.slot import pack
from songpop.models.embeddings import embedding_of, pieces
from songpop.models.mlp import build_network
from songpop.models.runtime import tf
from songpop.models.topology import ACTIVATIONS, layer_sizes

PLAIN_STEP = np.array([[0, 0, 0, 0, 0, 1, 0, 1, 0, 1]], np.float32)  # w <- w - gradient
NOTHING = np.empty(0, np.float32)


def gradients_of(network: Any, x: np.ndarray, y: np.ndarray) -> tuple[float, list[np.ndarray], np.ndarray]:
    """Loss, a gradient per weight (0 where it is not trained), and probabilities, by automatic differentiation."""
    with tf.GradientTape() as tape:
        probability = network(tf.constant(x), training=True)[:, 0]
        loss = -tf.reduce_mean(y * tf.math.log(probability) + (1 - y) * tf.math.log1p(-probability))
    found = dict(
        zip(
            (v.path for v in network.trainable_variables),
            tape.gradient(loss, [v.value for v in network.trainable_variables]),
            strict=True,
        )
    )
    whole = [found[w.path].numpy() if w.path in found else np.zeros(w.shape, np.float32) for w in network.weights]
    return float(loss), whole, probability.numpy()


def stepped(weights: np.ndarray, params: Params, x: np.ndarray, y: np.ndarray, clip_norm: float = 0.0) -> Any:
    """Return loss and weights after one step of plain descent over all rows."""
    sizes, after = layer_sizes(params, x.shape[1]), weights.copy()
    widths = sizes[1:-1]
    dropout = Dropout.of((0.0,) * len(widths), widths)
    loss = train_steps(
        after, np.zeros_like(after), np.zeros_like(after), x, y, np.arange(len(x), dtype=np.int32), len(x),
        (np.uint64(1), 0, 0), (dropout.bounds, dropout.scales, dropout.places),
        np.zeros((len(sizes) - 1, 2), np.float32), PLAIN_STEP, np.array(sizes), ACTIVATIONS.index(params.activation),
        NOTHING, disturbance_of(Params()), np.float32(clip_norm), (NOTHING, np.float32(0)),
        embedding_of(params, x.shape[1]).plan, int(params.skip == "add"), 0,
    )  # fmt: skip
    return loss / len(x), after


@settings(max_examples=20, deadline=None)
@given(
    kind=st.sampled_from(["piecewise", "periodic"]),
    widths=st.lists(st.integers(1, 40), min_size=1, max_size=3),
    n_features=st.integers(1, 20),
    n_rows=st.integers(1, 70),
    n_parts=st.integers(2, 17),
    width=st.integers(1, 20),
    skip=st.sampled_from(["none", "add"]),
    seed=st.integers(0, 99),
)
@example("piecewise", [20, 20, 7], 5, 33, 3, 4, "add", 1)
@example("periodic", [20, 20, 7], 5, 33, 3, 4, "add", 2)
def test_one_step_follows_the_gradient(
    kind: str, widths: list[int], n_features: int, n_rows: int, n_parts: int, width: int, skip: str, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(n_rows, n_features)).astype(np.float32), rng.integers(0, 2, n_rows).astype(np.float32)
    params = Params(
        embedding=kind, embedding_width=width, n_bins=n_parts, n_frequencies=n_parts, frequency_scale=0.3,
        widths="-".join(map(str, widths)), activation="tanh", skip=skip,
    )  # fmt: skip
    fitted_on = rng.normal(size=(90, n_features)).astype(np.float32)
    network = build_network(params, n_features, seed, fitted_on)
    loss, gradients, probabilities = gradients_of(network, x, y)
    weights = pack(tuple(network.get_weights()))
    mine, after = stepped(weights, params, x, y)
    assert mine == pytest.approx(loss, abs=2e-5)
    np.testing.assert_allclose(weights - after, pack(tuple(gradients)), atol=3e-5)
    found = np.empty(n_rows, np.float32)
    sizes = np.array(layer_sizes(params, n_features))
    predict(
        weights,
        x,
        sizes,
        ACTIVATIONS.index("tanh"),
        found,
        embedding_of(params, n_features).plan,
        int(params.skip == "add"),
        0,
    )
    np.testing.assert_allclose(found, probabilities, atol=2e-5)


@pytest.mark.parametrize("kind", ["piecewise", "periodic"])
def test_its_gradients_are_part_of_the_norm_and_are_clipped(kind: str) -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(30, 4)).astype(np.float32), rng.integers(0, 2, 30).astype(np.float32)
    params = Params(embedding=kind, widths="9-5")
    weights = pack(tuple(build_network(params, 4, 1, x).get_weights()))
    plain, clipped = (weights - stepped(weights, params, x, y, norm)[1] for norm in (0.0, 0.01))
    assert np.linalg.norm(clipped) == pytest.approx(0.01, rel=1e-3)
    np.testing.assert_allclose(clipped, plain * (0.01 / np.linalg.norm(plain)), atol=1e-6)


@pytest.mark.parametrize("kind", ["piecewise", "periodic"])
@settings(max_examples=10, deadline=None)
@given(n_rows=st.integers(1, 300))
def test_predictions_do_not_depend_on_how_many_rows_there_are(kind: str, n_rows: int) -> None:
    params = Params(embedding=kind, widths="12-7")
    x = np.random.default_rng(0).normal(size=(300, 5)).astype(np.float32)
    weights = pack(tuple(build_network(params, 5, 1, x).get_weights()))
    sizes, plan = np.array(layer_sizes(params, 5)), embedding_of(params, 5).plan
    whole, some = np.empty(300, np.float32), np.empty(n_rows, np.float32)
    predict(weights, x, sizes, 0, whole, plan, 0, 0)
    predict(weights, x[:n_rows], sizes, 0, some, plan, 0, 0)
    np.testing.assert_allclose(some, whole[:n_rows], atol=1e-6)


@pytest.mark.parametrize("resample", [None, 0])
def test_knots_are_those_of_the_trial_s_own_training_rows_and_never_move(resample: int | None) -> None:
    """With an optimizer that moves all it is given, weight decay, and averages: nothing of it rounds them."""
    task = small_task()
    other = Task(train=Part(x=task.train.x[:120] * 2, y=task.train.y[:120]), validation=task.validation)
    task = replace(task, resamples=(other,))
    spec = spec_with(replace(SPEC, resample=resample), embedding="piecewise", optimizer="adamw", weight_decay=0.1)
    spec = spec_with(spec, weight_average=0.9)
    fitted = pieces((task if resample is None else other).train.x, spec.params.n_bins)
    for engine in (InProcessEngine(task, 1, FusedProgram(task)), KerasEngine(task)):
        weights = run_all(engine, [spec])[spec.trial].weights
        assert weights is not None
        for found, expected in zip(weights[:2], fitted, strict=True):
            np.testing.assert_array_equal(found, expected)


def test_other_seeds_and_other_rows_are_other_networks() -> None:
    x = np.random.default_rng(0).normal(size=(300, 5)).astype(np.float32)
    params = Params(embedding="piecewise", widths="7")
    first, other, rows = (build_network(params, 5, *of).get_weights() for of in ((1, x), (2, x), (1, x[:99])))
    np.testing.assert_array_equal(first[0], other[0])  # the knots are the rows'
    assert not np.array_equal(first[0], rows[0])
    assert not np.array_equal(first[2], other[2])  # the rest is the seed's
    np.testing.assert_array_equal(first[2], rows[2])
    plain = build_network(replace(params, embedding="none"), 5, 1).get_weights()
    assert len(plain) + 4 == len(first)
