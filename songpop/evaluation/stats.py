"""Intervals: how far a mean over seeds, a new value, or a difference between two models, may be luck."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from songpop.errors import DataError


@dataclass(frozen=True, kw_only=True)
class Interval:
    """A mean with its confidence interval, from `n` values."""

    mean: float
    low: float
    high: float
    n: int


def t_interval(values: ArrayLike, level: float = 0.95) -> Interval:
    """Return the mean of independent values with Student's interval.

    Source: Student, The probable error of a mean, Biometrika 6, 1908. One value alone has no interval: low and high
    are NaN.

    Raises:
        DataError: if there is no value, or one is not finite.
    """
    numbers = finite_values(values)
    n, mean = len(numbers), float(numbers.mean())
    if n == 1:
        return Interval(mean=mean, low=float("nan"), high=float("nan"), n=1)
    reach = float(stats.t.ppf((1 + level) / 2, n - 1)) * float(numbers.std(ddof=1)) / n**0.5
    return Interval(mean=mean, low=mean - reach, high=mean + reach, n=n)


def prediction_interval(values: ArrayLike, level: float = 0.99) -> Interval:
    """Return where one more value of the same kind lies, with a probability of `level`, if they are normal.

    Source: Hahn and Meeker, Statistical Intervals, 1991, section 4.7: Student's interval, with the spread of the new
    value beside that of the mean.

    Raises:
        DataError: if there are fewer than two values, or one is not finite.
    """
    numbers = finite_values(values)
    n, mean = len(numbers), float(numbers.mean())
    if n == 1:
        raise DataError("a prediction interval needs at least two values, but there is one.")
    reach = float(stats.t.ppf((1 + level) / 2, n - 1)) * float(numbers.std(ddof=1)) * (1 + 1 / n) ** 0.5
    return Interval(mean=mean, low=mean - reach, high=mean + reach, n=n)


def paired_difference(
    a: ArrayLike, b: ArrayLike, rng: np.random.Generator, *, n_draws: int = 2_000, level: float = 0.95
) -> Interval:
    """Return the mean of `a - b` over rows with a bootstrap percentile interval.

    Rows are drawn in pairs, so that what both find hard does not count. Below 0 throughout: `a` loses less.
    Source: Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13.

    Args:
        a: loss of each row, shape (R,).
        b: loss of the same rows under the other model, shape (R,).
        rng: where the draws come from.
        n_draws: bootstrap samples.
        level: of the interval.

    Raises:
        DataError: if the shapes differ, there is no row, or a loss is not finite.
    """
    first, second = finite_values(a), finite_values(b)
    if first.shape != second.shape:
        raise DataError(
            f"both models must have a loss for each row, but the shapes are {first.shape} and {second.shape}."
        )
    differences = first - second
    n = len(differences)
    means = [float(differences[rng.integers(n, size=n)].mean()) for _ in range(n_draws)]
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return Interval(mean=float(differences.mean()), low=float(low), high=float(high), n=n)


def finite_values(values: ArrayLike) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Return values as an array, shape (n,).

    Raises:
        DataError: if there is no value, or one is not finite.
    """
    numbers = np.asarray(values, dtype=np.float64).reshape(-1)
    if not len(numbers) or not np.isfinite(numbers).all():
        raise DataError(
            f"an interval needs at least one value, all finite, but there are {len(numbers)}, "
            f"of which {int((~np.isfinite(numbers)).sum())} are not finite."
        )
    return numbers
