"""Why a song is ranked where it is, in words: "TikTok Views very high for its age".

Owns: wording. Does not own: how much a column counts (attribution.py), what is usual (profile.py).

Axes: R rows, C columns of the raw matrix, G groups of columns: those that are made of one column of the input.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from songpop.contracts import Column, ColumnKind, Matrix
from songpop.data.cells import Recipe
from songpop.scoring.attribution import attributions
from songpop.scoring.profile import QUANTILES, Profile, rates_of

N_REASONS = 3
_SEED = 0x5EA5
_ROWS_AT_ONCE = 1_000  # of which reasons are found: each is asked about once per column, all at once
# From which share of the training table on a value has this name.
_WORDS = ((0.95, "very high"), (0.75, "high"), (0.25, "average"), (0.05, "low"), (0.0, "very low"))
_AGES = ((0.75, "an old song"), (0.25, "neither old nor new"), (0.0, "a new song"))


@dataclass(frozen=True, kw_only=True)
class Reason:
    """One column's part in a song's rank."""

    words: str
    is_against: bool  # it moves the song down

    def __str__(self) -> str:
        """In a list of reasons."""
        return f"but {self.words}" if self.is_against else self.words


@dataclass(frozen=True, kw_only=True)
class _Cell:
    """What is known of one cell."""

    column: Column
    source: str
    value: float
    share: float  # of the training table's cells that are at most this one
    rate_share: float  # the same of the count by days since release; NaN where it is no count, or has no age


def reasons_for(
    rows: Matrix, recipe: Recipe, profile: Profile, log_odds: Callable[[Matrix], NDArray[np.float64]]
) -> list[tuple[Reason, ...]]:
    """Return the three columns that move each song most; those that speak for it first.

    Args:
        rows: of the raw matrix, shape (R, C).
        recipe: of its columns.
        profile: of the champion's table.
        log_odds: the champion: (N, C) to (N,).
    """
    sources, groups = recipe.sources, recipe.groups
    added = [
        attributions(log_odds, piece, profile.background, list(groups.values()), np.random.default_rng(_SEED))
        for piece in np.split(rows, range(_ROWS_AT_ONCE, len(rows), _ROWS_AT_ONCE))
    ]
    rates = rates_of(rows, recipe.columns)
    moved = np.concatenate(added)
    firsts = [places[0] for places in groups.values()]  # described columns come before those made for blocks
    return [
        _told(
            [_cell(recipe.columns[k], sources[k], rows[row, k], rates[row, k], profile, k) for k in firsts], moved[row]
        )
        for row in range(len(rows))
    ]


def _told(cells: Sequence[_Cell], added: NDArray[np.float64]) -> tuple[Reason, ...]:
    strongest = np.argsort(-np.abs(added), kind="stable")[:N_REASONS]
    told = [
        Reason(words=_WORDING[cells[k].column.kind](cells[k]), is_against=bool(added[k] < 0))
        for k in strongest
        if added[k]
    ]
    return tuple(sorted(told, key=lambda one: one.is_against))


def _cell(column: Column, source: str, value: float, rate: float, profile: Profile, k: int) -> _Cell:
    return _Cell(
        column=column,
        source=source,
        value=float(value),
        share=_share(float(value), profile.levels[k]),
        rate_share=_share(float(rate), profile.rate_levels[k]),
    )


def _share(value: float, levels: NDArray[np.float64]) -> float:
    """Return which share of the training cells is at most `value`, the middle one of equal ones; NaN if not known."""
    if np.isnan(value) or np.isnan(levels[0]):
        return float("nan")
    low, high = np.searchsorted(levels, value, "left"), np.searchsorted(levels, value, "right")
    return float((low + high) / 2 / len(QUANTILES))


def _named(share: float, words: Sequence[tuple[float, str]]) -> str:
    return next((word for low, word in words if share >= low), "of unknown rank")


def _quantity(cell: _Cell) -> str:
    if np.isnan(cell.value):
        return f"no {cell.source}"
    if not np.isnan(cell.rate_share):
        return f"{cell.source} {_named(cell.rate_share, _WORDS)} for its age"
    return f"{cell.source} {_named(cell.share, _WORDS)}"


def _age(cell: _Cell) -> str:
    if np.isnan(cell.value):
        return f"no {cell.source}"
    days = round(cell.value)
    if days < 0:
        return f"not released yet (in {-days:,} day{'s' * (days != -1)})"
    return f"{_named(cell.share, _AGES)} ({days:,} day{'s' * (days != 1)})"


def _flag(cell: _Cell) -> str:
    return f"no {cell.source}" if np.isnan(cell.value) else f"{cell.source}: {'yes' if cell.value else 'no'}"


def _category(cell: _Cell) -> str:
    known = cell.column.categories
    return f"no known {cell.source}" if np.isnan(cell.value) else f"{cell.source}: {known[int(cell.value)]}"


def _name(cell: _Cell) -> str:
    return f"{cell.source} {'not ' * bool(np.isnan(cell.value))}in the training table"


def _cycle(cell: _Cell) -> str:
    return f"the season of its {cell.source}"


_WORDING: dict[ColumnKind, Callable[[_Cell], str]] = {
    ColumnKind.COUNT: _quantity,
    ColumnKind.NUMBER: _quantity,
    ColumnKind.AGE: _age,
    ColumnKind.FLAG: _flag,
    ColumnKind.CATEGORY: _category,
    ColumnKind.NAME: _name,
    ColumnKind.CYCLE: _cycle,
}
