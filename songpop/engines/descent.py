"""A step of any optimizer over all weights of a network, with penalties, in one pass.

Axes: L layers, P weights: kernel and bias of each layer side by side; `sizes` (L + 1,) are what the first layer is
given, the units of each hidden layer, and 1. E weights before the layers (embedding). Arrays are float32 unless said.
Owns: the pass. Does not own: the formula's coefficients, which are the optimizer (updates).
"""

import numpy as np
from numpy.typing import NDArray

from songpop.contracts import Matrix, Vector
from songpop.engines.compiled import inlined

_0, _1, _2 = np.float32(0), np.float32(1), np.float32(2)


@inlined
def update(
    weights: Vector,
    means: Vector,
    squares: Vector,
    gradients: Vector,
    lambdas: Matrix,
    sizes: NDArray[np.int64],
    coefficients: Vector,
) -> np.float32:
    """Take a step in place, and return the penalty of the kernels before it.

    Args:
        weights: shape (P,); changed.
        means: the optimizer's m, alike.
        squares: the optimizer's v, alike.
        gradients: without penalty, shape (P,).
        lambdas: l1 and l2 of each layer's kernel, shape (L, 2).
        sizes: int64, shape (L + 1,).
        coefficients: of this step (updates), shape (10,).
    """
    penalty, first = _0, 0
    for k in range(len(lambdas)):
        middle = first + sizes[k] * sizes[k + 1]
        stop = middle + sizes[k + 1]
        penalty += _step(
            weights[first:middle],
            means[first:middle],
            squares[first:middle],
            gradients[first:middle],
            lambdas[k, 0],
            lambdas[k, 1],
            coefficients,
        )
        _step(
            weights[middle:stop], means[middle:stop], squares[middle:stop], gradients[middle:stop], _0, _0, coefficients
        )
        first = stop
    return penalty


@inlined
def descend(weights: Vector, means: Vector, squares: Vector, gradients: Vector, coefficients: Vector) -> None:
    """Take a step of weights without penalty, in place; shapes (E,), E may be 0; coefficients as in `update`."""
    _step(weights, means, squares, gradients, _0, _0, coefficients)


@inlined
def _step(
    weights: Vector,
    means: Vector,
    squares: Vector,
    gradients: Vector,
    l1: np.float32,
    l2: np.float32,
    coefficients: Vector,
) -> np.float32:
    """Take an array's step in one pass, and return its penalty; formula and order of coefficients: updates."""
    m_keep, m_add, v_keep, v_add = coefficients[0], coefficients[1], coefficients[2], coefficients[3]
    by_m, by_g, in_root, root_add = coefficients[4], coefficients[5], coefficients[6], coefficients[7]
    den_add, w_keep = coefficients[8], coefficients[9]
    absolute, square = _0, _0
    for i in range(len(weights)):
        w = weights[i]
        absolute += abs(w)
        square += w * w
        sign = _1 if w > _0 else (-_1 if w < _0 else _0)
        g = gradients[i] + (l1 * sign + _2 * l2 * w)
        m = m_keep * means[i] + m_add * g
        added = v_add * g
        v = v_keep * squares[i] + added * added
        means[i], squares[i] = m, v
        weights[i] = w_keep * w - (by_m * m + by_g * g) / (np.sqrt(in_root * v + root_add) + den_add)
    return l1 * absolute + l2 * square
