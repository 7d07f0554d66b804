"""Activations of the kernels against Keras' own, and their slopes against its gradients."""

import numpy as np
import pytest

from songpop.engines.curves import activate
from songpop.models.runtime import keras, tf
from songpop.models.topology import ACTIVATIONS

# Features may be as large as a million (models/features.py), and what an activation makes of them larger.
INPUTS = np.concatenate([np.linspace(-30, 30, 60_001), [-1e9, -1e6, -1e3, -100, 100, 1e3, 1e6, 1e9]])


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_values_and_slopes_are_keras(name: str) -> None:
    bias = np.full(1, 0.25, np.float32)
    z = INPUTS.astype(np.float32).reshape(-1, 1)
    inputs, slope = tf.constant(z + bias), np.empty_like(z)
    activate(ACTIVATIONS.index(name), z, bias, slope)
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        expected = keras.activations.get(name)(inputs)
    np.testing.assert_allclose(z, expected.numpy(), atol=5e-6, rtol=1e-6)
    np.testing.assert_allclose(slope, tape.gradient(expected, inputs).numpy(), atol=5e-6)
