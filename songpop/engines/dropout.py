"""Which units drop out in which step: a function of seed, layer and epoch, the same in any slot of any stack.

Axes: N steps, B rows of a batch, U units.
"""

from collections.abc import Sequence
from typing import final

import numpy as np
from numpy.typing import NDArray

_BITS = 16  # per unit: a rate is met to within 1 / 65,536
_PER_WORD = 64 // _BITS


@final
class DropoutMasks:
    """The masks of one layer of one trial in one epoch, drawn step after step.

    Raw bits of NumPy's SFC64 compared with a bound: 0.1 ms for the published network's epoch, a fifth of what
    `Generator.random` takes.
    """

    def __init__(self, seed: int, layer: int, epoch: int, rate: float) -> None:
        """Begin an epoch.

        Args:
            seed: of the trial.
            layer: hidden layer, from 0.
            epoch: from 0.
            rate: share of the units that drop out, 0 <= rate < 1.
        """
        self._bits = np.random.SFC64(np.random.SeedSequence([seed, layer, epoch, _STREAM]))
        self._bound = np.uint16(min(round(rate * 2**_BITS), 2**_BITS - 1))

    def draw(self, out: NDArray[np.bool_]) -> None:
        """Fill `out`, shape (N, B, U), with the masks of the next N steps: True where a unit stays.

        Each step takes the same number of words, so that it does not matter in how many calls an epoch is drawn.
        """
        n_steps, n_rows, n_units = out.shape
        n_words = -(-n_rows * n_units // _PER_WORD)
        drawn = self._bits.random_raw(n_steps * n_words).view(np.uint16).reshape(n_steps, n_words * _PER_WORD)
        np.greater_equal(drawn[:, : n_rows * n_units].reshape(out.shape), self._bound, out=out)


_STREAM = 0xD0  # keeps these draws apart from batch orders, which derive from (seed, epoch) too


def draw_stacked(masks: Sequence[DropoutMasks], shape: tuple[int, int, int, int]) -> NDArray[np.bool_]:
    """Return the next masks of a layer for a stack, shape (N, S, B, U); seats beyond `masks` keep every unit."""
    drawn = np.ones(shape, dtype=np.bool_)
    for place, mask in enumerate(masks):
        mask.draw(drawn[:, place])
    return drawn
