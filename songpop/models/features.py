"""The preprocessing model: a raw float matrix with NaN in, finished features out.

Axes: R rows, C columns of the raw matrix, F features. It is made of built-in Keras layers and operations only, so it
travels inside the `.keras` file and loads without songpop. It is also the only implementation: training data are made
by running it. Infinite cells count as missing.

Order of the features: values (all columns of quantities, in their order), one-hot categories, missing flags, then the
further blocks (blocks.py) in the order in which they were asked for. A network may be given some blocks only.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from songpop.contracts import Bools, Column, ColumnKind, Matrix, Span
from songpop.errors import DataError
from songpop.models.blocks import fit_block
from songpop.models.cells import VALUES, Cells, logs, of_kinds, open_cells, picked
from songpop.models.fitting import N_PIECES, Block, Tensor, Training, fit_scaled, transform
from songpop.models.runtime import keras
from songpop.models.scaling import min_max, standardise
from songpop.settings import FeatureBlock, FeatureKind

__all__ = ["Preprocessing", "fit_features", "transform"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Preprocessing:
    """A fitted preprocessing: the model, (R, C) to (R, F), the names of the F features, the places of each block.

    `fitted_rows` is the model for the rows that it was fitted on, where a block counts rows: they do not count
    themselves. None: the same model. It is used in training, and never saved.
    """

    model: keras.Model
    names: tuple[str, ...]
    blocks: Mapping[str, Span]
    fitted_rows: keras.Model | None = None

    def transform(self, matrix: Matrix, is_fitted: Bools | None = None) -> Matrix:
        """Return the features of `matrix`, shape (R, F); no rows give shape (0, F).

        Args:
            matrix: shape (R, C).
            is_fitted: which of the rows the preprocessing was fitted on, shape (R,); None: none of them.
        """
        features = transform(self.model, matrix)
        if self.fitted_rows is not None and is_fitted is not None:
            features[is_fitted] = transform(self.fitted_rows, matrix[is_fitted])
        return features


def fit_features(
    matrix: Matrix,
    columns: Sequence[Column],
    kind: FeatureKind,
    extra: Sequence[FeatureBlock] = (),
    n_pieces: int = N_PIECES,
) -> Preprocessing:
    """Return the preprocessing fitted on `matrix`.

    Kind `logs`: counts and ages as log1p(max(x, 0)), numbers and flags as they are, all standardised; missing ones
    take the training mean, 0 after standardising; categories one-hot, all zeros where missing; one missing flag for
    each other column with missing training values. Kind `published`: missing ones take the column mean, then min-max
    to [0, 1] of the training values; no flags; categories one-hot.

    Args:
        matrix: training rows, shape (R, C), NaN where missing.
        columns: what the C columns hold.
        kind: which of the two.
        extra: further blocks; those that the table has no columns for have no features.
        n_pieces: of each value in the blocks `pieces` and `quantiles`, at most.

    Raises:
        DataError: if the matrix does not have one column per entry of `columns`, or no row.
    """
    _check(matrix, columns)
    training = Training(matrix=matrix, columns=columns, n_pieces=n_pieces)
    cells = open_cells(len(columns))
    fitted = _fitted(training, kind, extra)
    names: list[str] = []
    places: dict[str, Span] = {}
    for name, block in fitted.items():
        first = len(names)
        names += block.names if block is not None else ()
        places[name] = (first, len(names))
    blocks = [block for block in fitted.values() if block is not None]
    model = _joined(cells, [block.build for block in blocks])
    fitted_rows = None
    if any(block.build_fitted for block in blocks):
        fitted_rows = _joined(open_cells(len(columns)), [block.build_fitted or block.build for block in blocks])
    return Preprocessing(model=model, names=tuple(names), blocks=places, fitted_rows=fitted_rows)


def _fitted(training: Training, kind: FeatureKind, extra: Sequence[FeatureBlock]) -> Mapping[str, Block | None]:
    return {kind.value: _base(training, kind), **{one.value: fit_block(one, training) for one in extra}}


def _joined(cells: Cells, builds: Sequence[Callable[[Cells], Tensor]]) -> keras.Model:
    pieces = [build(cells) for build in builds]
    outputs = keras.ops.concatenate(pieces, axis=1) if len(pieces) > 1 else pieces[0]
    return keras.Model(cells.inputs, outputs, name="preprocessing")


def _check(matrix: Matrix, columns: Sequence[Column]) -> None:
    if matrix.ndim != 2 or matrix.shape[1] != len(columns):
        raise DataError(
            f"the raw matrix must have one column for each of the {len(columns)} described ones, "
            f"but its shape is {matrix.shape}."
        )
    if len(matrix) == 0 or not columns:
        raise DataError(f"preprocessing needs rows and columns to be fitted on, but the shape is {matrix.shape}.")


# ── the block that is always there ──────────────────────────────────────────────────────────────────────────────────


def _base(training: Training, kind: FeatureKind) -> Block:
    """Return values, one-hot categories and missing flags."""
    parts = [part for part in (_values(training, kind), _one_hots(training), _flags(training, kind)) if part.names]

    def build(cells: Cells) -> keras.KerasTensor:
        tensors = [part.build(cells) for part in parts]
        return keras.ops.concatenate(tensors, axis=1) if len(tensors) > 1 else tensors[0]

    return Block(names=tuple(name for part in parts for name in part.names), build=build)


def _values(training: Training, kind: FeatureKind) -> Block:
    indices = of_kinds(training.columns, *VALUES)
    if not indices:
        return Block(names=(), build=lambda cells: cells.values)
    is_published = kind is FeatureKind.published
    return fit_scaled(
        training,
        [training.columns[k].name for k in indices],
        lambda cells: picked(cells.values, indices) if is_published else logs(cells.values, training.columns, indices),
        lambda cells: picked(cells.present, indices),
        min_max if is_published else standardise,
    )


def _one_hots(training: Training) -> Block:
    """Return one feature per category, all zeros where missing."""
    wanted = [k for k in of_kinds(training.columns, ColumnKind.CATEGORY) if training.columns[k].categories]

    def one(cells: Cells, k: int) -> keras.KerasTensor:
        numbers = np.arange(len(training.columns[k].categories), dtype=np.float32)
        is_it = keras.ops.equal(picked(cells.values, [k]), numbers)
        return keras.ops.cast(keras.ops.logical_and(is_it, picked(cells.present, [k])), "float32")

    return Block(
        names=tuple(f"{training.columns[k].name} = {c}" for k in wanted for c in training.columns[k].categories),
        build=lambda cells: keras.ops.concatenate([one(cells, k) for k in wanted], axis=1),
    )


def _flags(training: Training, kind: FeatureKind) -> Block:
    """Return a flag for each column with missing training values; a category says it by being all zeros."""
    is_full = np.asarray(np.isfinite(training.matrix).all(axis=0))
    flagged = [k for k in of_kinds(training.columns, *VALUES) if not is_full[k] and kind is FeatureKind.logs]
    return Block(
        names=tuple(f"{training.columns[k].name} is missing" for k in flagged),
        build=lambda cells: 1.0 - keras.ops.cast(picked(cells.present, flagged), "float32"),
    )
