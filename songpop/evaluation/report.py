"""What a model is worth on rows that nobody chose by: every metric with its interval, at two thresholds.

Axes: R rows.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from songpop.evaluation.metrics import binary_metrics

HALF = 0.5  # as in the published work, and as Keras' accuracy has it
N_DRAWS = 1_000
# Drawn rows are noisier than the rows themselves, and each bin's noise adds to this error, whatever its direction.
INFLATED = ("calibration_error",)
DECIDED = ("accuracy", "precision", "recall", "f1", "specificity")  # these depend on the threshold

_Floats = NDArray[np.float64]
_Named = tuple[str, bool]  # a metric, and whether it is the one at the chosen threshold
_T = TypeVar("_T")


@dataclass(frozen=True, kw_only=True)
class SealedReport:
    """Metrics by name, and their 95 % intervals: low, high."""

    metrics: Mapping[str, float]
    intervals: Mapping[str, tuple[float, float]]
    threshold: float
    at_threshold: Mapping[str, float] = field(default_factory=dict)  # those that depend on it
    at_threshold_intervals: Mapping[str, tuple[float, float]] = field(default_factory=dict)


def chosen_threshold(y: ArrayLike, probability: ArrayLike) -> float:
    """Return the threshold above which calling a row positive gains most: the largest recall + specificity.

    Source: Youden, Index for rating diagnostic tests, Cancer 3, 1950. In the middle between two probabilities, so that
    rounding decides nothing; 0.5 where the rows are of one class.

    Args:
        y: truth, 0 or 1, shape (R,): rows that were not trained on, and not the sealed ones.
        probability: of the class 1, shape (R,).
    """
    truth, chance = np.asarray(y, dtype=np.float64) > HALF, np.asarray(probability, dtype=np.float64)
    if truth.all() or not truth.any():
        return HALF
    order = np.argsort(chance, kind="stable")
    ordered = chance[order]
    is_cut = np.append(np.diff(ordered) > 0, False)  # a threshold lies between this row and the next
    if not is_cut.any():
        return HALF
    n_rejected, n_missed = np.cumsum(~truth[order]), np.cumsum(truth[order])
    gain = np.where(is_cut, n_rejected / (~truth).sum() - n_missed / truth.sum(), -np.inf)
    best = int(np.argmax(gain))
    return float((ordered[best] + ordered[best + 1]) / 2)


def report_of(
    y: ArrayLike, probability: ArrayLike, threshold: float, rng: np.random.Generator, *, n_draws: int = N_DRAWS
) -> SealedReport:
    """Return every metric at 0.5, those that depend on a threshold also at `threshold`, each with its interval.

    Percentile intervals over rows drawn with replacement; what a draw of one class leaves undefined is left out of
    them. From the calibration error's the bootstrap's estimate of its bias is taken: the interval would lie above the
    value else. Source: Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapters 13 and 10.

    Args:
        y: truth, 0 or 1, shape (R,).
        probability: of the class 1, shape (R,).
        threshold: chosen on other rows.
        rng: where the draws come from.
        n_draws: bootstrap samples.

    Raises:
        DataError: if there is no row, or the shapes differ.
    """
    truth, chance = np.asarray(y, dtype=np.float64), np.asarray(probability, dtype=np.float64)
    found = _measured(truth, chance, threshold)
    draws: dict[_Named, list[float]] = {name: [] for name in found}
    for _ in range(n_draws):
        rows = rng.integers(len(truth), size=len(truth))
        for name, value in _measured(truth[rows], chance[rows], threshold).items():
            draws[name].append(value)
    intervals = {name: _interval(name[0], found[name], values) for name, values in draws.items()}
    return SealedReport(
        metrics=_plain(found, at=False),
        intervals=_plain(intervals, at=False),
        threshold=threshold,
        at_threshold=_plain(found, at=True),
        at_threshold_intervals=_plain(intervals, at=True),
    )


def _measured(truth: _Floats, chance: _Floats, threshold: float) -> dict[_Named, float]:
    at_half = asdict(binary_metrics(truth, chance))
    chosen = asdict(binary_metrics(truth, chance, threshold))
    return {(k, False): v for k, v in at_half.items()} | {(k, True): chosen[k] for k in DECIDED}


def _interval(metric: str, value: float, draws: list[float]) -> tuple[float, float]:
    low, high = _percentiles(draws)
    if metric not in INFLATED:
        return low, high
    bias = float(np.nanmean(draws)) - value
    return max(low - bias, 0.0), max(high - bias, value)


def _percentiles(values: list[float]) -> tuple[float, float]:
    finite = [value for value in values if np.isfinite(value)]
    if not finite:
        return (float("nan"), float("nan"))
    low, high = np.quantile(finite, [0.025, 0.975])
    return float(low), float(high)


def _plain(found: Mapping[_Named, _T], *, at: bool) -> dict[str, _T]:
    return {name: value for (name, is_at), value in found.items() if is_at == at}
