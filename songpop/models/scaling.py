"""How values are put on one scale: fitted on training rows, with missing ones filled in.

Axes: R rows, V values.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from songpop.models.runtime import keras

# Far outside of any training row (a standardised value is at most the root of the number of rows), but finite.
LIMIT = 1e6
_IQR_OF_NORMAL = 1.349  # between the quartiles of the normal distribution

Values = NDArray[np.float64]
Present = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True, eq=False)
class Scaling:
    """Each value becomes (value - center) / spread, a missing one (fill - center) / spread; shapes (V,)."""

    fill: Values
    center: Values
    spread: Values


Scaler = Callable[[Values, Present], Scaling]


def standardise(values: Values, is_present: Present) -> Scaling:
    """Mean 0 and variance 1 of the present values, shape (R, V); missing ones become the mean."""
    mean = mean_of(values, is_present)
    variance = mean_of(np.square(values - mean), is_present)
    return Scaling(fill=mean, center=mean, spread=_harmless(np.sqrt(variance), mean))


def min_max(values: Values, is_present: Present) -> Scaling:
    """From 0 to 1; missing ones become the mean."""
    fill = mean_of(values, is_present)
    filled = np.where(is_present, values, fill)
    low, high = filled.min(axis=0), filled.max(axis=0)
    return Scaling(fill=fill, center=low, spread=_harmless(high - low, low))


def robust(values: Values, is_present: Present) -> Scaling:
    """Median 0, and quartiles as far apart as a standard normal's; missing ones become the median.

    Where the quartiles coincide, the standard deviation stands in (RealMLP: Holzmueller et al., NeurIPS 2024, uses the
    range there).
    """
    quartiles = np.zeros((3, values.shape[1]))
    for k in range(values.shape[1]):
        found = values[is_present[:, k], k]
        if len(found):
            quartiles[:, k] = np.quantile(found, (0.25, 0.5, 0.75))
    spread = (quartiles[2] - quartiles[0]) / _IQR_OF_NORMAL
    fallback = standardise(values, is_present).spread
    is_flat = spread <= 1e-7 * np.maximum(np.abs(quartiles[1]), 1e-7)
    return Scaling(fill=quartiles[1], center=quartiles[1], spread=np.where(is_flat, fallback, spread))


def scaled(
    values: keras.KerasTensor, present: keras.KerasTensor, scaling: Scaling, *, limit: float = LIMIT
) -> keras.KerasTensor:
    """Return the scaled values, shape (R, V), no further from 0 than `limit`."""
    filled = keras.ops.where(present, values, scaling.fill.astype(np.float32))
    scale = keras.layers.Normalization(mean=scaling.center.tolist(), variance=np.square(scaling.spread).tolist())
    return keras.ops.clip(scale(filled), -limit, limit)


def mean_of(values: Values, is_present: Present) -> Values:
    """Return the mean of the present values, shape (V,); 0 for a column without any."""
    total = np.where(is_present, values, 0.0).sum(axis=0)
    return np.asarray(total / np.maximum(is_present.sum(axis=0), 1))


def _harmless(spread: Values, center: Values) -> Values:
    """Return the spread, and 1 for a constant column (rounding included), which then becomes all zeros."""
    return np.where(spread > 1e-7 * np.maximum(np.abs(center), 1e-7), spread, 1.0)
