import datetime as dt
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from songpop.contracts import Column, ColumnKind
from songpop.data.parsing import WEEK, YEAR, CellFormat, parse_cells, parse_dates, parse_numbers, text_of, wanted

ENGLISH = CellFormat()
GERMAN = CellFormat(decimal=",", thousands=".", date_format="%d.%m.%Y")
PLAIN = CellFormat(thousands=None)


@pytest.mark.parametrize(
    ("cell", "form", "value"),
    [
        ("1,234", ENGLISH, 1234.0),
        ("5,332,281,936", ENGLISH, 5332281936.0),
        ("-1,234.5", ENGLISH, -1234.5),
        (" 92 ", ENGLISH, 92.0),
        ("+7", ENGLISH, 7.0),
        ("1e3", ENGLISH, 1000.0),
        ("1.234,5", GERMAN, 1234.5),
        ("3,5", GERMAN, 3.5),
        ("12.345.678", GERMAN, 12345678.0),
        ("3.5", PLAIN, 3.5),
        (3.5, GERMAN, 3.5),  # a number is taken as it is, however the table writes numbers
        (True, ENGLISH, 1.0),
    ],
)
def test_numbers(cell: object, form: CellFormat, value: float) -> None:
    for cells in (pd.Series([cell]), pd.Series([cell, None], dtype=object)):
        parsed = parse_numbers(cells, form)
        assert parsed.values[0] == value
        assert not parsed.is_bad.any()


@pytest.mark.parametrize(
    ("cell", "form"),
    [
        ("?", ENGLISH),
        ("1,23", ENGLISH),  # a decimal comma, that must not become 123
        ("12,34,567", ENGLISH),
        ("0,123", ENGLISH),
        ("3.5", GERMAN),
        ("0x1F", ENGLISH),
        ("12 apples", ENGLISH),
        ("inf", ENGLISH),
        ("1e39", ENGLISH),  # infinite as float32
        (math.inf, ENGLISH),
        ([1], ENGLISH),
    ],
)
def test_no_finite_numbers(cell: object, form: CellFormat) -> None:
    parsed = parse_numbers(pd.Series([cell, "7"], dtype=object), form)
    assert parsed.is_bad.tolist() == [True, False]
    assert np.isnan(parsed.values[0])


@pytest.mark.parametrize("cell", ["", "  ", "NA", "nan", None, math.nan, pd.NA, pd.NaT])
def test_missing_is_not_bad(cell: object) -> None:
    for parsed in (parse_numbers(pd.Series([cell], dtype=object), ENGLISH), parse_dates(pd.Series([cell]), ENGLISH)):
        assert np.isnan(parsed.values[0])
        assert not parsed.is_bad[0]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.one_of(st.none(), st.floats(-1e12, 1e12), st.integers(-(10**9), 10**9)), min_size=1))
def test_numbers_survive_being_written(cells: list[float | None]) -> None:
    numbers = pd.Series(cells, dtype="float64")
    for form in (ENGLISH, GERMAN):
        again = parse_numbers(text_of(numbers, form), form)
        np.testing.assert_array_equal(again.values, numbers.to_numpy())
        assert not again.is_bad.any()


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10**13))
def test_thousands_separators_change_nothing(number: int) -> None:
    cells = pd.Series([f"{number:,}", str(number)])
    assert parse_numbers(cells, ENGLISH).values.tolist() == [number, number]


@pytest.mark.parametrize("form", [CellFormat(date_format="%m/%d/%Y"), GERMAN, ENGLISH])
def test_dates_arrive_as_text_or_as_dates(form: CellFormat) -> None:
    day = dt.date(2024, 4, 26)
    number = (day - dt.date(1970, 1, 1)).days
    for cells in (
        pd.Series([day.strftime(form.date_format), None]),
        pd.Series([day, None], dtype=object),
        pd.to_datetime(pd.Series([day, None])),
        pd.to_datetime(pd.Series([day, None])).dt.tz_localize("UTC"),
    ):
        parsed = parse_dates(cells, form)
        assert parsed.values[0] == number
        assert np.isnan(parsed.values[1])
        assert not parsed.is_bad.any()


