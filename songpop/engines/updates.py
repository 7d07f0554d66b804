"""Keras' optimizers as one formula with different coefficients, so that one program serves all.

Axes: S slots, N steps. With gradient g, state m and v, and weights w, a step is

    m <- m_keep * m + m_add * g
    v <- v_keep * v + (v_add * g)**2
    w <- w_keep * w - (by_m * m + by_g * g) / (sqrt(in_root * v + root_add) + den_add)

Owns: the coefficients of each optimizer, step by step. Does not own: arithmetic on arrays (kernels, stacked). Formulas
and constants are those of keras.optimizers (3.15), the steps t count from 1 over all epochs of a trial.
"""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from songpop.contracts import Matrix, Params

COEFFICIENTS = (
    "m_keep", "m_add", "v_keep", "v_add", "by_m", "by_g", "in_root", "root_add", "den_add", "w_keep"
)  # fmt: skip

_EPSILON = 1e-7
_BETA_1, _BETA_2 = 0.9, 0.999
_RHO = 0.9  # RMSprop
_NADAM_DECAY = 0.96

Floats = NDArray[np.float64]
_Columns = Mapping[str, float | Floats]


def step_coefficients(params: Params, rate: float, first_step: int, n_steps: int) -> Matrix:
    """Return the coefficients of `n_steps` steps, shape (N, len(COEFFICIENTS)), float32.

    Args:
        params: of the trial.
        rate: learning rate of these steps.
        first_step: number of the first one, from 1.
        n_steps: N.
    """
    t = np.arange(first_step, first_step + n_steps, dtype=np.float64)
    columns = {**_NEUTRAL, **_OPTIMIZERS[params.optimizer](params, rate, t)}
    table = np.empty((n_steps, len(COEFFICIENTS)), dtype=np.float32)
    for place, name in enumerate(COEFFICIENTS):
        table[:, place] = columns[name]
    return table


_NEUTRAL: _Columns = {
    "m_keep": 0.0, "m_add": 0.0, "v_keep": 0.0, "v_add": 0.0, "by_m": 0.0, "by_g": 0.0,
    "in_root": 0.0, "root_add": 1.0, "den_add": 0.0, "w_keep": 1.0,
}  # fmt: skip


def _adam(params: Params, rate: float, t: Floats) -> _Columns:
    alpha = rate * np.sqrt(1 - _BETA_2**t) / (1 - _BETA_1**t)
    return {**_moments(), "by_m": alpha, "in_root": 1.0, "root_add": 0.0, "den_add": _EPSILON}


def _adamw(params: Params, rate: float, t: Floats) -> _Columns:
    # Decoupled, on every array, biases too: Keras' default.
    return {**_adam(params, rate, t), "w_keep": 1.0 - params.weight_decay * rate}


def _nadam(params: Params, rate: float, t: Floats) -> _Columns:
    now, after = _nadam_momentum(t), _nadam_momentum(t + 1)
    before = np.prod(_nadam_momentum(np.arange(1, t[0], dtype=np.float64)))
    product = before * np.cumprod(now)
    return {
        **_moments(),
        "by_m": rate * after / (1 - product * after),
        "by_g": rate * (1 - now) / (1 - product),
        "in_root": 1 / (1 - _BETA_2**t),
        "root_add": 0.0,
        "den_add": _EPSILON,
    }


def _nadam_momentum(t: Floats) -> Floats:
    return np.asarray(_BETA_1 * (1 - 0.5 * _NADAM_DECAY**t))


def _rmsprop(params: Params, rate: float, t: Floats) -> _Columns:
    return {"v_keep": _RHO, "v_add": np.sqrt(1 - _RHO), "by_g": rate, "in_root": 1.0, "root_add": _EPSILON}


def _sgd(params: Params, rate: float, t: Floats) -> _Columns:
    if params.momentum == 0:
        return {"by_g": rate}
    return {"m_keep": params.momentum, "m_add": rate, "by_m": 1.0}


def _moments() -> _Columns:
    return {"m_keep": _BETA_1, "m_add": 1 - _BETA_1, "v_keep": _BETA_2, "v_add": np.sqrt(1 - _BETA_2)}


_OPTIMIZERS: Mapping[str, Callable[[Params, float, Floats], _Columns]] = {
    "adam": _adam,
    "adamw": _adamw,
    "nadam": _nadam,
    "rmsprop": _rmsprop,
    "sgd": _sgd,
}
