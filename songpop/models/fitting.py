"""What a block of features is, and how one is fitted on training rows: by the graph itself, run on them.

Axes: R rows, C columns of the raw matrix, F features.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from songpop.contracts import Column, Matrix
from songpop.models.cells import Cells, open_cells
from songpop.models.runtime import keras
from songpop.models.scaling import LIMIT, Present, Scaler, Values, scaled, standardise

Tensor: TypeAlias = Any  # a keras.KerasTensor
_BATCH_ROWS = 8192
N_PIECES = 16  # between quantiles of the training values, where nothing else is said


@dataclass(frozen=True, kw_only=True, eq=False)
class Block:
    """A fitted block: the names of its features, and their tensor, shape (R, number of names), for a graph's cells.

    `build_fitted` gives the tensor of rows that the block was fitted on, where it knows them again and must not count
    them; None: that of any row.
    """

    names: tuple[str, ...]
    build: Callable[[Cells], Tensor]
    build_fitted: Callable[[Cells], Tensor] | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class Training:
    """What a block is fitted on."""

    matrix: Matrix  # (R, C), NaN where missing
    columns: Sequence[Column]
    n_pieces: int = N_PIECES  # of each value's piecewise-linear encoding, at most

    def run(self, build: Callable[[Cells], Tensor]) -> Values:
        """Return what a piece of the graph makes of the training rows: the graph is the only implementation."""
        cells = open_cells(len(self.columns))
        return transform(keras.Model(cells.inputs, build(cells)), self.matrix).astype(np.float64)


def transform(model: keras.Model, matrix: Matrix) -> Matrix:
    """Return what a preprocessing model makes of `matrix`, shape (R, F), in batches; no rows give shape (0, F)."""
    features = np.empty((len(matrix), int(model.output_shape[1])), dtype=np.float32)
    # Called, not `predict`ed: that would trace a function and build a pipeline for each of a few calls.
    for first in range(0, len(matrix), _BATCH_ROWS):
        rows = np.asarray(matrix[first : first + _BATCH_ROWS], dtype=np.float32)
        features[first : first + _BATCH_ROWS] = model(rows, training=False)
    return features


def fit_scaled(
    training: Training,
    names: Sequence[str],
    raw: Callable[[Cells], Tensor],
    present: Callable[[Cells], Tensor],
    scaler: Scaler = standardise,
    limit: float = LIMIT,
) -> Block:
    """Return values on one scale, missing ones filled in: the graph before (`raw`, `present`) and the fit's numbers."""
    is_present: Present = training.run(lambda cells: keras.ops.cast(present(cells), "float32")) > 0
    scaling = scaler(training.run(raw), is_present)
    return Block(names=tuple(names), build=lambda cells: scaled(raw(cells), present(cells), scaling, limit=limit))
