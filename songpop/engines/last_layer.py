"""The last layer, one unit, with the loss: a row's logit, the mean log loss, and what they blame below them.

Axes: B rows of a batch, U units of the layer below. Arrays are float32 unless said. Sums, for products of matrices
would take longer. Labels may lie between 0 and 1 (disturbance).
"""

from typing import Any

import numpy as np

from songpop.contracts import Matrix, Vector
from songpop.engines.compiled import inlined
from songpop.engines.curves import tanh

_F = np.float32
_0, _HALF, _1 = _F(0), _F(0.5), _F(1)
_FACTORS = 512  # probabilities of at least 1/2 whose product a float64 holds


@inlined
def output(
    inputs: Matrix, weights: Vector, y: Vector, slope: Matrix, gradients: Vector, blame: Matrix, errors: Vector
) -> np.float32:
    """Return the mean log loss; fill the last layer's gradients, shape (U + 1,), and the blame of its inputs (B, U)."""
    n_rows, n_in = inputs.shape
    share = _1 / _F(n_rows)
    for row in range(n_rows):
        errors[row] = logit(inputs[row], weights)
    loss = _log_loss(errors[:n_rows], y) * share
    gradients[:] = _0
    for row in range(n_rows):
        error = errors[row] * share
        gradients[n_in] += error
        for j in range(n_in):
            gradients[j] += error * inputs[row, j]
            blame[row, j] = error * weights[j] * slope[row, j]
    return loss


@inlined
def _log_loss(logits: Vector, y: Vector) -> np.float32:
    """Return the summed log loss, and put each logit's slope, probability - truth, in its place; shapes (B,).

    The logarithms' sum is the logarithm of a product, and so one call into the C library instead of many.
    """
    loss = 0.0
    for first in range(0, len(logits), _FACTORS):
        product = 1.0
        for row in range(first, min(first + _FACTORS, len(logits))):
            value = logits[row]
            t, _ = tanh(_HALF * value)
            loss += max(value, _0) - value * y[row]
            product *= _HALF + _HALF * abs(t)  # the probability of the likelier answer: 1/2 to 1
            logits[row] = _HALF + _HALF * t - y[row]
        loss -= np.log(product)
    return _F(loss)


@inlined
def logit(inputs: Vector, weights: Vector) -> Any:
    """Return a row's logit: inputs, shape (U,), kernel and bias of the last layer, shape (U + 1,)."""
    value = weights[len(inputs)]
    for j in range(len(inputs)):
        value += inputs[j] * weights[j]
    return value
