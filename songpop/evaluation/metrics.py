"""Metrics of a binary classifier: what a vector of probabilities is worth against the truth.

Axes: R rows. Probabilities are clipped to [1e-7, 1 - 1e-7] before a logarithm is taken, as Keras does.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from songpop.errors import DataError

EPSILON = 1e-7  # keras.config.epsilon()

_Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class BinaryMetrics:
    """All metrics of one set of predictions; a row counts as called positive above the threshold."""

    log_loss: float  # mean, in nats, without any penalty
    accuracy: float
    precision: float  # 0 where no row is called positive
    recall: float  # NaN without positive rows
    f1: float  # 0 where no positive row is found
    specificity: float  # share of the negative rows that are called negative; NaN without negative rows
    roc_auc: float  # NaN with one class only


def binary_metrics(y: ArrayLike, probability: ArrayLike, threshold: float = 0.5) -> BinaryMetrics:
    """Return every metric.

    Args:
        y: truth, 0 or 1, shape (R,).
        probability: of the class 1, shape (R,).
        threshold: a row is called positive if its probability is strictly above it, as in Keras.

    Raises:
        DataError: if there is no row, or the shapes differ.
    """
    truth, chance = _checked(y, probability)
    is_positive, is_called = truth > 0.5, chance > threshold
    n_hits = int(np.sum(is_positive & is_called))
    n_positive, n_called = int(is_positive.sum()), int(is_called.sum())
    n_negative = len(truth) - n_positive
    n_rejected = int(np.sum(~is_positive & ~is_called))
    nan = float("nan")
    return BinaryMetrics(
        log_loss=log_loss(truth, chance),
        accuracy=float(np.mean(is_positive == is_called)),
        precision=n_hits / n_called if n_called else 0.0,
        recall=n_hits / n_positive if n_positive else nan,
        f1=2 * n_hits / (n_positive + n_called) if n_hits else 0.0,
        specificity=n_rejected / n_negative if n_negative else nan,
        roc_auc=roc_auc(truth, chance),
    )


def row_losses(y: ArrayLike, probability: ArrayLike) -> _Floats:
    """Return the log loss of each row, shape (R,), in nats.

    Raises:
        DataError: if there is no row, or the shapes differ.
    """
    truth, chance = _checked(y, probability)
    clipped = np.clip(chance, EPSILON, 1 - EPSILON)
    return np.asarray(-(truth * np.log(clipped) + (1 - truth) * np.log1p(-clipped)))


def log_loss(y: ArrayLike, probability: ArrayLike) -> float:
    """Return the mean log loss, in nats.

    Raises:
        DataError: if there is no row, or the shapes differ.
    """
    return float(row_losses(y, probability).mean())


def accuracy(y: ArrayLike, probability: ArrayLike, threshold: float = 0.5) -> float:
    """Return the share of rows on the right side of the threshold.

    Raises:
        DataError: if there is no row, or the shapes differ.
    """
    truth, chance = _checked(y, probability)
    return float(np.mean((truth > 0.5) == (chance > threshold)))


def stacked_log_loss(y: ArrayLike, probability: ArrayLike) -> _Floats:
    """Return `log_loss` of several models on the same rows, shape (S,): y (R,), probability (S, R)."""
    truth = np.asarray(y) > 0.5
    clipped = np.clip(np.asarray(probability, dtype=np.float64), EPSILON, 1 - EPSILON)
    # The logarithm of the chance that the truth had: one per row, where two products would need two.
    return np.asarray(-np.log(np.where(truth, clipped, 1 - clipped)).mean(axis=1))


def stacked_accuracy(y: ArrayLike, probability: ArrayLike, threshold: float = 0.5) -> _Floats:
    """Return `accuracy` of several models on the same rows, shape (S,): y (R,), probability (S, R)."""
    return np.asarray(((np.asarray(y) > 0.5) == (np.asarray(probability) > threshold)).mean(axis=1))


def roc_auc(y: ArrayLike, probability: ArrayLike) -> float:
    """Return the share of (positive, negative) pairs in the right order, ties as a half.

    NaN with one class only, or where a probability is no number. Counted, since scikit-learn takes a second to import
    in each process, and for a trial 5 ms, a thirtieth of its training; the tests hold it against scikit-learn's.

    Raises:
        DataError: if there is no row, or the shapes differ.
    """
    truth, chance = _checked(y, probability)
    positive, negative = chance[truth > 0.5], np.sort(chance[truth <= 0.5])
    n_pairs = len(positive) * len(negative)
    if not n_pairs or np.isnan(chance).any():
        return float("nan")
    n_below, n_below_or_equal = (np.searchsorted(negative, positive, side=side).sum() for side in ("left", "right"))
    return float((n_below + n_below_or_equal) / (2 * n_pairs))


def calibration_error(y: ArrayLike, probability: ArrayLike, n_bins: int = 10) -> float:
    """Return the expected calibration error: how far the called probability lies from the share that came true.

    Rows are put into bins of as many rows each, by probability (equal ones stay together); the gap between the mean
    probability and the share of positive rows is averaged over bins, weighted by their rows. 0 is perfect; an honest
    model of few rows has some by chance, about 0.03 with 920 rows.
    Source: Naeini, Cooper and Hauskrecht, Obtaining Well Calibrated Probabilities Using Bayesian Binning, AAAI 2015.

    Args:
        y: truth, 0 or 1, shape (R,).
        probability: of the class 1, shape (R,).
        n_bins: bins, at least 1.

    Raises:
        DataError: if there is no row, or the shapes differ.
    """
    truth, chance = _checked(y, probability)
    edges = np.quantile(chance, np.linspace(0, 1, n_bins + 1)[1:-1])
    place = np.searchsorted(edges, chance, side="right")
    # The gap of a bin times its rows is the sum of its rows' gaps.
    gaps = np.bincount(place, weights=truth - chance, minlength=n_bins)
    return float(np.abs(gaps).sum() / len(truth))


def _checked(y: ArrayLike, probability: ArrayLike) -> tuple[_Floats, _Floats]:
    truth = np.asarray(y, dtype=np.float64)
    chance = np.asarray(probability, dtype=np.float64)
    if truth.shape != chance.shape or truth.ndim != 1 or not len(truth):
        raise DataError(
            "metrics need as many probabilities as rows, and at least one, "
            f"but the shapes are {truth.shape} and {chance.shape}."
        )
    return truth, chance
