"""From the label's column and its rule to zeros and ones.

Axes: R rows.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from songpop.data.cells import bad_cell, place_of
from songpop.data.parsing import MISSING, CellFormat, numbers_as_written, parse_numbers
from songpop.errors import DataError, SettingsError
from songpop.settings import LabelRule, LabelSettings


@dataclass(frozen=True, kw_only=True, eq=False)
class Label:
    """The answer: `values` (R,) int8, the rule in words, and the threshold where there is one."""

    values: NDArray[np.int8]
    rule: str
    threshold: float | None


def label_of(raw: pd.DataFrame, settings: LabelSettings, form: CellFormat) -> Label:
    """Make the label from its column.

    Args:
        raw: text cells, R rows.
        settings: column, rule and value.
        form: how numbers are written.

    Raises:
        DataError: if a cell is missing or is no number, or all rows are of one class.
        SettingsError: if `data.label.value` does not fit the rule.
    """
    cells = raw[settings.column].str.strip()
    _refuse_missing(raw, cells, settings.column)
    label = _RULES[settings.rule](raw, settings, form)
    n_positive = int(label.values.sum())
    if n_positive in (0, len(label.values)):
        only = "positive" if n_positive else "negative"
        raise DataError(
            f"The table must have rows of both classes, but by the rule `{label.rule}` all {len(label.values):,} "
            f"rows are {only}. Change data.label, or bring other rows."
        )
    return label


def _refuse_missing(raw: pd.DataFrame, cells: "pd.Series[str]", column: str) -> None:
    is_missing = cells.isin(MISSING).to_numpy(dtype=bool)
    if is_missing.any():
        raise DataError(
            f"The label's column {column!r} must have no empty cell, but {int(is_missing.sum()):,} rows have none, "
            f"the first in {place_of(raw, int(np.argmax(is_missing)))}. Fill these cells or remove the rows."
        )


def _numbers(raw: pd.DataFrame, settings: LabelSettings, form: CellFormat) -> NDArray[np.float64]:
    parsed = parse_numbers(raw[settings.column], form)
    if parsed.is_bad.any():
        raise bad_cell(raw, settings.column, parsed, f"finite numbers, {numbers_as_written(form)}")
    return parsed.values


def _value(settings: LabelSettings) -> str:
    if settings.value is None:
        raise SettingsError(
            f"`data.label.value` must be given with `data.label.rule={settings.rule.value}`, but it is null."
        )
    return str(settings.value).strip()


def _above_median(raw: pd.DataFrame, settings: LabelSettings, form: CellFormat) -> Label:
    numbers = _numbers(raw, settings, form)
    median = float(np.median(numbers))
    rule = f"{settings.column} > {median:g} (its median)"
    return Label(values=(numbers > median).astype(np.int8), rule=rule, threshold=median)


def _above(raw: pd.DataFrame, settings: LabelSettings, form: CellFormat) -> Label:
    try:
        threshold = float(_value(settings))
    except ValueError:
        raise SettingsError(
            f"`data.label.value` must be a number with `data.label.rule=above`, but it is {settings.value!r}."
        ) from None
    numbers = _numbers(raw, settings, form)
    rule = f"{settings.column} > {threshold:g}"
    return Label(values=(numbers > threshold).astype(np.int8), rule=rule, threshold=threshold)


def _equals(raw: pd.DataFrame, settings: LabelSettings, form: CellFormat) -> Label:
    value = _value(settings)
    is_equal = (raw[settings.column].str.strip() == value).to_numpy(dtype=bool)
    return Label(values=is_equal.astype(np.int8), rule=f"{settings.column} = {value}", threshold=None)


_RULES: Mapping[LabelRule, Callable[[pd.DataFrame, LabelSettings, CellFormat], Label]] = {
    LabelRule.above_median: _above_median,
    LabelRule.above: _above,
    LabelRule.equals: _equals,
}
