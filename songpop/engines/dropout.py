"""Which units drop out in which step: a function of seed and epoch, the same whatever trains the trial.

Axes: N steps, B rows of a batch, U units of the layers that have dropout, K hidden layers.
"""

from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray

from songpop.contracts import Vector

_BITS = 16  # per unit: a rate is met to within 1 / 65,536
_PER_WORD = 64 // _BITS
_STREAM = 0xD0  # keeps these draws apart from batch orders, which derive from (seed, epoch) too


@dataclass(frozen=True, kw_only=True, eq=False)
class Dropout:
    """The rates of a network's hidden layers, as arithmetic wants them; arrays have shape (K,)."""

    n_units: int  # U
    places: NDArray[np.int64]  # units before this layer's among the U; -1 for a layer without dropout
    bounds: NDArray[np.uint16]  # a unit whose bits are below drops out
    scales: Vector  # of a unit that stays: 1 / (1 - rate)

    @classmethod
    def of(cls, rates: tuple[float, ...], widths: tuple[int, ...]) -> "Dropout":
        """Lay the layers that have any side by side.

        Args:
            rates: by hidden layer, 0 <= rate < 1.
            widths: units of each.
        """
        used = np.array([width if rate else 0 for rate, width in zip(rates, widths, strict=True)])
        before = np.cumsum(used) - used
        return cls(
            n_units=int(used.sum()),
            places=np.where(used > 0, before, -1).astype(np.int64),
            bounds=np.array([min(round(rate * 2**_BITS), 2**_BITS - 1) for rate in rates], dtype=np.uint16),
            scales=np.array([1 / (1 - rate) for rate in rates], dtype=np.float32),
        )


@final
class DropoutBits:
    """The bits of one trial in one epoch, drawn step after step.

    Raw bits of NumPy's SFC64, to be compared with a bound: a fifth of what `Generator.random` takes.
    """

    def __init__(self, seed: int, epoch: int, n_values: int) -> None:
        """Begin an epoch.

        Args:
            seed: of the trial.
            epoch: from 0.
            n_values: B * U, of each step.
        """
        self._bits = np.random.SFC64(np.random.SeedSequence([seed, epoch, _STREAM])) if n_values else None
        self._n_values = n_values

    def draw(self, n_steps: int) -> NDArray[np.uint16]:
        """Return the bits of the next N steps, shape (N, B * U or a few more).

        Each step takes the same number of words, so that it does not matter in how many calls an epoch is drawn.
        """
        if self._bits is None:
            return np.empty((n_steps, 0), dtype=np.uint16)
        n_words = -(-self._n_values // _PER_WORD)
        drawn: NDArray[np.uint16] = self._bits.random_raw(n_steps * n_words).view(np.uint16)
        return drawn.reshape(n_steps, n_words * _PER_WORD)
