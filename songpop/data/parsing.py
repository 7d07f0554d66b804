"""How the cells of one column become floats, however they arrive.

Owns: numbers, flags, dates, categories and names, and the way back to text. Does not own: which column is what
(data/cells.py). It travels with the registered model: it needs numpy, pandas and plain records, no more.

Axes: R rows.
"""

import contextlib
import datetime as dt
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from songpop.contracts import Column, ColumnKind

type_of_cells = pd.api.types.infer_dtype
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Cells = pd.Series  # one column of a frame, whatever its dtype

# What pandas reads as missing by default: a frame from a plain `read_csv` and one of raw strings must agree.
MISSING = frozenset(
    {"", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN"}
    | {"<NA>", "N/A", "NA", "NULL", "NaN", "None", "n/a", "nan", "null"}
)
FLAG_WORDS = {"true": 1.0, "false": 0.0, "yes": 1.0, "no": 0.0}
YEAR, WEEK = 365.25, 7.0  # periods of cycles: what of a date they are the place in
LARGEST = float(np.finfo(np.float32).max)  # beyond it a cell would be infinite in the float32 matrix


@dataclass(frozen=True, kw_only=True)
class CellFormat:
    """How numbers and dates are written."""

    decimal: str = "."
    thousands: str | None = ","
    date_format: str = "%Y-%m-%d"


@dataclass(frozen=True, kw_only=True, eq=False)
class ParsedCells:
    """One parsed column: `values` (R,), NaN for missing and unusable; `is_bad` (R,) marks the latter."""

    values: Floats
    is_bad: Bools


def parse_cells(cells: Cells, column: Column, form: CellFormat, as_of: str) -> ParsedCells:
    """Parse one column as its kind says.

    Args:
        cells: strings, numbers, booleans, dates or a mixture, shape (R,).
        column: kind and categories.
        form: how numbers and dates are written; cells that are numbers already are taken as they are.
        as_of: the day that ages count from, YYYY-MM-DD (ages only).

    Returns:
        What a cell stands for; a negative count and a category never seen are unusable.
    """
    return _PARSERS[column.kind](cells, column, form, as_of)


def parse_numbers(cells: Cells, form: CellFormat) -> ParsedCells:
    """Parse finite numbers, shape (R,)."""
    if pd.api.types.is_numeric_dtype(cells.dtype):  # bool included
        values = cells.to_numpy(dtype=np.float64, na_value=np.nan)
        is_bad = np.zeros(len(cells), dtype=bool)
    elif _is_text(cells):
        values, is_bad = _numbers_of_text(cells, form)
    else:
        values, is_bad = _numbers_of_objects(cells, form)
    is_infinite = np.abs(values) > LARGEST
    return ParsedCells(values=np.where(is_infinite, np.nan, values), is_bad=is_bad | is_infinite)


def parse_dates(cells: Cells, form: CellFormat) -> ParsedCells:
    """Parse dates into days since 1970-01-01, shape (R,)."""
    if pd.api.types.is_datetime64_any_dtype(cells.dtype):
        stamps = cells.dt.tz_localize(None)
        is_missing = _bools(stamps.isna())
    else:
        text = text_of(cells, form).str.strip()
        is_missing = _bools(text.isin(MISSING))
        stamps = pd.to_datetime(text.mask(is_missing), format=form.date_format, errors="coerce")
    days = stamps.to_numpy().astype("datetime64[D]")
    values = np.where(np.isnat(days), np.nan, days.astype(np.int64).astype(np.float64))
    return ParsedCells(values=values, is_bad=np.isnan(values) & ~is_missing)


def text_of(cells: Cells, form: CellFormat) -> "pd.Series[str]":
    """Write cells as the file would: "" for missing, 3 for 3.0, numbers and dates in the table's format."""
    written: pd.Series[str]
    if isinstance(cells.dtype, pd.StringDtype):
        written = cells.fillna("")
    elif pd.api.types.is_datetime64_any_dtype(cells.dtype):
        written = cells.dt.strftime(form.date_format).fillna("").astype("str")
    else:
        texts = [_text_of_object(cell, form) for cell in cells.tolist()]
        written = pd.Series(texts, index=cells.index, dtype="str")
    return written


def spelt_alike(text: "pd.Series[str]") -> "pd.Series[str]":
    """Return one spelling of each name, case and outer blanks aside as in identity.py; "" for missing ones."""
    stripped = text.str.strip()
    return stripped.str.casefold().mask(stripped.isin(MISSING), "")


def wanted(column: Column, form: CellFormat) -> str:
    """Say what the cells of a column must be, for error messages."""
    return _WANTED[column.kind](form)


def numbers_as_written(form: CellFormat) -> str:
    """Say how numbers are written, for error messages."""
    thousands = f" and thousands separator {form.thousands!r}" if form.thousands else ""
    return f"with decimal sign {form.decimal!r}{thousands}"


def _bools(cells: Cells) -> Bools:
    bools: Bools = cells.to_numpy(dtype=bool)
    return bools


def _is_text(cells: Cells) -> bool:
    return isinstance(cells.dtype, pd.StringDtype) or type_of_cells(cells, skipna=True) in ("string", "empty")


def _numbers_of_text(cells: Cells, form: CellFormat) -> tuple[Floats, Bools]:
    text = cells.astype("str").fillna("").str.strip()
    is_missing = _bools(text.isin(MISSING))
    is_bad = np.zeros(len(text), dtype=bool)
    if form.thousands:
        # "1,23" is no number here: it is a decimal comma that would silently become 123.
        is_grouped = _bools(text.str.contains(form.thousands, regex=False))
        is_bad[is_grouped] = ~_bools(text[is_grouped].str.fullmatch(_grouped_number(form)))
        text = text.str.replace(form.thousands, "", regex=False)
    if form.decimal != ".":
        is_bad |= _bools(text.str.contains(".", regex=False))
        text = text.str.replace(form.decimal, ".", regex=False)
    values = _floats(text.mask(is_missing | is_bad))
    return values, np.isnan(values) & ~is_missing


def _floats(text: Cells) -> Floats:
    # Arrow's cast is thirty times faster than `to_numeric`, but stops at a cell that is no number.
    numbers = None
    if getattr(text.dtype, "storage", "") == "pyarrow":
        with contextlib.suppress(ValueError):
            numbers = text.astype("double[pyarrow]")
    if numbers is None:
        numbers = pd.to_numeric(text, errors="coerce")
    return np.asarray(numbers.to_numpy(dtype=np.float64, na_value=np.nan), dtype=np.float64)


def _numbers_of_objects(cells: Cells, form: CellFormat) -> tuple[Floats, Bools]:
    # From JSON: numbers, booleans, None and text in one column; numbers are taken as they are.
    is_text = np.fromiter((isinstance(cell, str) for cell in cells), dtype=bool, count=len(cells))
    values, is_bad = np.full(len(cells), np.nan), np.zeros(len(cells), dtype=bool)
    values[is_text], is_bad[is_text] = _numbers_of_text(cells[is_text], form)
    others = cells[~is_text]
    numbers = pd.to_numeric(others, errors="coerce").to_numpy(np.float64, na_value=np.nan)
    values[~is_text] = numbers
    is_bad[~is_text] = np.isnan(numbers) & ~_bools(others.isna())
    return values, is_bad


def _grouped_number(form: CellFormat) -> str:
    group, point = re.escape(form.thousands or ""), re.escape(form.decimal)
    return rf"[+-]?[1-9][0-9]{{0,2}}(?:{group}[0-9]{{3}})+(?:{point}[0-9]*)?(?:[eE][+-]?[0-9]+)?"


def _text_of_object(cell: Any, form: CellFormat) -> str:
    if isinstance(cell, str):
        return cell
    if cell is None or cell is pd.NA or cell is pd.NaT or cell != cell:
        return ""
    if isinstance(cell, dt.date):  # datetimes and pandas' stamps are dates too
        return cell.strftime(form.date_format)
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else str(cell).replace(".", form.decimal)
    return str(cell)


def _count(cells: Cells, column: Column, form: CellFormat, as_of: str) -> ParsedCells:
    parsed = parse_numbers(cells, form)
    is_negative = parsed.values < 0
    values = np.where(is_negative, np.nan, parsed.values)
    return ParsedCells(values=values, is_bad=parsed.is_bad | is_negative)


def _number(cells: Cells, column: Column, form: CellFormat, as_of: str) -> ParsedCells:
    return parse_numbers(cells, form)


def _flag(cells: Cells, column: Column, form: CellFormat, as_of: str) -> ParsedCells:
    parsed = parse_numbers(cells, form)
    lowered = text_of(cells, form).str.strip().str.lower()
    words = lowered.map(FLAG_WORDS).to_numpy(np.float64, na_value=np.nan)
    is_word = ~np.isnan(words)
    values = np.where(is_word, words, parsed.values)
    is_other = ~np.isnan(values) & (values != 0) & (values != 1)
    is_bad = (parsed.is_bad & ~is_word) | is_other
    return ParsedCells(values=np.where(is_other, np.nan, values), is_bad=is_bad)


def _age(cells: Cells, column: Column, form: CellFormat, as_of: str) -> ParsedCells:
    parsed = parse_dates(cells, form)
    today = np.datetime64(as_of, "D").astype(np.int64)
    return ParsedCells(values=today - parsed.values, is_bad=parsed.is_bad)


def _category(cells: Cells, column: Column, form: CellFormat, as_of: str) -> ParsedCells:
    text = text_of(cells, form).str.strip()
    codes = pd.Index(column.categories, dtype="str").get_indexer(pd.Index(text)).astype(np.float64)
    values = np.where(codes < 0, np.nan, codes)
    return ParsedCells(values=values, is_bad=np.isnan(values) & ~_bools(text.isin(MISSING)))


def _cycle(cells: Cells, column: Column, form: CellFormat, as_of: str) -> ParsedCells:
    parsed = parse_dates(cells, form)
    is_there = ~np.isnan(parsed.values)
    values = np.full(len(cells), np.nan)
    values[is_there] = PLACES[column.period](parsed.values[is_there].astype(np.int64))
    return ParsedCells(values=values, is_bad=parsed.is_bad)


def _day_of_year(days: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the day of the year, from 1, of days since 1970-01-01."""
    dates = days.astype("datetime64[D]")
    days_in: NDArray[np.int64] = (dates - dates.astype("datetime64[Y]").astype("datetime64[D]")).astype(np.int64)
    return days_in + 1


def _weekday(days: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the weekday, Monday 0, of days since 1970-01-01, a Thursday."""
    return (days + 3) % 7


def _name(cells: Cells, column: Column, form: CellFormat, as_of: str) -> ParsedCells:
    spelt = spelt_alike(text_of(cells, form))
    codes = pd.Index(column.categories, dtype="str").get_indexer(pd.Index(spelt)).astype(np.float64)
    # A name that the table did not have is as good as any: it has occurred no time.
    return ParsedCells(values=np.where(codes < 0, np.nan, codes), is_bad=np.zeros(len(cells), dtype=bool))


PLACES: Mapping[float, Callable[[NDArray[np.int64]], NDArray[np.int64]]] = {YEAR: _day_of_year, WEEK: _weekday}
_PARSERS: Mapping[ColumnKind, Callable[[Cells, Column, CellFormat, str], ParsedCells]] = {
    ColumnKind.COUNT: _count,
    ColumnKind.NUMBER: _number,
    ColumnKind.FLAG: _flag,
    ColumnKind.AGE: _age,
    ColumnKind.CATEGORY: _category,
    ColumnKind.CYCLE: _cycle,
    ColumnKind.NAME: _name,
}
_WANTED: Mapping[ColumnKind, Callable[[CellFormat], str]] = {
    ColumnKind.COUNT: lambda form: f"finite numbers from 0 up, {numbers_as_written(form)}",
    ColumnKind.NUMBER: lambda form: f"finite numbers, {numbers_as_written(form)}",
    ColumnKind.FLAG: lambda form: "0 or 1 (or true or false)",
    ColumnKind.AGE: lambda form: f"dates of the form {form.date_format}",
    ColumnKind.CATEGORY: lambda form: "one of the known categories",
    ColumnKind.CYCLE: lambda form: f"dates of the form {form.date_format}",
    ColumnKind.NAME: lambda form: "names",
}
