"""The block `names`: how many other training rows have the same artist; no label is looked at.

Axes: R rows, N names of the table, K columns of names (one, or none).
"""

import numpy as np
from numpy.typing import NDArray

from songpop.contracts import ColumnKind, Matrix
from songpop.models.cells import Cells, of_kinds, picked
from songpop.models.fitting import Block, Tensor, Training
from songpop.models.runtime import keras
from songpop.models.scaling import scaled, standardise


def occurrences(training: Training) -> Block | None:
    """Return log1p of how many other training rows have a row's name, standardised; an unknown or missing one: 0.

    A training row is no other row of itself: what a network learns from is counted without it (`build_fitted`), and so
    means what a new row's count means. Where that is the same for all training rows, there is nothing to learn: None.
    """
    indices = [k for k in of_kinds(training.columns, ColumnKind.NAME) if training.columns[k].categories]
    tables = {k: _counts(training.matrix[:, k], len(training.columns[k].categories)) for k in indices}

    def raw(cells: Cells, n_own: int) -> Tensor:
        return keras.ops.concatenate([keras.ops.log1p(_others(cells, k, tables[k], n_own)) for k in indices], axis=1)

    def build(cells: Cells, n_own: int) -> Tensor:
        is_there = keras.ops.logical_or(picked(cells.present, indices), True)  # a missing name has its count: 0
        return scaled(raw(cells, n_own), is_there, scaling)

    if not indices:
        return None
    values = training.run(lambda cells: raw(cells, 1))
    if not np.ptp(values, axis=0).any():
        return None
    scaling = standardise(values, np.ones(values.shape, dtype=bool))
    return Block(
        names=tuple(f"other rows of {training.columns[k].name}" for k in indices),
        build=lambda cells: build(cells, 0),
        build_fitted=lambda cells: build(cells, 1),
    )


def _counts(cells: Matrix, n_names: int) -> NDArray[np.float32]:
    """Return how many of the cells (R,) are each name, shape (N,)."""
    codes = cells[np.isfinite(cells)].astype(np.int64)
    return np.bincount(codes, minlength=n_names).astype(np.float32)


def _others(cells: Cells, column: int, table: NDArray[np.float32], n_own: int) -> Tensor:
    """Return each row's entry of a table, less the rows that are the row itself, shape (R, 1)."""
    codes, last = picked(cells.values, [column]), len(table) - 1
    is_known = keras.ops.logical_and(
        picked(cells.present, [column]), keras.ops.equal(codes, keras.ops.clip(codes, 0, last))
    )
    found = keras.ops.take(table, keras.ops.cast(keras.ops.clip(codes, 0, last), "int32"), axis=0)
    return keras.ops.where(is_known, keras.ops.maximum(found - float(n_own), 0.0), 0.0)
