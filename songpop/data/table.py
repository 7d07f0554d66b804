"""The table: read, cleaned, validated, known by its digest.

Owns: the order of the steps from a file or a frame to a `SongTable`, and the report of what they did. Does not own:
files (reading), columns (description), cells (cells), labels (labels), songs (identity).

Axes: R rows after duplicates are dropped, C columns of the raw matrix.
"""

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from songpop.contracts import FOR_BLOCKS, Column, ColumnKind, Indices, Matrix
from songpop.data.cells import CellFormat, Recipe, bad_cell, matrix_of
from songpop.data.description import Features, check_description, features_of
from songpop.data.identity import Content, artists_of, content_of, songs_of
from songpop.data.labels import Label, label_of
from songpop.data.parsing import parse_dates, text_of
from songpop.data.reading import read_csv_text
from songpop.errors import DataError, SettingsError
from songpop.settings import DataSettings, FeatureBlock

__all__ = ["SongTable", "TableReport", "describe", "load_table", "read_csv_text"]

Days = NDArray[np.datetime64]


@dataclass(frozen=True, kw_only=True)
class TableReport:
    """What reading found and did."""

    n_read: int
    n_duplicates: int  # rows that repeat exactly and were dropped
    n_rows: int
    n_positive: int
    n_songs: int
    missing: Mapping[str, int]  # cells per described matrix column, those that have any
    dropped: tuple[str, ...]  # all missing
    unknown: tuple[str, ...]  # not described, not used
    label_sources: tuple[str, ...]  # left out because they hold the answer
    label_rule: str
    label_threshold: float | None
    digest: str
    as_of: str  # ages count from this day; "" without ages


@dataclass(frozen=True, kw_only=True, eq=False)
class SongTable:
    """A table that is ready to be split.

    `matrix` (R, C) float32 with NaN for missing; `label` (R,) int8; `song` (R,) numbers the songs; `artist` (R,) has
    one spelling per artist, "" if not known; `release` (R,) days with NaT, None without `data.identity.date`; `raw`
    are the text cells of the kept rows; `song_keys`, `row_keys` (R,) uint64 mean the same in every table and
    process; `digest` is the sha256 of all that was read: names and cells, not the path, not the line endings.
    """

    matrix: Matrix
    label: NDArray[np.int8]
    columns: tuple[Column, ...]
    song: NDArray[np.int64]
    artist: "NDArray[np.object_]"
    release: Days | None
    raw: pd.DataFrame
    song_keys: NDArray[np.uint64]
    row_keys: NDArray[np.uint64]
    recipe: Recipe
    report: TableReport
    digest: str
    label_rule: str

    @property
    def described(self) -> Indices:
        """Places of the columns that the description names: all but those made for one block of features."""
        return np.flatnonzero([column.kind not in FOR_BLOCKS for column in self.columns])

    @property
    def described_matrix(self) -> Matrix:
        """These columns of the matrix, or all of it: what may be taken for quantities and categories."""
        is_all = len(self.described) == len(self.columns)
        return self.matrix if is_all else np.ascontiguousarray(self.matrix[:, self.described])


def load_table(
    settings: DataSettings,
    *,
    frame: pd.DataFrame | None = None,
    use_dates: bool = True,
    extra: Collection[FeatureBlock] = (),
) -> SongTable:
    """Read, clean and validate a table.

    Args:
        settings: how the table is written, and which column is what.
        frame: the table itself instead of the file at `data.path`; raw columns, however they were read.
        use_dates: false leaves ages out of the features.
        extra: blocks of features, some of which need columns of their own; without them the matrix has none.

    Raises:
        DataError: if the table is not as described; the message names line, column and cell.
        SettingsError: if the description contradicts itself.
        StoreError: if the file may not be read.
    """
    check_description(settings)
    form = CellFormat(decimal=settings.decimal, thousands=settings.thousands, date_format=settings.date_format)
    read = read_csv_text(settings) if frame is None else _text_frame(frame, form)
    if read.empty:
        raise DataError(f"The table must have rows, but {settings.path or 'the frame'} has none beside its header.")
    features = features_of(read, settings, use_dates=use_dates, extra=extra)
    content = content_of(read)
    is_kept = ~read.duplicated().to_numpy() if settings.drop_duplicates else np.ones(len(read), dtype=bool)
    raw, row_keys = read[is_kept], content.row_keys[is_kept]
    recipe = Recipe(
        columns=features.columns, format=form, as_of=_as_of(raw, features, settings, form), source=features.source
    )
    matrix = matrix_of(raw, recipe, strict=True)
    label = label_of(raw, settings.label, form)
    songs = songs_of(raw, settings.identity, row_keys)
    date = settings.identity.date
    return SongTable(
        matrix=matrix,
        label=label.values,
        columns=features.columns,
        song=songs.song,
        artist=artists_of(raw, settings.identity),
        release=_days(raw, date, form) if date else None,
        raw=raw,
        song_keys=songs.song_keys,
        row_keys=row_keys,
        recipe=recipe,
        report=_report(matrix, label, features, content, recipe, n_songs=int(songs.song.max()) + 1),
        digest=content.digest,
        label_rule=label.rule,
    )


