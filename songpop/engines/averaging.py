"""The moving average of a network's weights, step by step: Keras' use_ema and ema_momentum.

Axes: P weights. Arrays are float32. Owns: the average's own step. Does not own: what is measured (slot).
"""

import numpy as np

from songpop.contracts import Vector
from songpop.engines.compiled import inlined

_0, _1 = np.float32(0), np.float32(1)


@inlined
def average(averages: Vector, weights: Vector, momentum: np.float32, is_first: bool) -> None:
    """Take the weights after a step into their averages, in place, shapes (P,).

    Args:
        averages: momentum * averages + (1 - momentum) * weights afterwards.
        weights: of the network.
        momentum: share of the averages that stays, below 1.
        is_first: whether it is the trial's first step, whose weights the averages begin with: so has Keras it.
    """
    keep = _0 if is_first else momentum
    add = _1 - keep
    for i in range(len(weights)):
        averages[i] = keep * averages[i] + add * weights[i]
