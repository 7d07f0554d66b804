"""How a frame of raw columns becomes the float matrix, the same way in training and in serving.

Owns: the recipe that says which column becomes what. Does not own: single cells (data/parsing.py), files
(data/reading.py) or labels (data/labels.py). It travels with the registered model.

Axes: R rows of a frame, C columns of the raw matrix.
"""

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from songpop.contracts import Bools, Column, ColumnKind, Matrix
from songpop.data.parsing import PLACES, CellFormat, ParsedCells, parse_cells, wanted
from songpop.errors import ArtifactError, DataError

__all__ = ["CellFormat", "Parsed", "Recipe", "bad_cell", "matrix_of", "parse_frame", "place_of"]


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How a frame of raw columns becomes the float matrix.

    `columns` are the matrix columns in order; `source` names the column of the frame behind each; ages count
    from `as_of` (YYYY-MM-DD; empty if there is no age column).
    """

    columns: tuple[Column, ...]
    format: CellFormat
    as_of: str
    source: Mapping[str, str] = field(hash=False)

    @property
    def sources(self) -> tuple[str, ...]:
        """The column of the frame behind each of `columns`."""
        return tuple(self.source[column.name] for column in self.columns)

    @property
    def groups(self) -> dict[str, list[int]]:
        """The places in `columns` of all that is made of one column of the frame, by its name."""
        found: dict[str, list[int]] = {}
        for place, name in enumerate(self.sources):
            found.setdefault(name, []).append(place)
        return found

    def to_json(self) -> str:
        """Return the recipe as JSON text."""
        document = {
            "columns": [_written(column) for column in self.columns],
            "format": asdict(self.format),
            "as_of": self.as_of,
            "source": dict(self.source),
        }
        return json.dumps(document, ensure_ascii=False, indent=1)

    @staticmethod
    def from_json(text: str) -> "Recipe":
        """Return the recipe that `to_json` wrote.

        Raises:
            ArtifactError: if the text is something else.
        """
        try:
            document = json.loads(text)
            columns = tuple(_read(column) for column in document["columns"])
            return Recipe(
                columns=columns,
                format=CellFormat(**document["format"]),
                as_of=str(document["as_of"]),
                source={c.name: str(document["source"][c.name]) for c in columns},
            )
        except (ValueError, KeyError, TypeError) as error:
            raise ArtifactError(
                f"A recipe must be the JSON that songpop wrote, but this one cannot be read ({error!r}). "
                "Restore the file or promote the model again."
            ) from error


def _written(column: Column) -> dict[str, Any]:
    found = {"name": column.name, "kind": column.kind.value, "categories": list(column.categories)}
    return {**found, "period": column.period} if column.kind is ColumnKind.CYCLE else found


def _read(document: dict[str, Any]) -> Column:
    kind = ColumnKind(document["kind"])
    period = float(document["period"]) if kind is ColumnKind.CYCLE else 0.0
    if kind is ColumnKind.CYCLE and period not in PLACES:
        raise ValueError(f"period {period}")
    return Column(name=document["name"], kind=kind, categories=tuple(document["categories"]), period=period)


@dataclass(frozen=True, kw_only=True, eq=False)
class Parsed:
    """A frame's float matrix (R, C), NaN where missing, and which of its cells were there but cannot be used (R, C)."""

    matrix: Matrix
    is_bad: Bools

    def n_unusable(self, recipe: Recipe) -> Mapping[str, int]:
        """Return how many cells cannot be used, per column of the frame that has any."""
        counts = {name: int(n) for name, n in zip(recipe.sources, self.is_bad.sum(axis=0), strict=True)}
        return {name: count for name, count in counts.items() if count}


def parse_frame(frame: pd.DataFrame, recipe: Recipe, *, as_of: dt.date | None = None) -> Parsed:
    """Turn raw columns, however they arrive, into the float matrix; cells that cannot be used count as missing.

    Args:
        frame: strings, numbers, booleans, dates or a mixture; columns that the recipe does not name are ignored.
        recipe: which column becomes what.
        as_of: ages count from this day instead of the recipe's.

    Raises:
        DataError: if columns are missing.
    """
    matrix = np.full((len(frame), len(recipe.columns)), np.nan, dtype=np.float32)
    is_bad = np.zeros(matrix.shape, dtype=bool)
    for number, (_, parsed) in enumerate(_parsed_columns(frame, recipe, as_of)):
        matrix[:, number], is_bad[:, number] = parsed.values, parsed.is_bad
    return Parsed(matrix=matrix, is_bad=is_bad)


def matrix_of(frame: pd.DataFrame, recipe: Recipe, *, as_of: dt.date | None = None, strict: bool) -> Matrix:
    """Turn raw columns, however they arrive, into the float matrix.

    Args:
        frame: as for `parse_frame`. If its index is named "line", errors speak of lines of the file, else of rows,
            from 1.
        recipe: which column becomes what.
        as_of: ages count from this day instead of the recipe's.
        strict: refuse cells that cannot be used (training) instead of taking them as missing (prediction).

    Returns:
        Shape (R, C), float32, NaN where missing.

    Raises:
        DataError: if columns are missing, or (strict) a cell is no number, flag or date, is infinite or a
            negative count.
    """
    if not strict:
        return parse_frame(frame, recipe, as_of=as_of).matrix
    matrix = np.full((len(frame), len(recipe.columns)), np.nan, dtype=np.float32)
    for number, (column, parsed) in enumerate(_parsed_columns(frame, recipe, as_of)):
        if parsed.is_bad.any():
            raise bad_cell(frame, recipe.source[column.name], parsed, wanted(column, recipe.format))
        matrix[:, number] = parsed.values
    return matrix


def bad_cell(frame: pd.DataFrame, name: str, parsed: ParsedCells, must_hold: str) -> DataError:
    """Return the error that names the first unusable cell of column `name`, and how many follow."""
    row = int(np.argmax(parsed.is_bad))
    n_more = int(parsed.is_bad.sum()) - 1
    more = f" (and {n_more:,} more such cells)" if n_more else ""
    cell = str(frame[name].iloc[row])
    return DataError(
        f"Column {name!r} must hold {must_hold}, but {place_of(frame, row)} has {cell!r}{more}. "
        "Mend or empty the cell, or describe the column otherwise under `data`."
    )


def place_of(frame: pd.DataFrame, row: int) -> str:
    """Say where row number `row` (from 0) of a frame stands: its line in the file if that is known."""
    return f"line {frame.index[row]}" if frame.index.name == "line" else f"row {row + 1}"


def _parsed_columns(frame: pd.DataFrame, recipe: Recipe, as_of: dt.date | None) -> Iterator[tuple[Column, ParsedCells]]:
    missing = [name for name in recipe.source.values() if name not in frame.columns]
    if missing:
        raise DataError(
            f"The table must have every column that the model reads, but these are missing: {missing}. "
            "Add them (empty cells are fine), named as in the training table."
        )
    day = as_of.isoformat() if as_of else recipe.as_of
    for column in recipe.columns:
        yield column, parse_cells(frame[recipe.source[column.name]], column, recipe.format, day)
