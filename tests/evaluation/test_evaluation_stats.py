import math

import numpy as np
import pytest

from songpop.errors import DataError
from songpop.evaluation.stats import paired_difference, prediction_interval, t_interval


def test_a_table_of_student() -> None:
    found = t_interval([1.0, 2.0, 3.0, 4.0, 5.0])
    assert found.mean == 3.0
    assert found.n == 5
    assert found.high - found.mean == pytest.approx(2.776 * math.sqrt(2.5) / math.sqrt(5), rel=1e-3)
    assert found.mean - found.low == pytest.approx(found.high - found.mean)


def test_the_interval_covers_as_often_as_it_says() -> None:
    samples = np.random.default_rng(0).normal(size=(1000, 6))
    intervals = [t_interval(row, level=0.9) for row in samples]
    assert np.mean([i.low <= 0 <= i.high for i in intervals]) == pytest.approx(0.9, abs=0.03)


def test_one_value_has_no_interval() -> None:
    found = t_interval([0.5])
    assert found.mean == 0.5
    assert math.isnan(found.low)
    assert math.isnan(found.high)


@pytest.mark.parametrize("level", [0.5, 0.8, 0.95])
def test_one_more_value_lies_in_the_prediction_interval_as_often_as_it_says(level: float) -> None:
    samples = np.random.default_rng(0).normal(0.9, 0.02, size=(4_000, 7))
    intervals = [prediction_interval(row[1:], level) for row in samples]
    hits = [i.low <= row[0] <= i.high for i, row in zip(intervals, samples, strict=True)]
    assert np.mean(hits) == pytest.approx(level, abs=0.03)


def test_a_prediction_interval_by_hand() -> None:
    found, mean = prediction_interval([1.0, 2.0, 3.0], 0.95), t_interval([1.0, 2.0, 3.0])
    assert (found.mean, found.n) == (2.0, 3)
    assert found.high - 2 == pytest.approx(4.303 * math.sqrt(1 + 1 / 3), rel=1e-3)  # a table of Student, 2 degrees
    assert found.high > mean.high


@pytest.mark.parametrize("values", [[1.0], [], [1.0, math.nan]])
def test_a_prediction_needs_two_values(values: list[float]) -> None:
    with pytest.raises(DataError, match="at least"):
        prediction_interval(values)


def test_pairs_take_out_what_both_find_hard() -> None:
    rng = np.random.default_rng(1)
    hard = rng.gamma(1.0, size=400)
    found = paired_difference(hard, hard + 0.01 + rng.normal(0, 0.01, size=400), rng)
    assert found.mean == pytest.approx(-0.01, abs=0.002)
    assert found.low < found.mean < found.high < 0
    assert found.high - found.low == pytest.approx(2 * 1.96 * 0.01 / 20, rel=0.15)


def test_the_same_draws_give_the_same_interval() -> None:
    a, b = np.arange(10.0), np.arange(10.0)[::-1]
    first, second = (paired_difference(a, b, np.random.default_rng(3)) for _ in range(2))
    assert first == second
    assert first.low < 0 < first.high


@pytest.mark.parametrize(
    ("a", "b", "message"),
    [
        ([1.0], [1.0, 2.0], "loss for each row"),
        ([], [], "at least one value"),
        ([math.nan], [1.0], "not finite"),
        ([1.0], [math.inf], "not finite"),
    ],
)
def test_losses_that_cannot_be_compared(a: list[float], b: list[float], message: str) -> None:
    with pytest.raises(DataError, match=message):
        paired_difference(a, b, np.random.default_rng(0))
