"""Which column of a table is what, according to its description in conf/data/.

Owns: contradictions in a description, and which columns of a frame become features. Does not own: the cells.
"""

import difflib
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

import pandas as pd

from songpop.contracts import Column, ColumnKind
from songpop.data.parsing import MISSING, WEEK, YEAR, spelt_alike
from songpop.errors import DataError, SettingsError
from songpop.settings import DataSettings, FeatureBlock

KIND_OF_KEY = {
    "counts": ColumnKind.COUNT,
    "numbers": ColumnKind.NUMBER,
    "flags": ColumnKind.FLAG,
    "dates": ColumnKind.AGE,
    "categories": ColumnKind.CATEGORY,
}
N_LISTED = 3  # missing columns that an error names; the others are counted
AGE_SUFFIX = " age"  # the matrix column of "Release Date" is "Release Date age"
CYCLES = {" day of year": YEAR, " weekday": WEEK}  # suffixes of further ones, with their periods
NAME_SUFFIX = " name"


@dataclass(frozen=True, kw_only=True)
class Features:
    """The features of one table.

    `source` maps matrix columns to those of the file, in the file's order; `dropped` are all missing; `unknown` are
    in the file but not described; `label_sources` are in the file and left out because they hold the answer. Columns
    that are made for a block of features stand behind those that the description names.
    """

    columns: tuple[Column, ...]
    source: Mapping[str, str]
    dropped: tuple[str, ...]
    unknown: tuple[str, ...]
    label_sources: tuple[str, ...]


def check_description(settings: DataSettings) -> None:
    """Refuse a description that contradicts itself.

    Raises:
        SettingsError: naming the keys.
    """
    seen: dict[str, str] = {}
    for key in (*KIND_OF_KEY, "text"):
        for name in getattr(settings.columns, key):
            if name in seen:
                raise SettingsError(
                    f"A column must have one kind, but {name!r} is in `data.columns.{seen[name]}` and in "
                    f"`data.columns.{key}`. Remove it from one of them."
                )
            seen[name] = key
    if not any(key != "text" for key in seen.values()):
        raise SettingsError(
            "`data.columns` must name at least one feature column, but counts, numbers, … are all empty."
        )
    if settings.decimal == settings.thousands or len(settings.decimal) != 1:
        raise SettingsError(
            "`data.decimal` must be one character other than `data.thousands`, but they are "
            f"{settings.decimal!r} and {settings.thousands!r}."
        )
    _check_date_format(settings.date_format)
    for name in allowed_columns(settings):
        if name not in seen or seen[name] == "text":
            raise SettingsError(
                f"`data.allowed_leaks` must name feature columns, but {name!r} is not in `data.columns`"
                f"{near(name, seen)}. Give it a kind there, or correct the name."
            )


def _check_date_format(form: str) -> None:
    try:
        pd.to_datetime(pd.Series(["2024"]), format=form, errors="coerce")
    except (ValueError, re.error) as error:
        raise SettingsError(
            f"`data.date_format` must be a format such as %Y-%m-%d, but it is {form!r} ({error})."
        ) from None


def allowed_columns(settings: DataSettings) -> tuple[str, ...]:
    """Return the columns of the file that `data.allowed_leaks` names, pairs taken apart."""
    described = {name for key in KIND_OF_KEY for name in getattr(settings.columns, key)}
    names = [n for leak in settings.allowed_leaks for n in parts_of_leak(leak, described)]
    return tuple(dict.fromkeys(names))


def parts_of_leak(leak: str, columns: Iterable[str]) -> tuple[str, ...]:
    """Return the columns of "A" or "A + B"; a column may have a plus in its own name."""
    return (leak,) if leak in set(columns) else tuple(part.strip() for part in leak.split(" + "))


def label_columns(settings: DataSettings) -> tuple[str, ...]:
    """Return the columns that hold the answer by declaration: the label's own, and its sources."""
    return tuple(dict.fromkeys([settings.label.column, *settings.label.sources]))


