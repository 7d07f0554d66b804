"""The last layer and its loss against TensorFlow's, for labels between 0 and 1."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from songpop.engines.last_layer import logit, output
from songpop.models.runtime import tf


@settings(max_examples=40, deadline=None)
@given(n_rows=st.integers(1, 700), n_units=st.integers(1, 20), seed=st.integers(0, 99), is_soft=st.booleans())
def test_loss_gradients_and_blame(n_rows: int, n_units: int, seed: int, is_soft: bool) -> None:
    rng = np.random.default_rng(seed)
    inputs, slope = (rng.normal(size=(n_rows, n_units)).astype(np.float32) for _ in range(2))
    weights, y = rng.normal(size=n_units + 1).astype(np.float32), rng.random(n_rows).astype(np.float32)
    y = y if is_soft else np.round(y)
    x, w = tf.constant(inputs), tf.constant(weights)
    with tf.GradientTape() as tape:
        tape.watch([x, w])
        logits = tf.linalg.matvec(x, w[:-1]) + w[-1]
        expected = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=tf.constant(y), logits=logits))
    by_inputs, by_weights = tape.gradient(expected, [x, w])

    gradients, blame, errors = np.empty_like(weights), np.empty_like(inputs), np.empty(n_rows, np.float32)
    loss = output(inputs, weights, y, slope, gradients, blame, errors)
    # Of one row that is nearly certain, the loss is a difference of two numbers that are a thousand times as large.
    np.testing.assert_allclose(loss, expected.numpy(), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(gradients, by_weights.numpy(), atol=2e-6)
    np.testing.assert_allclose(blame, by_inputs.numpy() * slope, atol=2e-6)
    np.testing.assert_allclose(logit(inputs[0], weights), logits.numpy()[0], atol=1e-5)
