"""Which units drop out in which step: a function of seed, epoch, step and unit, the same whatever trains the trial.

Axes: N steps, B rows of a batch, U units of the layers that have dropout, K hidden layers.

The bits are hashed from their place, not drawn one after the other, so that a kernel needs no memory for them and takes
many at once by vector instructions (Salmon et al., Parallel random numbers: as easy as 1, 2, 3, SC 2011). NumPy's own
generators took a twentieth of a model's epoch.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from songpop.contracts import Vector
from songpop.engines.compiled import inlined

_BITS = 32  # per unit: a rate is met to within 1 / 2^32
_STREAM = 0xD0  # keeps these keys apart from batch orders, which derive from (seed, epoch) too

_Q, _D = np.uint64, np.uint32


@dataclass(frozen=True, kw_only=True, eq=False)
class Dropout:
    """The rates of a network's hidden layers, as arithmetic wants them; arrays have shape (K,)."""

    n_units: int  # U
    places: NDArray[np.int64]  # units before this layer's among the U; -1 for a layer without dropout
    bounds: NDArray[np.uint32]  # a unit whose bits are below drops out
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
            bounds=np.array([bound_of(rate) for rate in rates], dtype=np.uint32),
            scales=np.array([scale_of(rate) for rate in rates], dtype=np.float32),
        )


def bound_of(rate: float) -> np.uint32:
    """Return the bits below which a value drops out; 0 <= rate < 1."""
    return np.uint32(min(round(rate * 2**_BITS), 2**_BITS - 1))


def scale_of(rate: float) -> np.float32:
    """Return what a value that stays is multiplied by, so that the mean stays too; 0 <= rate < 1."""
    return np.float32(1 / (1 - rate))


def dropout_key(seed: int) -> np.uint64:
    """Return what all bits of a trial are hashed from; `seed` is the trial's."""
    return np.uint64(np.random.SeedSequence([seed, _STREAM]).generate_state(1, np.uint64)[0])


@inlined
def step_key(key: np.uint64, epoch: int, step: int) -> np.uint64:
    """Return the key of a step's bits; `epoch` and `step` count from 0."""
    return _mixed(_mixed(key + _Q(epoch)) + _Q(step))


@inlined
def stream_key(key: np.uint64, stream: int) -> np.uint64:
    """Return the key of other bits of the same step than the hidden layers'; `key` is the step's, `stream` from 1."""
    return _mixed(key + _Q(stream))


@inlined
def _mixed(key: np.uint64) -> np.uint64:
    """Return SplitMix64's next output (Steele, Lea and Flood, OOPSLA 2014)."""
    key += _Q(0x9E3779B97F4A7C15)
    key = (key ^ (key >> _Q(30))) * _Q(0xBF58476D1CE4E5B9)
    key = (key ^ (key >> _Q(27))) * _Q(0x94D049BB133111EB)
    return key ^ (key >> _Q(31))


@inlined
def halves(key: np.uint64, place: int) -> tuple[np.uint32, np.uint32]:
    """Return what `unit_bits` takes, for units from `place` on: what a loop need not do again for each of them."""
    return _D(_D(key) + _D(place)), _D(key >> _Q(32))


@inlined
def unit_bits(low: np.uint32, high: np.uint32, unit: int) -> np.uint32:
    """Return a unit's bits in a step, uniform on 32 bits; `unit` counts from the place that `halves` was given.

    The least biased hash of two multiplications known (hash-prospector, C. Wellons: 16 21f0aaad 15 735a2d97 15).
    Half of the key goes in before it and half in its middle, so that no two steps' bits are one sequence, shifted.
    """
    bits = _D(_D(unit) + low)
    bits = _D(bits ^ (bits >> _D(16)))
    bits = _D(bits * _D(0x21F0AAAD))
    bits = _D(bits ^ (bits >> _D(15)) ^ high)
    bits = _D(bits * _D(0x735A2D97))
    return _D(bits ^ (bits >> _D(15)))


@inlined
def draw_bits(key: np.uint64, epoch: int, first_step: int, n_steps: int, n_values: int) -> NDArray[np.uint32]:
    """Return the bits of N steps as an array, shape (N, n_values): for whoever cannot hash them where they are used."""
    bits = np.empty((n_steps, n_values), np.uint32)
    for step in range(n_steps):
        low, high = halves(step_key(key, epoch, first_step + step), 0)
        for unit in range(n_values):
            bits[step, unit] = unit_bits(low, high, unit)
    return bits
