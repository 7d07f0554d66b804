"""The kernel's normalisations against Keras' layers and TensorFlow's gradients, for networks of any shape."""

from typing import Any

import numpy as np
import pytest
from engine_suite import SPEC, run_all, same, small_task, spec_with
from hypothesis import example, given, settings
from hypothesis import strategies as st
from test_engines_embedding import gradients_of

from songpop.contracts import Params
from songpop.engines.arrangement import by_kernel
from songpop.engines.disturbance import disturbance_of
from songpop.engines.dropout import Dropout
from songpop.engines.fused import FusedProgram
from songpop.engines.kernels import predict, train_steps
from songpop.engines.normalization import measured_of, trained_of
from songpop.engines.population import InProcessEngine
from songpop.engines.slot import pack
from songpop.models.embeddings import embedding_of
from songpop.models.mlp import build_network
from songpop.models.topology import ACTIVATIONS, NORMALIZATIONS, NORMALIZED, layer_sizes

PLAIN_STEP = np.array([[0, 0, 0, 0, 0, 1, 0, 1, 0, 1]], np.float32)  # w <- w - gradient
NOTHING = np.empty(0, np.float32)
N_EMBEDDED = {"none": 0, "piecewise": 4, "periodic": 3}  # arrays


def packed(arrays: list[np.ndarray], params: Params) -> np.ndarray:
    return pack(by_kernel(arrays, params.normalization, N_EMBEDDED[params.embedding]))


def stepped(weights: np.ndarray, params: Params, x: np.ndarray, y: np.ndarray) -> Any:
    """Return loss and weights after one step of plain descent over all rows."""
    sizes, after = layer_sizes(params, x.shape[1]), weights.copy()
    dropout = Dropout.of((0.0,) * (len(sizes) - 2), sizes[1:-1])
    loss = train_steps(
        after, np.zeros_like(after), np.zeros_like(after), x, y, np.arange(len(x), dtype=np.int32), len(x),
        (np.uint64(1), 0, 0), (dropout.bounds, dropout.scales, dropout.places),
        np.zeros((len(sizes) - 1, 2), np.float32), PLAIN_STEP, np.array(sizes), ACTIVATIONS.index(params.activation),
        NOTHING, disturbance_of(Params()), np.float32(0), (NOTHING, np.float32(0)),
        embedding_of(params, x.shape[1]).plan, int(params.skip == "add"), NORMALIZATIONS.index(params.normalization),
    )  # fmt: skip
    return loss / len(x), after


def predicted(weights: np.ndarray, params: Params, x: np.ndarray) -> np.ndarray:
    sizes, found = np.array(layer_sizes(params, x.shape[1])), np.empty(len(x), np.float32)
    predict(
        weights, x, sizes, ACTIVATIONS.index(params.activation), found, embedding_of(params, x.shape[1]).plan,
        int(params.skip == "add"), NORMALIZATIONS.index(params.normalization),
    )  # fmt: skip
    return found


