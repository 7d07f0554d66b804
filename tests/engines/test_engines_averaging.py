import numpy as np
import pytest

from songpop.engines.averaging import average
from songpop.models.runtime import keras


@pytest.mark.parametrize("momentum", [0.5, 0.99])
def test_ten_steps_are_keras_ten_steps(momentum: float) -> None:
    """Keras begins with the weights after the first step, whatever was there before."""
    rng = np.random.default_rng(0)
    weights = rng.normal(size=30).astype(np.float32)
    variable = keras.Variable(weights)
    optimizer = keras.optimizers.SGD(0.1, use_ema=True, ema_momentum=momentum)
    optimizer.build([variable])
    averages = np.full(30, 7, np.float32)
    for step in range(10):
        gradient = rng.normal(size=30).astype(np.float32)
        optimizer.apply([keras.ops.convert_to_tensor(gradient)], [variable])
        average(averages, np.asarray(variable), np.float32(momentum), step == 0)
        theirs = np.asarray(optimizer._model_variables_moving_average[0])
        np.testing.assert_allclose(averages, theirs, rtol=1e-6, atol=1e-7)
    assert np.abs(averages - np.asarray(variable)).max() > 1e-3
