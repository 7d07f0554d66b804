"""What means over resampled parts say: intervals and paired tests that know how much the parts overlap.

Resamples of one table share most of their training rows, so their values are not independent, and Student's interval
would be too narrow. The variance is therefore multiplied by 1/J + n_validation/n_train instead of 1/J.
Source: Nadeau and Bengio, Inference for the generalization error, Machine Learning 52, 2003; for repeated
cross-validation: Bouckaert and Frank, Evaluating the replicability of significance tests, PAKDD 2004.

Axes: J resamples.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from songpop.errors import DataError
from songpop.evaluation.stats import Interval, finite_values


def resampled_interval(values: ArrayLike, validation_ratio: float, level: float = 0.95) -> Interval:
    """Return the mean over resamples with its interval.

    Args:
        values: one per resample, shape (J,), finite. One value alone has no interval: low and high are NaN.
        validation_ratio: validation rows by training rows, of each resample.
        level: of the interval.

    Raises:
        DataError: if there is no value, or one is not finite.
    """
    numbers = finite_values(values)
    n, mean = len(numbers), float(numbers.mean())
    if n == 1:
        return Interval(mean=mean, low=float("nan"), high=float("nan"), n=1)
    reach = float(stats.t.ppf((1 + level) / 2, n - 1)) * resampled_error(numbers, validation_ratio)
    return Interval(mean=mean, low=mean - reach, high=mean + reach, n=n)


def resampled_error(values: ArrayLike, validation_ratio: float) -> float:
    """Return the standard error of the mean over resamples; NaN for one value.

    Raises:
        DataError: if there is no value, or one is not finite.
    """
    numbers = finite_values(values)
    if len(numbers) == 1:
        return float("nan")
    return float(np.sqrt((1 / len(numbers) + validation_ratio) * numbers.var(ddof=1)))


def paired_p_value(a: ArrayLike, b: ArrayLike, validation_ratio: float) -> float:
    """Return the two-sided p-value of the corrected resampled t-test that two means are the same.

    1 where nothing differs, and where there is one resample only, which proves nothing.

    Args:
        a: one value per resample, shape (J,).
        b: the other's on the same resamples, shape (J,).
        validation_ratio: validation rows by training rows, of each resample.

    Raises:
        DataError: if the shapes differ, there is no value, or one is not finite.
    """
    first, second = finite_values(a), finite_values(b)
    if first.shape != second.shape:
        raise DataError(f"both must have a value for each resample, but the shapes are {first.shape}, {second.shape}.")
    differences = first - second
    error = resampled_error(differences, validation_ratio)
    mean = float(differences.mean())
    if not error > 0:  # NaN of one resample; 0 where all differ by the same
        return 1.0 if mean == 0 or len(differences) == 1 else 0.0
    return float(2 * stats.t.sf(abs(mean) / error, len(differences) - 1))


def holm(p_values: Sequence[float]) -> NDArray[np.float64]:
    """Return p-values corrected for their number, in the given order.

    Source: Holm, A simple sequentially rejective multiple test procedure, Scand. J. Statistics 6, 1979.
    """
    raw = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(raw, kind="stable")
    stepped = np.maximum.accumulate(raw[order] * np.arange(len(raw), 0, -1)) if len(raw) else raw
    corrected = np.empty_like(raw)
    corrected[order] = np.minimum(stepped, 1.0)
    return corrected
