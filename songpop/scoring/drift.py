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
from songpop.scoring.profile import N_BINS, Profile, bins_of, described

MIN_ROWS = 50  # fewer tell nothing about ten bins
STABILITY = 0.2  # index from which a distribution counts as another one
ALPHA = 0.01  # and the difference is beyond luck, over all columns


@dataclass(frozen=True, kw_only=True)
class Drifted:
    """A column that is distributed otherwise than in the champion's table."""

    column: str  # of the input
    stability: float  # index: 0 for the same distribution, from 0.2 on another one
    below: float  # share of its cells below the champion's lowest tenth; of dates: earlier
    above: float  # share of its cells above the champion's highest tenth; of dates: later
    missing: float  # share of its cells that are missing
    missing_before: float  # the same in the champion's table

    @property
    def told(self) -> str:
        """Where most of the column has gone, in words: among missing cells, or to one end of the champion's values."""
        moved = {
            f"{self.missing:.0%} missing instead of {self.missing_before:.0%}": abs(self.missing - self.missing_before),
            f"{self.above:.0%} above the champion's highest tenth": self.above - 1 / N_BINS,
            f"{self.below:.0%} below the champion's lowest tenth": self.below - 1 / N_BINS,
        }
        return f"{self.column} ({max(moved, key=lambda words: moved[words])})"


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
            _drifted(sources[k], before[k], self._counts[k], is_age=columns[k].kind is ColumnKind.AGE)
            for k, p in zip(places, p_values, strict=True)
            if p < ALPHA and _stability(before[k], self._counts[k]) >= STABILITY
        ]
        return tuple(sorted(found, key=lambda one: -one.stability))


def _drifted(name: str, before: NDArray[np.int64], now: NDArray[np.int64], *, is_age: bool) -> Drifted:
    n_there = max(int(now[:N_BINS].sum()), 1)
    lowest, highest = (N_BINS - 1, 0) if is_age else (0, N_BINS - 1)  # the higher an age, the earlier its date
    return Drifted(
        column=name,
        stability=_stability(before, now),
        below=float(now[lowest] / n_there),
        above=float(now[highest] / n_there),
        missing=float(now[N_BINS] / now.sum()),
        missing_before=float(before[N_BINS] / before.sum()),
    )


def _stability(before: NDArray[np.int64], now: NDArray[np.int64]) -> float:
    """Return the population stability index: the symmetric relative entropy of both; half a row is in every bin."""
    is_used = (before + now) > 0
    p, q = ((counts[is_used] + 0.5) / (counts[is_used] + 0.5).sum() for counts in (before, now))
    return float(((q - p) * np.log(q / p)).sum())


def _p_value(before: NDArray[np.int64], now: NDArray[np.int64]) -> float:
    is_used = (before + now) > 0
    if is_used.sum() < 2:
        return 1.0
    return float(stats.chi2_contingency([before[is_used], now[is_used]]).pvalue)
