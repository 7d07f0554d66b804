"""Dates on circles: by hand, the new year beside the old one, harmless on any cell."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from songpop.contracts import Column, ColumnKind, Matrix
from songpop.models.calendar import calendar
from songpop.models.fitting import Training

COLUMNS = (
    Column(name="streams", kind=ColumnKind.COUNT),
    Column(name="day of year", kind=ColumnKind.CYCLE, period=365.25),
    Column(name="weekday", kind=ColumnKind.CYCLE, period=7.0),
)


def points(rows: object) -> Matrix:
    training = Training(matrix=np.asarray(rows, dtype=np.float32), columns=COLUMNS)
    block = calendar(training)
    assert block is not None
    assert block.names == ("sine of day of year", "sine of weekday", "cosine of day of year", "cosine of weekday")
    assert block.build_fitted is None
    return np.asarray(training.run(block.build), dtype=np.float32)


def test_by_hand() -> None:
    found = points([[5.0, 365.25 / 4, 0.0], [np.nan, 0.0, 3.5], [7.0, 365.25 / 2, 7.0 / 4]])
    expected = [[1, 0, 0, 1], [0, 0, 1, -1], [0, 1, -1, 0]]
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_a_missing_date_is_the_middle_of_the_circle() -> None:
    assert not points([[5.0, np.nan, np.nan], [5.0, np.inf, np.nan]]).any()


@pytest.mark.parametrize(("last", "first"), [([0, 365, 6], [0, 1, 0])])
def test_the_end_lies_beside_the_beginning(last: list[float], first: list[float]) -> None:
    one, other, middle = points([last, first, [0, 183, 3]])
    assert np.hypot(*(one - other)[[0, 2]]) < 0.03 < np.hypot(*(one - middle)[[0, 2]])
    assert np.hypot(*(one - other)[[1, 3]]) == pytest.approx(2 * np.sin(np.pi / 7), abs=1e-5)


def test_without_dates_there_is_no_block() -> None:
    assert calendar(Training(matrix=np.zeros((2, 1), dtype=np.float32), columns=COLUMNS[:1])) is None


@settings(deadline=None, max_examples=15)
@given(arrays(np.float32, (5, 3), elements=st.floats(width=32)))
def test_every_cell_lies_on_its_circle_or_in_the_middle(cells: Matrix) -> None:
    found = points(cells)
    lengths = np.stack([np.hypot(found[:, k], found[:, k + 2]) for k in (0, 1)], axis=1)
    np.testing.assert_allclose(lengths, np.isfinite(cells[:, 1:]), atol=1e-5)