@pytest.mark.parametrize("cell", ["13/45/2024", "2024-04-26", "soon", "2/30/2024"])
def test_no_dates(cell: str) -> None:
    assert parse_dates(pd.Series([cell]), CellFormat(date_format="%m/%d/%Y")).is_bad[0]


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        (["0", "1", ""], [0, 1, np.nan]),
        (["true", "False", "YES"], [1, 0, 1]),
        ([True, False], [1, 0]),
        ([1.0, 0.0, None], [1, 0, np.nan]),
        ([True, None, 0, "no"], [1, np.nan, 0, 0]),
    ],
)
def test_flags(cells: list[object], values: list[float]) -> None:
    parsed = parse_cells(pd.Series(cells), Column(name="f", kind=ColumnKind.FLAG), ENGLISH, "")
    np.testing.assert_array_equal(parsed.values, values)
    assert not parsed.is_bad.any()


@pytest.mark.parametrize(
    ("kind", "cell", "says"),
    [
        (ColumnKind.FLAG, "2", "0 or 1"),
        (ColumnKind.COUNT, "-1", "from 0 up"),
        (ColumnKind.NUMBER, "x", "finite numbers, with decimal sign"),
        (ColumnKind.AGE, "x", "dates of the form %Y-%m-%d"),
        (ColumnKind.CYCLE, "x", "dates of the form %Y-%m-%d"),
        (ColumnKind.CATEGORY, "blues", "known categories"),
    ],
)
def test_each_kind_refuses_its_own(kind: ColumnKind, cell: str, says: str) -> None:
    column = Column(name="c", kind=kind, categories=("pop", "rock"), period=WEEK)
    parsed = parse_cells(pd.Series([cell]), column, ENGLISH, "2024-01-01")
    assert parsed.is_bad.tolist() == [True]
    assert np.isnan(parsed.values[0])
    assert says in wanted(column, ENGLISH)


def test_categories_and_ages() -> None:
    genre = Column(name="g", kind=ColumnKind.CATEGORY, categories=("1", "pop", "rock"))
    parsed = parse_cells(pd.Series(["rock", " pop", None, 1.0], dtype=object), genre, ENGLISH, "")
    np.testing.assert_array_equal(parsed.values, [2, 1, np.nan, 0])
    age = parse_cells(
        pd.Series(["2024-01-01", "2024-02-01"]), Column(name="a", kind=ColumnKind.AGE), ENGLISH, "2024-01-31"
    )
    assert age.values.tolist() == [30, -1]


DAY_OF_YEAR = Column(name="d", kind=ColumnKind.CYCLE, period=YEAR)
WEEKDAY = Column(name="w", kind=ColumnKind.CYCLE, period=WEEK)


def test_places_in_year_and_week_by_hand() -> None:
    dates = pd.Series(["2024-01-01", "2024-12-31", "2023-12-31", "2024-02-29", "1969-12-31", "", "soon"])
    day, weekday = (parse_cells(dates, column, ENGLISH, "") for column in (DAY_OF_YEAR, WEEKDAY))
    np.testing.assert_array_equal(day.values, [1, 366, 365, 60, 365, math.nan, math.nan])
    np.testing.assert_array_equal(weekday.values, [0, 1, 6, 3, 2, math.nan, math.nan])
    assert day.is_bad.tolist() == weekday.is_bad.tolist() == [False] * 6 + [True]


@given(st.lists(st.dates(dt.date(1900, 1, 1), dt.date(2200, 1, 1)), max_size=5))
def test_places_are_those_of_the_calendar(dates: list[dt.date]) -> None:
    for cells in (pd.Series([day.isoformat() for day in dates], dtype="str"), pd.to_datetime(pd.Series(dates))):
        assert parse_cells(cells, WEEKDAY, ENGLISH, "").values.tolist() == [day.weekday() for day in dates]
        found = parse_cells(cells, DAY_OF_YEAR, ENGLISH, "").values.tolist()
        assert found == [day.timetuple().tm_yday for day in dates]


def test_a_name_never_seen_is_missing_but_usable() -> None:
    column = Column(name="n", kind=ColumnKind.NAME, categories=("21", "ada", "strasse"))
    cells = pd.Series(["Ada", " ADA ", "STRASSE", "bo", "", None, "NA", 21.0], dtype=object)
    found = parse_cells(cells, column, ENGLISH, "")
    np.testing.assert_array_equal(found.values, [1, 1, 2, *[math.nan] * 4, 0])
    assert not found.is_bad.any()
    assert wanted(column, ENGLISH) == "names"
