"""One formula against Keras' optimizers, over steps with the same gradients."""

from itertools import product

import numpy as np
import pytest

from songpop.contracts import Params
from songpop.engines.updates import COEFFICIENTS, step_coefficients
from songpop.models.optimizers import OPTIMIZERS, build_optimizer
from songpop.models.runtime import keras


def moved(params: Params, gradients: np.ndarray, start: np.ndarray, rate: float) -> np.ndarray:
    w, m, v = start.copy(), np.zeros_like(start), np.zeros_like(start)
    for row, g in zip(step_coefficients(params, rate, 1, len(gradients)).astype(np.float64), gradients, strict=True):
        c = dict(zip(COEFFICIENTS, row, strict=True))
        m = c["m_keep"] * m + c["m_add"] * g
        v = c["v_keep"] * v + (c["v_add"] * g) ** 2
        down = (c["by_m"] * m + c["by_g"] * g) / (np.sqrt(c["in_root"] * v + c["root_add"]) + c["den_add"])
        w = c["w_keep"] * w - down
    return w


@pytest.mark.parametrize(("name", "momentum"), [*product(OPTIMIZERS, [0.9]), ("sgd", 0.0)])
def test_twenty_steps_are_keras_twenty_steps(name: str, momentum: float) -> None:
    params = Params(optimizer=name, momentum=momentum, learning_rate=1e-2, weight_decay=0.1)
    rng = np.random.default_rng(0)
    gradients, start = rng.normal(size=(20, 6)), rng.normal(size=6)
    variable = keras.Variable(start.astype(np.float32))
    optimizer = build_optimizer(params)
    for gradient in gradients:
        optimizer.apply([keras.ops.convert_to_tensor(gradient.astype(np.float32))], [variable])
    np.testing.assert_allclose(moved(params, gradients, start, 1e-2), variable.numpy(), atol=2e-6)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_epoch_goes_on_where_the_last_one_ended(name: str) -> None:
    params = Params(optimizer=name)
    whole = step_coefficients(params, 1e-3, 1, 30)
    np.testing.assert_array_equal(step_coefficients(params, 1e-3, 11, 20), whole[10:])
