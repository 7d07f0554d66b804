"""Intervals and tests over resamples: known values, wider than Student's, Holm's steps."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from songpop.errors import DataError
from songpop.evaluation.resampled import holm, paired_p_value, resampled_error, resampled_interval
from songpop.evaluation.stats import t_interval

VALUES = [0.30, 0.34, 0.29, 0.33, 0.31]
RATIO = 0.25


def test_the_formula_of_nadeau_and_bengio() -> None:
    expected = np.sqrt((1 / 5 + RATIO) * np.var(VALUES, ddof=1))
    assert resampled_error(VALUES, RATIO) == pytest.approx(expected)
    found = resampled_interval(VALUES, RATIO)
    assert found.mean == pytest.approx(np.mean(VALUES))
    assert found.high - found.mean == pytest.approx(stats.t.ppf(0.975, 4) * expected)


def test_without_overlap_it_is_students() -> None:
    assert resampled_interval(VALUES, 0.0) == t_interval(VALUES)
    other = np.add(VALUES, [0.01, 0.02, 0.0, 0.03, 0.01])
    assert paired_p_value(other, VALUES, 0.0) == pytest.approx(stats.ttest_rel(other, VALUES).pvalue)


def test_overlap_makes_it_less_sure() -> None:
    other = np.add(VALUES, [0.01, 0.02, 0.0, 0.03, 0.01])
    assert paired_p_value(other, VALUES, RATIO) > paired_p_value(other, VALUES, 0.0)
    wide, narrow = resampled_interval(VALUES, RATIO), t_interval(VALUES)
    assert wide.low < narrow.low < narrow.high < wide.high


@pytest.mark.parametrize(
    ("a", "b", "p"),
    [
        (VALUES, VALUES, 1.0),  # nothing differs
        ([0.5], [0.1], 1.0),  # one resample proves nothing
        ([1.5, 1.75, 2.25], [1.0, 1.25, 1.75], 0.0),  # always by the same
    ],
)
def test_differences_without_spread(a: list[float], b: list[float], p: float) -> None:
    assert paired_p_value(a, b, RATIO) == p


def test_one_value_has_no_interval() -> None:
    found = resampled_interval([0.3], RATIO)
    assert (found.mean, found.n) == (0.3, 1)
    assert np.isnan([found.low, found.high]).all()


@pytest.mark.parametrize("values", [[], [0.1, float("nan")], [float("inf")]])
def test_what_is_no_number_is_refused(values: list[float]) -> None:
    with pytest.raises(DataError, match="all finite"):
        resampled_interval(values, RATIO)


def test_pairs_must_be_pairs() -> None:
    with pytest.raises(DataError, match="for each resample"):
        paired_p_value([0.1, 0.2], [0.1], RATIO)


def test_holm_by_hand() -> None:
    # Holm 1979: the smallest times 4, the next at least that and times 3, and so on.
    np.testing.assert_allclose(holm([0.01, 0.04, 0.03, 0.005]), [0.03, 0.06, 0.06, 0.02])
    assert len(holm([])) == 0


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holm_keeps_the_order_and_only_makes_less_sure(p_values: list[float]) -> None:
    found = holm(p_values)
    assert (found >= np.asarray(p_values) - 1e-12).all()
    assert (found <= 1).all()
    order = np.argsort(p_values, kind="stable")
    assert (np.diff(found[order]) >= 0).all()
    assert found[order[0]] == pytest.approx(min(1.0, p_values[order[0]] * len(p_values)))