def features_of(
    raw: pd.DataFrame, settings: DataSettings, *, use_dates: bool, extra: Collection[FeatureBlock] = ()
) -> Features:
    """Choose the features of a frame of text cells.

    Args:
        raw: text cells.
        settings: a description that `check_description` has passed.
        use_dates: false leaves ages out.
        extra: blocks of features, some of which (`calendar`, `names`) need columns of their own.

    Raises:
        DataError: if described columns are missing, none is left, a category has too many values, or two columns of
            the matrix would have one name.
    """
    hidden = [name for name in label_columns(settings) if name not in settings.allowed_leaks]
    kinds = {name: kind for key, kind in KIND_OF_KEY.items() for name in getattr(settings.columns, key)}
    wanted = {n: k for n, k in kinds.items() if n not in hidden and (use_dates or k is not ColumnKind.AGE)}
    dates = [n for n, k in kinds.items() if k is ColumnKind.AGE and n not in hidden and FeatureBlock.calendar in extra]
    _check_names(raw, settings, [*wanted, *dates])
    present = [name for name in raw.columns if name in wanted]
    dropped = [name for name in present if raw[name].str.strip().isin(MISSING).all()]
    kept = [name for name in present if name not in dropped]
    if not kept:
        raise DataError(f"The table must have a feature column with values, but all of {present} are empty.")
    made = [(_column(raw[name], name, wanted[name], settings.max_categories), name) for name in kept]
    made += _cycles(raw, dates)
    if FeatureBlock.names in extra and settings.identity.artist not in hidden:
        made += _names(raw, settings.identity.artist)
    _check_differ([column.name for column, _ in made])
    return Features(
        columns=tuple(column for column, _ in made),
        source={column.name: name for column, name in made},
        dropped=tuple(dropped),
        unknown=tuple(name for name in raw.columns if name not in _described(settings)),
        label_sources=tuple(name for name in raw.columns if name in hidden),
    )


def near(name: str, names: Iterable[str]) -> str:
    """Return " (did you mean …?)" with the names that look like `name`, or nothing."""
    matches = difflib.get_close_matches(name, list(names), n=2, cutoff=0.7)
    return f" (did you mean {' or '.join(map(repr, matches))}?)" if matches else ""


def _described(settings: DataSettings) -> set[str]:
    identity = settings.identity
    named = {n for key in (*KIND_OF_KEY, "text") for n in getattr(settings.columns, key)}
    named |= {settings.label.column, *settings.label.sources}
    return named | {n for n in (identity.title, identity.artist, identity.code, identity.date) if n}


def _check_names(raw: pd.DataFrame, settings: DataSettings, wanted: Iterable[str]) -> None:
    identity = settings.identity
    described = {n for key in (*KIND_OF_KEY, "text") for n in getattr(settings.columns, key)}
    label = settings.label.column
    if label not in raw.columns and label not in described:
        raise SettingsError(
            f"`data.label.column` must name a column of the table, but there is no {label!r}{near(label, raw.columns)}."
        )
    names = [label, *wanted, *(n for n in (identity.title, identity.artist, identity.code, identity.date) if n)]
    missing = [name for name in dict.fromkeys(names) if name not in raw.columns]
    if missing:
        listed = ", ".join(f"{name!r}{near(name, raw.columns)}" for name in missing[:N_LISTED])
        if len(missing) > N_LISTED:
            listed += f" and {len(missing) - N_LISTED} more"
        raise DataError(
            f"The table must have the columns that data={settings.name} describes, but it lacks {listed}. "
            "Rename the table's columns, or describe the table in a file of its own in conf/data/."
        )


def _column(cells: "pd.Series[str]", name: str, kind: ColumnKind, max_categories: int) -> Column:
    if kind is ColumnKind.AGE:
        return Column(name=name + AGE_SUFFIX, kind=kind)
    if kind is not ColumnKind.CATEGORY:
        return Column(name=name, kind=kind)
    values = tuple(sorted(set(cells.str.strip()) - MISSING))
    if len(values) > max_categories:
        raise DataError(
            f"A category column must have at most `data.max_categories` ({max_categories}) values, but {name!r} has "
            f"{len(values):,}. Move it to data.columns.text, or raise data.max_categories."
        )
    return Column(name=name, kind=kind, categories=values)


def _cycles(raw: pd.DataFrame, dates: Collection[str]) -> list[tuple[Column, str]]:
    """Return the columns for the block `calendar`, each with its source; a column without dates has none."""
    full = [name for name in raw.columns if name in dates and not raw[name].str.strip().isin(MISSING).all()]
    return [
        (Column(name=name + suffix, kind=ColumnKind.CYCLE, period=period), name)
        for name in full
        for suffix, period in CYCLES.items()
    ]


def _names(raw: pd.DataFrame, artist: str | None) -> list[tuple[Column, str]]:
    """Return the column for the block `names`, with its source; none where nothing has a name."""
    names = tuple(sorted(set(spelt_alike(raw[artist])) - {""})) if artist else ()
    return (
        [(Column(name=f"{artist}{NAME_SUFFIX}", kind=ColumnKind.NAME, categories=names), str(artist))] if names else []
    )


def _check_differ(names: list[str]) -> None:
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise DataError(
            "The columns of the matrix must have names that differ, but a column of the table and one that is made of "
            f"another are both called {repeated}. Rename the table's."
        )