@pytest.mark.parametrize("kind", NORMALIZATIONS[1:])
@settings(max_examples=25, deadline=None)
@given(
    widths=st.lists(st.integers(1, 24) | st.just(9), min_size=1, max_size=3),
    n_features=st.integers(1, 9),
    n_rows=st.integers(2, 300),
    skip=st.sampled_from(["none", "add"]),
    embedding=st.sampled_from(["none", "piecewise", "periodic"]),
    seed=st.integers(0, 99),
)
@example([9, 9, 20], 9, 150, "add", "none", 3)
@example([20, 20, 7], 5, 33, "add", "piecewise", 1)
@example([20, 9, 9], 1, 2, "add", "periodic", 0)  # two rows by batches: steep
def test_one_step_follows_the_gradient(
    kind: str, widths: list[int], n_features: int, n_rows: int, skip: str, embedding: str, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(n_rows, n_features)).astype(np.float32), rng.integers(0, 2, n_rows).astype(np.float32)
    params = Params(
        embedding=embedding, embedding_width=4, n_bins=3, n_frequencies=3, frequency_scale=0.3,
        widths="-".join(map(str, widths)), activation="tanh", skip=skip, normalization=kind,
    )  # fmt: skip
    network = build_network(params, n_features, seed, x)
    for weight in network.weights:  # of gammas, betas and biases too
        if weight.name in ("gamma", "beta", "bias") and "pieces" not in weight.path:
            weight.assign(weight + rng.normal(size=weight.shape).astype(np.float32) / 4)
        if weight.name.startswith("moving"):
            weight.assign(weight + rng.uniform(0, 0.5, weight.shape).astype(np.float32))
    before = packed(network.get_weights(), params)
    rows = predicted(before, params, x)
    np.testing.assert_allclose(rows, np.asarray(network(x, training=False))[:, 0], atol=2e-5)
    loss, gradients, _ = gradients_of(network, x, y)  # which moves Keras' statistics
    mine, after = stepped(before, params, x, y)
    assert mine == pytest.approx(loss, abs=3e-5)
    n_measured = sum(w.shape[0] for w in network.weights if w.name.startswith("moving"))
    assert n_measured == (2 * sum(widths) if kind == "batch" else 0)
    np.testing.assert_allclose(after[:n_measured], packed(network.get_weights(), params)[:n_measured], atol=1e-5)
    np.testing.assert_allclose(
        (before - after)[n_measured:], packed(gradients, params)[n_measured:], rtol=1e-4, atol=2e-4
    )


@pytest.mark.parametrize("kind", NORMALIZATIONS[1:])
def test_predictions_do_not_depend_on_how_many_rows_there_are(kind: str) -> None:
    params = Params(normalization=kind, widths="12-7")
    x = np.random.default_rng(0).normal(size=(300, 5)).astype(np.float32)
    weights = packed(build_network(params, 5, 1).get_weights(), params)
    for n_rows in (1, 128, 200):
        some = predicted(weights, params, x[:n_rows])
        np.testing.assert_allclose(some, predicted(weights, params, x)[:n_rows], atol=1e-6)


@pytest.mark.parametrize("kind", NORMALIZATIONS[1:])
def test_gammas_and_betas_are_decayed_and_have_no_penalty(kind: str) -> None:
    """With a rate that moves next to nothing, AdamW's decay alone is seen, and no l2."""
    spec = spec_with(SPEC, normalization=kind, optimizer="adamw", learning_rate=1e-9, weight_decay=1e6)
    gammas = [2, 6] if kind == "layer" else [1, 6]  # by batches, hidden layers have no bias
    result = run_all(InProcessEngine(small_task(), 1, FusedProgram(small_task())), [spec])[spec.trial]
    n_steps = 4 * 4
    assert result.weights is not None
    for k in gammas:
        np.testing.assert_allclose(result.weights[k], (1 - 1e-3) ** n_steps, rtol=1e-4)
    plain = spec_with(SPEC, normalization=kind, regularization="none")
    penalised = spec_with(SPEC, normalization=kind)
    one, other = (
        run_all(InProcessEngine(small_task(), 1, FusedProgram(small_task())), [s])[s.trial] for s in (plain, penalised)
    )
    assert not same(one, other)
    assert one.history[0].metrics["val_loss"] == pytest.approx(one.history[0].metrics["val_log_loss"], abs=1e-6)
    assert other.weights is not None
    kernels = [array for array in other.weights if array.ndim == 2][:-1]
    penalty = SPEC.params.l2 * sum(float(np.square(kernel).sum()) for kernel in kernels)
    measured = other.history[-1].metrics["val_loss"] - other.history[-1].metrics["val_log_loss"]
    assert measured == pytest.approx(penalty, rel=1e-4)


@pytest.mark.parametrize("place", range(len(NORMALIZATIONS)))
def test_the_kernel_counts_what_the_topology_says(place: int) -> None:
    kind = NORMALIZED[NORMALIZATIONS[place]]
    assert (trained_of(place, 7), measured_of(place, 7)) == (7 * kind.n_trained, 7 * kind.n_measured)


def test_no_network_is_normalised_by_default() -> None:
    assert Params().normalization == "none"
