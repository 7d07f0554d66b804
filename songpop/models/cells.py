"""The first part of every preprocessing graph: raw cells with NaN in, finite cells and where they are present.

Axes: R rows, C columns of the raw matrix.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from songpop.contracts import Column, ColumnKind
from songpop.models.runtime import keras

VALUES = (ColumnKind.COUNT, ColumnKind.NUMBER, ColumnKind.FLAG, ColumnKind.AGE)  # kinds whose cells are quantities
LOGGED = (ColumnKind.COUNT, ColumnKind.AGE)  # kinds whose logarithm is taken


@dataclass(frozen=True, kw_only=True, eq=False)
class Cells:
    """Tensors of a graph, each of shape (R, C): no NaN gets past this point."""

    inputs: keras.KerasTensor  # as they came
    values: keras.KerasTensor  # 0 where missing
    present: keras.KerasTensor  # bool; infinite counts as missing


def open_cells(n_columns: int) -> Cells:
    """Return the beginning of a graph."""
    inputs = keras.Input((n_columns,), dtype="float32", name="cells")
    present = keras.ops.isfinite(inputs)
    return Cells(inputs=inputs, values=keras.ops.where(present, inputs, 0.0), present=present)


def picked(tensor: keras.KerasTensor, indices: Sequence[int]) -> keras.KerasTensor:
    """Return columns of a tensor, shape (R, number of indices)."""
    return keras.ops.take(tensor, np.asarray(indices, dtype=np.int32), axis=1)


def of_kinds(columns: Sequence[Column], *kinds: ColumnKind) -> list[int]:
    """Return the places of the columns of these kinds."""
    return [k for k, column in enumerate(columns) if column.kind in kinds]


def logs(values: keras.KerasTensor, columns: Sequence[Column], indices: Sequence[int]) -> keras.KerasTensor:
    """Return these columns, counts and ages as log1p(max(x, 0)), shape (R, number of indices)."""
    chosen = picked(values, indices)
    is_logged = np.asarray([columns[k].kind in LOGGED for k in indices])
    return keras.ops.where(is_logged, keras.ops.log1p(keras.ops.maximum(chosen, 0.0)), chosen)
