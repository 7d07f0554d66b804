"""Metrics of a binary classifier: what a vector of probabilities is worth against the truth.

Axes: R rows. Probabilities are clipped to [1e-7, 1 - 1e-7] before a logarithm is taken, as Keras does.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from songpop.errors import DataError

EPSILON = 1e-7  # keras.config.epsilon()
N_BINS = 10

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
    pr_auc: float  # average precision; NaN without positive rows
    calibration_error: float  # expected calibration error over `N_BINS` bins of equally many rows


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
        pr_auc=pr_auc(truth, chance),
        calibration_error=calibration_error(truth, chance),
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


def pr_auc(y: ArrayLike, probability: ArrayLike) -> float:
    """Return the average precision: precision at each threshold, weighted by the recall that is gained there.

    NaN without positive rows, or where a probability is no number. Counted for the same reason as `roc_auc`.

    Raises:
        DataError: if there is no row, or the shapes differ.
    """
    truth, chance = _checked(y, probability)
    n_positive = int((truth > 0.5).sum())
    if not n_positive or np.isnan(chance).any():
        return float("nan")
    order = np.argsort(-chance, kind="stable")
    hits = np.cumsum(truth[order] > 0.5)
    is_last = np.append(np.diff(chance[order]) != 0, True)  # equal probabilities share one threshold
    n_hits, n_called = hits[is_last], np.arange(1, len(truth) + 1)[is_last]
    return float(np.sum(np.diff(n_hits, prepend=0) * n_hits / n_called) / n_positive)


def calibration_error(y: ArrayLike, probability: ArrayLike, n_bins: int = N_BINS) -> float:
    """Return the expected calibration error: how far mean probability and share of positives lie apart, over bins.

    Bins have equally many rows, in the order of their probability. Source: Naeini, Cooper and Hauskrecht, Obtaining
    well calibrated probabilities using Bayesian binning, AAAI 2015.

    Raises:
        DataError: if there is no row, or the shapes differ.
    """
    truth, chance = _checked(y, probability)
    order = np.argsort(chance, kind="stable")
    bins = np.array_split(order, min(n_bins, len(order)))
    return float(sum(abs(truth[rows].sum() - chance[rows].sum()) for rows in bins) / len(order))


def _checked(y: ArrayLike, probability: ArrayLike) -> tuple[_Floats, _Floats]:
    truth = np.asarray(y, dtype=np.float64)
    chance = np.asarray(probability, dtype=np.float64)
    if truth.shape != chance.shape or truth.ndim != 1 or not len(truth):
        raise DataError(
            "metrics need as many probabilities as rows, and at least one, "
            f"but the shapes are {truth.shape} and {chance.shape}."
        )
    return truth, chance
