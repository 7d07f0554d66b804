import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as reference

from songpop.errors import DataError
from songpop.evaluation.metrics import (
    EPSILON,
    accuracy,
    binary_metrics,
    calibration_error,
    log_loss,
    roc_auc,
    row_losses,
)

ROWS = st.lists(st.tuples(st.integers(0, 1), st.floats(0, 1, width=32)), min_size=1, max_size=60)


@settings(deadline=None)  # scikit-learn's first call is slow
@given(ROWS)
def test_as_scikit_learn_has_them(rows: list[tuple[int, float]]) -> None:
    y, p = (np.asarray(column, dtype=float) for column in zip(*rows, strict=True))
    called, found = p > 0.5, binary_metrics(y, p)
    assert found.accuracy == pytest.approx(reference.accuracy_score(y, called))
    assert found.precision == pytest.approx(reference.precision_score(y, called, zero_division=0))
    assert found.f1 == pytest.approx(reference.f1_score(y, called, zero_division=0))
    clipped = np.clip(p, EPSILON, 1 - EPSILON)
    assert found.log_loss == pytest.approx(reference.log_loss(y, clipped, labels=[0, 1]))
    if 0 < y.sum() < len(y):
        assert found.recall == pytest.approx(reference.recall_score(y, called))
        assert found.specificity == pytest.approx(reference.recall_score(y, called, pos_label=0))
        assert found.roc_auc == pytest.approx(reference.roc_auc_score(y, p))
    if y.sum():
        assert found.pr_auc == pytest.approx(reference.average_precision_score(y, p))


@pytest.mark.parametrize(
    ("y", "undefined"), [([1, 1], {"specificity", "roc_auc"}), ([0, 0], {"recall", "roc_auc", "pr_auc"})]
)
def test_one_class_only(y: list[int], undefined: set[str]) -> None:
    found = vars(binary_metrics(y, [0.9, 0.2]))
    assert {name for name, value in found.items() if math.isnan(value)} == undefined


def test_the_threshold_itself_is_not_called_positive() -> None:
    assert binary_metrics([1, 0], [0.5, 0.4]).recall == 0.0
    assert binary_metrics([1, 0], [0.5, 0.4], threshold=0.45).recall == 1.0
    assert accuracy([1, 0], [0.5, 0.4]) == 0.5


def test_certainty_that_is_wrong_costs_what_it_costs_in_keras() -> None:
    assert row_losses([1, 0], [0.0, 1.0]) == pytest.approx([-math.log(EPSILON)] * 2, rel=1e-6)
    assert log_loss([1], [1.0]) == pytest.approx(EPSILON, rel=1e-6)


def test_ties_count_half() -> None:
    assert roc_auc([0, 1], [0.5, 0.5]) == 0.5


@pytest.mark.parametrize(("y", "p"), [([], []), ([1], [0.5, 0.5]), ([[1]], [[0.5]])])
def test_shapes_that_cannot_be_meant(y: list[object], p: list[object]) -> None:
    with pytest.raises(DataError, match="as many probabilities as rows"):
        binary_metrics(y, p)


@pytest.mark.parametrize(
    ("y", "chance", "n_bins", "expected"),
    [
        ([0, 1], [0.0, 1.0], 2, 0.0),
        ([0, 1], [1.0, 0.0], 2, 1.0),
        ([0, 1, 1, 1], [0.5, 0.5, 0.9, 0.9], 2, 0.05),  # the first bin is right, the second 0.1 too low
        ([1, 0], [0.5, 0.5], 10, 0.5),  # no bin is empty: two rows are two bins
    ],
)
def test_calibration_error_by_hand(y: list[int], chance: list[float], n_bins: int, expected: float) -> None:
    assert calibration_error(y, chance, n_bins) == pytest.approx(expected)


def test_an_honest_model_of_920_rows_has_little_calibration_error() -> None:
    rng = np.random.default_rng(0)
    errors = []
    for _ in range(200):
        p = rng.beta(0.5, 0.5, 920)
        errors.append(calibration_error(rng.random(920) < p, p))
    assert np.mean(errors) == pytest.approx(0.03, abs=0.01)
    assert max(errors) < 0.1  # the default bound of its gate
