"""What the table looked like that a champion was trained on, so that other tables and songs can be held against it.

Owns: the profile, its file in the model's folder. Does not own: what is concluded (drift, remarks, reasons).

Axes: C columns of the raw matrix, Q quantiles, D bins of a column, the last one for missing cells, B rows.
"""

import io
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from songpop.contracts import FOR_BLOCKS, Bools, Column, ColumnKind, Matrix
from songpop.errors import DAMAGED_ARRAYS, ArtifactError

PROFILE_FILE = "profile.npz"
QUANTILES = np.linspace(0, 1, 101)
N_BINS = 10  # between deciles
N_BACKGROUND = 24  # rows that a song is held against; more would change a reason in a hundred

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Profile:
    """A training table in numbers; its sealed rows are not in them."""

    levels: Floats  # (C, Q) quantiles of the cells that are there; NaN in a column without any
    rate_levels: Floats  # (C, Q) the same of counts by the days since release; NaN in other columns, and without an age
    counts: NDArray[np.int64]  # (C, D) rows in each bin
    max_missing: int  # most missing cells that a row had
    background: Matrix  # (B, C) some of its rows

    @staticmethod
    def of(matrix: Matrix, columns: Sequence[Column], rng: np.random.Generator) -> "Profile":
        """Return the profile of a table.

        Args:
            matrix: its rows that are not sealed, shape (R, C), NaN where missing.
            columns: what the C columns hold.
            rng: chooses the background.
        """
        levels = _levels(matrix)
        chosen = rng.choice(len(matrix), size=min(N_BACKGROUND, len(matrix)), replace=False)
        return Profile(
            levels=levels,
            rate_levels=_levels(rates_of(matrix, columns)),
            counts=bins_of(matrix, levels),
            max_missing=int(n_missing(matrix, columns).max(initial=0)),
            background=matrix[np.sort(chosen)],
        )

    def save(self, folder: Path) -> None:
        """Write the profile into a model's folder."""
        np.savez_compressed(folder / PROFILE_FILE, **asdict(self))

    @staticmethod
    def load(folder: Path) -> "Profile | None":
        """Return what `save` wrote; None where nothing was, as before version 0.2.

        Raises:
            ArtifactError: if the file is damaged.
        """
        file = folder / PROFILE_FILE
        if not file.is_file():
            return None
        try:
            with np.load(io.BytesIO(file.read_bytes()), allow_pickle=False) as arrays:
                found = {name: arrays[name] for name in arrays.files}
                return Profile(**{**found, "max_missing": int(found["max_missing"])})
        except DAMAGED_ARRAYS as error:
            raise ArtifactError(
                f"The profile {file} of a model's table cannot be read ({error!r}). Restore it from a copy."
            ) from error


def described(columns: Sequence[Column]) -> Bools:
    """Return which columns the table's description names, shape (C,): others are made from these."""
    return np.array([column.kind not in FOR_BLOCKS for column in columns], dtype=bool)


def n_missing(matrix: Matrix, columns: Sequence[Column]) -> NDArray[np.int64]:
    """Return how many of a row's described cells are missing, shape (R,)."""
    return np.asarray(np.isnan(matrix[:, described(columns)]).sum(axis=1))


def rates_of(matrix: Matrix, columns: Sequence[Column]) -> Floats:
    """Return each count by the days since release, today included, shape (R, C); NaN elsewhere, or without an age."""
    rates = np.full(matrix.shape, np.nan)
    ages = [k for k, column in enumerate(columns) if column.kind is ColumnKind.AGE]
    counts = [k for k, column in enumerate(columns) if column.kind is ColumnKind.COUNT]
    if ages and counts:
        rates[:, counts] = matrix[:, counts] / (np.maximum(matrix[:, [ages[0]]].astype(np.float64), 0) + 1)
    return rates


def bins_of(matrix: Matrix, levels: Floats) -> NDArray[np.int64]:
    """Return how many rows of a matrix lie in each bin, shape (C, D).

    Args:
        matrix: shape (R, C).
        levels: quantiles of the training table, (C, Q); the bins lie between its deciles.
    """
    found = np.zeros((matrix.shape[1], N_BINS + 1), dtype=np.int64)
    for k, column in enumerate(matrix.T):
        cells = column[~np.isnan(column)]
        found[k, :N_BINS] = np.bincount(np.searchsorted(edges_of(levels[k]), cells, "right"), minlength=N_BINS)
        found[k, N_BINS] = len(column) - len(cells)
    return found


def edges_of(levels: Floats) -> Floats:
    """Return the deciles between bins, shape (D - 2,), of a column's quantiles (Q,); a cell on one lies above it."""
    step = (len(QUANTILES) - 1) // N_BINS
    return levels[step:-1:step]


def _levels(values: NDArray[np.floating]) -> Floats:
    found = np.full((values.shape[1], len(QUANTILES)), np.nan)
    for k, column in enumerate(values.T):
        cells = column[~np.isnan(column)]
        if len(cells):
            found[k] = np.quantile(cells.astype(np.float64), QUANTILES)
    return found
