"""Activations of the kernels against Keras' own, and their slopes against differences of those."""

import numpy as np
import pytest

from songpop.engines.curves import CURVES, activate
from songpop.models.runtime import keras, tf


@pytest.mark.parametrize("name", CURVES)
def test_values_and_slopes_are_keras(name: str) -> None:
    x = np.linspace(-30, 30, 60_001, dtype=np.float32).reshape(-1, 1)
    z, slope, bias = x - np.float32(0.25), np.empty_like(x), np.full(1, 0.25, np.float32)
    activate(CURVES.index(name), z, bias, slope)
    inputs = tf.constant((x - np.float32(0.25)) + np.float32(0.25))
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        expected = keras.activations.get(name)(inputs)
    np.testing.assert_allclose(z, expected.numpy(), atol=5e-6, rtol=1e-6)
    np.testing.assert_allclose(slope, tape.gradient(expected, inputs).numpy(), atol=5e-6)
