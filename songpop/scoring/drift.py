"""Which columns of a table are distributed otherwise than in the table that a champion was trained on.

Axes: C columns of the raw matrix, D bins of a column, the last one for missing cells.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from songpop.contracts import Column, ColumnKind, Matrix
from songpop.evaluation.resampled import holm
from songpop.scoring.profile import N_BINS, Profile, bins_of, described, edges_of

Counts = NDArray[np.int64]

MIN_ROWS = 50  # fewer tell nothing about ten bins
STABILITY = 0.2  # index from which a distribution counts as another one
ALPHA = 0.01  # and the difference is beyond luck, over all columns


@dataclass(frozen=True, kw_only=True)
class Drifted:
    """A column that is distributed otherwise than in the champion's table."""

    column: str  # of the input
    stability: float  # index: 0 for the same distribution, from 0.2 on another one
    edge: float | None  # the decile of the champion's table at which both differ most; None where one has no cells
    below: float | None  # share of the cells that lie below it, missing ones not counted
    below_before: float | None  # the same in the champion's table
    missing: float  # share of all cells that are missing
    missing_before: float  # the same in the champion's table
    told: str  # where most of the column has gone, in words


@final
class DriftCount:
    """Counts a table's cells piece by piece."""

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self._counts = np.zeros_like(profile.counts)

    def add(self, matrix: Matrix) -> None:
        """Count the rows of a piece, shape (R, C)."""
        self._counts += bins_of(matrix, self._profile.levels)

    def drifted(self, columns: Sequence[Column], sources: Sequence[str]) -> tuple[Drifted, ...]:
        """Return the columns that have drifted, the farthest first; none of a table of fewer than 50 rows.

        A column has drifted if its population stability index is at least 0.2 (Siddiqi, Credit Risk Scorecards, 2006:
        a shift to look into lies between 0.1 and 0.25) and the chi-square test of its bins, corrected after Holm over
        the columns, has p below 0.01: large tables differ in trifles, small ones by luck.

        Args:
            columns: what the C columns hold.
            sources: the columns of the input that they are made of.
        """
        places = np.flatnonzero(described(columns)).tolist()
        if self._counts.sum(axis=1).max(initial=0) < MIN_ROWS:
            return ()
        before = self._profile.counts
        p_values = holm([_p_value(before[k], self._counts[k]) for k in places])
        found = [
            _drifted(sources[k], columns[k].kind, before[k], self._counts[k], self._profile.levels[k])
            for k, p in zip(places, p_values, strict=True)
            if p < ALPHA and _stability(before[k], self._counts[k]) >= STABILITY
        ]
        return tuple(sorted(found, key=lambda one: -one.stability))


def _drifted(name: str, kind: ColumnKind, before: Counts, now: Counts, levels: NDArray[np.float64]) -> Drifted:
    missing_before, missing = (float(counts[N_BINS] / counts.sum()) for counts in (before, now))
    farthest = _farthest(before[:N_BINS], now[:N_BINS], levels)
    words = f"{missing:.0%} missing instead of {missing_before:.0%}"
    if farthest and abs(farthest[2] - farthest[1]) > abs(missing - missing_before):
        words = _MOVED.get(kind, _quantity)(*farthest)
    edge, below_before, below = farthest or (None, None, None)
    return Drifted(
        column=name,
        stability=_stability(before, now),
        edge=edge,
        below=below,
        below_before=below_before,
        missing=missing,
        missing_before=missing_before,
        told=f"{name} ({words})",
    )


def _farthest(before: Counts, now: Counts, levels: NDArray[np.float64]) -> tuple[float, float, float] | None:
    """Return the decile at which the shares below it differ most (Kolmogorov), and both; None without cells."""
    if not (before.any() and now.any()):
        return None
    of_before, of_now = (np.cumsum(counts)[:-1] / counts.sum() for counts in (before, now))
    place = int(np.argmax(np.abs(of_now - of_before)))
    return float(edges_of(levels)[place]), float(of_before[place]), float(of_now[place])


def _quantity(edge: float, before: float, now: float) -> str:
    rounded = float(f"{edge:.3g}")
    number = f"{rounded:,.0f}" if abs(edge) >= 100 else f"{rounded:g}"
    return _grown(f"below {number}", f"{number} or more", before, now)


def _age(edge: float, before: float, now: float) -> str:
    return _grown(f"younger than {edge:,.0f} days", f"of {edge:,.0f} days or more", before, now)


def _flag(_: float, before: float, now: float) -> str:
    return _grown("no", "yes", before, now)


def _category(_: float, before: float, now: float) -> str:
    return "other shares of its values"


def _grown(below: str, above: str, before: float, now: float) -> str:
    """Say which side of an edge has become larger."""
    if now > before:
        return f"{now:.0%} are {below}, instead of {before:.0%}"
    return f"{1 - now:.0%} are {above}, instead of {1 - before:.0%}"


_MOVED = {ColumnKind.AGE: _age, ColumnKind.FLAG: _flag, ColumnKind.CATEGORY: _category}


def _stability(before: Counts, now: Counts) -> float:
    """Return the population stability index: the symmetric relative entropy of both; half a row is in every bin."""
    is_used = (before + now) > 0
    p, q = ((counts[is_used] + 0.5) / (counts[is_used] + 0.5).sum() for counts in (before, now))
    return float(((q - p) * np.log(q / p)).sum())


def _p_value(before: Counts, now: Counts) -> float:
    is_used = (before + now) > 0
    if is_used.sum() < 2:
        return 1.0
    return float(stats.chi2_contingency([before[is_used], now[is_used]]).pvalue)