def describe(table: SongTable, source: str) -> list[str]:
    """Say in a few lines what reading found and did.

    Args:
        table: what was read.
        source: where it comes from, for people.
    """
    report = table.report
    share = report.n_positive / report.n_rows
    lines = [
        f"{source}: {report.n_read:,} rows read, {report.n_duplicates:,} exact duplicates dropped, {report.n_rows:,} "
        f"rows of {report.n_songs:,} songs kept (digest {report.digest[:12]})",
        f"label: {report.label_rule}, {report.n_positive:,} rows positive ({share:.1%})",
        f"{len(table.described)} feature columns" + (f", ages count from {report.as_of}" if report.as_of else ""),
    ]
    notices = (
        ("left out, they hold the answer", report.label_sources),
        ("dropped, all cells missing", report.dropped),
        ("not described, not used", report.unknown),
        ("made for features.extra", [column.name for column in table.columns if column.kind in FOR_BLOCKS]),
        ("missing cells", [f"{name} {n:,}" for name, n in sorted(report.missing.items(), key=lambda item: -item[1])]),
    )
    return lines + [f"{what}: {' · '.join(names)}" for what, names in notices if names]


def _text_frame(frame: pd.DataFrame, form: CellFormat) -> pd.DataFrame:
    names = pd.Index([str(name) for name in frame.columns])
    if names.has_duplicates:
        repeated = sorted(set(names[names.duplicated()]))
        raise DataError(f"Column names must differ, but the frame repeats {repeated}. Rename them.")
    index = frame.index if frame.index.name == "line" else pd.RangeIndex(len(frame))
    cells = {name: text_of(frame.iloc[:, i], form).to_numpy() for i, name in enumerate(names)}
    return pd.DataFrame(cells, index=index, columns=names, dtype="str")


def _days(raw: pd.DataFrame, column: str, form: CellFormat) -> Days:
    parsed = parse_dates(raw[column], form)
    if parsed.is_bad.any():
        raise bad_cell(raw, column, parsed, f"dates of the form {form.date_format}")
    is_missing = np.isnan(parsed.values)
    days = np.where(is_missing, 0, parsed.values).astype("datetime64[D]")
    days[is_missing] = np.datetime64("NaT", "D")
    return days


def _as_of(raw: pd.DataFrame, features: Features, settings: DataSettings, form: CellFormat) -> str:
    ages = [features.source[c.name] for c in features.columns if c.kind is ColumnKind.AGE]
    if not ages:
        return ""
    if settings.as_of is None:
        return str(max(np.nanmax(parsed) for parsed in (_days(raw, name, form) for name in ages)))
    try:
        return dt.date.fromisoformat(settings.as_of).isoformat()
    except ValueError:
        raise SettingsError(f"`data.as_of` must be a date YYYY-MM-DD, but it is {settings.as_of!r}.") from None


def _report(
    matrix: Matrix, label: Label, features: Features, content: Content, recipe: Recipe, *, n_songs: int
) -> TableReport:
    n_missing = np.isnan(matrix).sum(axis=0)
    return TableReport(
        n_read=len(content.row_keys),
        n_duplicates=len(content.row_keys) - len(matrix),
        n_rows=len(matrix),
        n_positive=int(label.values.sum()),
        n_songs=n_songs,
        missing={
            c.name: int(n) for c, n in zip(features.columns, n_missing, strict=True) if n and c.kind not in FOR_BLOCKS
        },
        dropped=features.dropped,
        unknown=features.unknown,
        label_sources=features.label_sources,
        label_rule=label.rule,
        label_threshold=label.threshold,
        digest=content.digest,
        as_of=recipe.as_of,
    )
