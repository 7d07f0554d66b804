"""The table's pictures: which columns are needed, which say the same."""

from dataclasses import replace

import pytest
from made import BARE, REPORT

from songpop.report.records import Absence, Picture
from songpop.report.table import N_COLUMNS, column_weights, correlations


def test_the_columns_that_are_needed_most_come_first() -> None:
    found = column_weights(REPORT)
    assert isinstance(found, Picture)
    assert [row[0] for row in found.rows] == [f"Column {k}" for k in range(5, -1, -1)]
    assert "of 6 columns 5 have an interval above 0" in found.finding


def test_columns_that_are_not_shown_are_counted() -> None:
    many = tuple(replace(REPORT.weights[-1], column=f"Column {k}") for k in range(N_COLUMNS + 5))
    found = column_weights(replace(REPORT, weights=many))
    assert isinstance(found, Picture)
    assert f"of {len(many)} columns {len(many)} have an interval above 0" in found.finding


def test_correlations_leave_out_what_is_not_known() -> None:
    found = correlations(REPORT)
    assert isinstance(found, Picture)
    assert [row[:2] for row in found.rows] == [("A", "C"), ("A", "B")]


@pytest.mark.parametrize("draw", [column_weights, correlations])
def test_the_reason_is_told(draw) -> None:
    assert draw(BARE) == Absence(reason="It takes the table.")
    assert isinstance(draw(replace(BARE, absences={})), Absence)
