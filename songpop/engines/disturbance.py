"""A batch as training sees it, and measuring does not: mixed, with smooth labels, noise, and features that drop out.

Axes: B rows of a batch, F features. In the order of Keras: rows are mixed before the network, whose first layers are
noise and dropout; labels are smoothed by the loss, which is the same before or after mixing. Noise and dropout are
hashed from seed, epoch, step and place (dropout), so they depend on nothing else. Arrays are float32 unless said.
"""

from typing import TypeAlias

import numpy as np

from songpop.contracts import Matrix, Params, Vector
from songpop.engines.compiled import inlined
from songpop.engines.dropout import bound_of, halves, scale_of, stream_key, unit_bits
from songpop.engines.normal import normal

# smoothing, noise's standard deviation, dropout's bound and scale
Disturbance: TypeAlias = tuple[np.float32, np.float32, np.uint32, np.float32]

_NOISE, _DROPOUT = 1, 2  # streams of a step's bits
_0, _HALF, _1 = np.float32(0), np.float32(0.5), np.float32(1)


def disturbance_of(params: Params) -> Disturbance:
    """Return what `disturb` takes; all of it is off where the parameters are 0."""
    rate = params.dropout_input
    return np.float32(params.label_smoothing), np.float32(params.input_noise), bound_of(rate), scale_of(rate)


@inlined
def disturb(x: Matrix, y: Vector, share: np.float32, by: Disturbance, key: np.uint64) -> None:
    """Change a batch in place; where everything is off, nothing of it is looked at.

    Args:
        x: features, shape (B, F).
        y: truth, shape (B,).
        share: of each row's own values; 1: nothing is mixed.
        by: `disturbance_of` the trial.
        key: `step_key` of this step.
    """
    smoothing, noise, bound, scale = by
    if share < _1:
        _mix(x, y, share)
    if smoothing > _0:
        for row in range(len(y)):
            y[row] = y[row] * (_1 - smoothing) + _HALF * smoothing
    if noise > _0:
        _add_noise(x, noise, stream_key(key, _NOISE))
    if bound > 0:
        _drop_out(x, bound, scale, stream_key(key, _DROPOUT))


@inlined
def _mix(x: Matrix, y: Vector, share: np.float32) -> None:
    """Mix each row with the one at the same place from the batch's end, which changes at the same time."""
    rest = _1 - share
    for row in range((len(x) + 1) // 2):
        other = len(x) - 1 - row
        for j in range(x.shape[1]):
            a, b = x[row, j], x[other, j]
            x[row, j] = share * a + rest * b
            x[other, j] = share * b + rest * a
        a, b = y[row], y[other]
        y[row] = share * a + rest * b
        y[other] = share * b + rest * a


@inlined
def _add_noise(x: Matrix, deviation: np.float32, key: np.uint64) -> None:
    low, high = halves(key, 0)
    values = x.reshape(-1)
    for i in range(len(values)):
        values[i] += deviation * normal(unit_bits(low, high, i))


@inlined
def _drop_out(x: Matrix, bound: np.uint32, scale: np.float32, key: np.uint64) -> None:
    low, high = halves(key, 0)
    values = x.reshape(-1)
    for i in range(len(values)):
        values[i] *= scale if unit_bits(low, high, i) >= bound else _0
