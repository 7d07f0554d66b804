"""Gradients cut to a greatest norm, all of a network's together and penalties' included, as Keras' global_clipnorm.

Axes: L layers, P weights: kernel and bias of each layer side by side; `sizes` (L + 1,) are the features, the units of
each hidden layer, and 1. Arrays are float32 unless said. It is a pass of its own, before the optimizer's (descent): the
norm must be known before the first weight moves.
"""

import numpy as np
from numpy.typing import NDArray

from songpop.contracts import Matrix, Vector
from songpop.engines.compiled import inlined

_0, _1, _2 = np.float32(0), np.float32(1), np.float32(2)


@inlined
def clip(
    gradients: Vector, weights: Vector, lambdas: Matrix, sizes: NDArray[np.int64], greatest: np.float32
) -> np.float32:
    """Add the penalty's gradients in place, cut the whole to the norm `greatest`, and return the penalty.

    Gradients of what comes before the layers, an embedding, have no penalty, but are part of the norm and are cut.

    A norm that is no number, or infinite, makes all gradients NaN, as in Keras.

    Args:
        gradients: without penalty, shape (P,) or longer: those of the layers come last; changed.
        weights: of the layers, shape (P,).
        lambdas: l1 and l2 of each layer's kernel, shape (L, 2).
        sizes: int64, shape (L + 1,).
        greatest: norm, greater than 0.
    """
    penalty, first, n_before = _0, 0, len(gradients) - len(weights)
    for k in range(len(lambdas)):
        middle = first + sizes[k] * sizes[k + 1]
        penalty += _penalize(
            gradients[n_before + first : n_before + middle], weights[first:middle], lambdas[k, 0], lambdas[k, 1]
        )
        first = middle + sizes[k + 1]
    total = _0
    for i in range(len(gradients)):
        total += gradients[i] * gradients[i]
    norm = np.sqrt(total)
    factor = greatest * min(_1 / norm, _1 / greatest)
    if not np.isfinite(norm):
        factor = np.float32(np.nan)
    for i in range(len(gradients)):
        gradients[i] *= factor
    return penalty


@inlined
def _penalize(gradients: Vector, weights: Vector, l1: np.float32, l2: np.float32) -> np.float32:
    absolute, square = _0, _0
    for i in range(len(weights)):
        w = weights[i]
        absolute += abs(w)
        square += w * w
        sign = _1 if w > _0 else (-_1 if w < _0 else _0)
        gradients[i] += l1 * sign + _2 * l2 * w
    return l1 * absolute + l2 * square
