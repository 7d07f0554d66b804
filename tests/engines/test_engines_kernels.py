"""The kernel's gradients against TensorFlow's own, for networks of any shape."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from songpop.contracts import Params
from songpop.engines.disturbance import disturbance_of
from songpop.engines.dropout import Dropout, draw_bits, dropout_key
from songpop.engines.kernels import predict, train_steps
from songpop.engines.slot import unpack
from songpop.models.runtime import keras, tf
from songpop.models.topology import ACTIVATIONS, weight_shapes

PLAIN_STEP = np.array([[0, 0, 0, 0, 0, 1, 0, 1, 0, 1]], np.float32)  # w <- w - gradient
NOTHING = np.empty(0, np.float32)
NO_PLAN = (0, 0, 0)  # no embedding
PLAIN = (NOTHING, disturbance_of(Params()), np.float32(0), (NOTHING, np.float32(0)))  # neither mixed nor averaged …


def gradients_of(
    weights: list, x: np.ndarray, y: np.ndarray, name: str, masks: list, lambdas: np.ndarray, has_skips: bool
):
    """Loss and gradients by automatic differentiation."""
    variables = [tf.constant(array) for array in weights]
    with tf.GradientTape() as tape:
        tape.watch(variables)
        hidden = tf.constant(x)
        for k, mask in enumerate(masks):
            before = hidden
            hidden = keras.activations.get(name)(hidden @ variables[2 * k] + variables[2 * k + 1]) * mask
            if has_skips and hidden.shape == before.shape:
                hidden += before
        logits = (hidden @ variables[-2] + variables[-1])[:, 0]
        loss = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=tf.constant(y), logits=logits))
        for kernel, (l1, l2) in zip(variables[::2], lambdas, strict=True):
            loss += l1 * tf.reduce_sum(tf.abs(kernel)) + l2 * tf.reduce_sum(tf.square(kernel))
    return float(loss), tape.gradient(loss, variables), tf.sigmoid(logits).numpy()


@settings(max_examples=40, deadline=None)
@given(
    widths=st.lists(st.integers(1, 40) | st.just(9), min_size=1, max_size=4),
    n_features=st.integers(1, 30) | st.just(9),
    n_rows=st.integers(1, 70),
    name=st.sampled_from(ACTIVATIONS),
    rate=st.sampled_from([0.0, 0.4]),
    has_skips=st.booleans(),
    seed=st.integers(0, 99),
)
@example([9, 9, 9, 9], 9, 70, "tanh", 0.4, True, 3)
@example([9, 9, 20, 20], 9, 33, "selu", 0.0, True, 4)
def test_one_step_follows_the_gradient(
    widths: list[int], n_features: int, n_rows: int, name: str, rate: float, has_skips: bool, seed: int
) -> None:
    rng, sizes = np.random.default_rng(seed), (n_features, *widths, 1)
    x, y = rng.normal(size=(n_rows, n_features)).astype(np.float32), rng.integers(0, 2, n_rows).astype(np.float32)
    n_weights = sum((n_in + 1) * n_out for n_in, n_out in pairwise(sizes))
    weights = rng.normal(size=n_weights).astype(np.float32) / 3
    rates = tuple(rate if k % 2 == 0 else 0.0 for k in range(len(widths)))
    dropout, order = Dropout.of(rates, tuple(widths)), rng.permutation(n_rows).astype(np.int32)
    key = dropout_key(seed)
    bits = draw_bits(key, 4, 9, 1, n_rows * dropout.n_units)
    lambdas = rng.random((len(sizes) - 1, 2)).astype(np.float32) / 100
    masks = []
    for k, width in enumerate(widths):
        at = dropout.places[k] * n_rows
        drawn = bits[0, at : at + n_rows * width].reshape(n_rows, width) if rates[k] else None
        masks.append(np.float32(1) if drawn is None else (drawn >= dropout.bounds[k]) * dropout.scales[k])
    expected = gradients_of(unpack(weights.copy(), sizes), x[order], y[order], name, masks, lambdas, has_skips)
    after = weights.copy()
    loss = train_steps(
        after, np.zeros_like(after), np.zeros_like(after), x, y, order, n_rows, (key, 4, 9),
        (dropout.bounds, dropout.scales, dropout.places), lambdas, PLAIN_STEP, np.array(sizes), ACTIVATIONS.index(name),
        *PLAIN, NO_PLAN, int(has_skips), 0,
    )  # fmt: skip
    assert loss / n_rows == pytest.approx(expected[0], abs=2e-5)
    for mine, theirs in zip(unpack(weights - after, sizes), expected[1], strict=True):
        np.testing.assert_allclose(mine, theirs.numpy(), atol=2e-5)


@given(n_rows=st.integers(1, 300))
@settings(max_examples=10, deadline=None)
def test_predictions_do_not_depend_on_how_many_rows_there_are(n_rows: int) -> None:
    rng, sizes = np.random.default_rng(0), (5, 12, 7, 1)
    weights = rng.normal(size=sum(int(np.prod(shape)) for shape in weight_shapes(sizes))).astype(np.float32)
    x = rng.normal(size=(300, 5)).astype(np.float32)
    whole, some = np.empty(300, np.float32), np.empty(n_rows, np.float32)
    predict(weights, x, np.array(sizes), 2, whole, NO_PLAN, 0, 0)
    predict(weights, x[:n_rows], np.array(sizes), 2, some, NO_PLAN, 0, 0)
    np.testing.assert_allclose(some, whole[:n_rows], atol=1e-6)
