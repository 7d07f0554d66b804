"""The preprocessing model: a raw float matrix with NaN in, finished features out.

Axes: R rows, C columns of the raw matrix, F features. It is made of built-in Keras layers and operations only, so it
travels inside the `.keras` file and loads without songpop. It is also the only implementation: training data are made
by running it. Infinite cells count as missing.

Order of the features: values (all columns but categories, in their order), one-hot categories, missing flags.
Values are standardised; one-hot categories and missing flags stay 0 and 1.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from songpop.contracts import Column, ColumnKind, Matrix
from songpop.errors import DataError
from songpop.models.runtime import keras
from songpop.settings import FeatureKind

_LOGGED = (ColumnKind.COUNT, ColumnKind.AGE)
# Far outside of any training row (a standardised value is at most the root of the number of rows), but finite.
_LIMIT = 1e6
_BATCH_ROWS = 8192

Values = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class _Scaling:
    """Each value column becomes (value - center) / spread, a missing one (fill - center) / spread; shapes (V,)."""

    fill: Values
    center: Values
    spread: Values


def fit_features(matrix: Matrix, columns: Sequence[Column], kind: FeatureKind) -> keras.Model:
    """Return the preprocessing model, fitted on `matrix`.

    Kind `logs`: counts and ages as log1p(max(x, 0)), numbers and flags as they are, all standardised; missing ones
    take the training mean, 0 after standardising; categories one-hot, all zeros where missing; one missing flag for
    each other column with missing training values. Kind `published`: missing ones take the column mean, then min-max
    to [0, 1] of the training values; no flags; categories one-hot.

    Args:
        matrix: training rows, shape (R, C), NaN where missing.
        columns: what the C columns hold.
        kind: which of the two.

    Returns:
        A model from (R, C) to (R, F).

    Raises:
        DataError: if the matrix does not have one column per entry of `columns`, or no row.
    """
    _check(matrix, columns)
    scalings = {FeatureKind.logs: _standardise, FeatureKind.published: _min_max}
    values, is_present = _transformed(matrix, columns, kind)
    scaling = scalings[kind](values, is_present)

    inputs, cells, present = _cleaned(len(columns))
    pieces = [_scaled(_values(cells, columns, kind), _picked(present, _value_columns(columns)), scaling)]
    pieces += _one_hots(cells, present, columns)
    flagged = _flagged_columns(matrix, columns, kind)
    if flagged:
        pieces.append(1.0 - keras.ops.cast(_picked(present, flagged), "float32"))
    pieces = [p for p in pieces if p is not None]
    outputs = keras.ops.concatenate(pieces, axis=1) if len(pieces) > 1 else pieces[0]
    return keras.Model(inputs, outputs, name="preprocessing")


def feature_names(matrix: Matrix, columns: Sequence[Column], kind: FeatureKind) -> tuple[str, ...]:
    """Return the names of the F features of the model that `fit_features` makes of the same arguments."""
    one_hot = [f"{c.name} = {value}" for c in columns if c.kind is ColumnKind.CATEGORY for value in c.categories]
    missing = [f"{columns[k].name} is missing" for k in _flagged_columns(matrix, columns, kind)]
    return (*(columns[k].name for k in _value_columns(columns)), *one_hot, *missing)


def transform(model: keras.Model, matrix: Matrix) -> Matrix:
    """Return the features of `matrix`, shape (R, F), computed in batches; no rows give shape (0, F)."""
    features = np.empty((len(matrix), int(model.output_shape[1])), dtype=np.float32)
    # Called, not `predict`ed: that would trace a function and build a pipeline for each of a few calls.
    for first in range(0, len(matrix), _BATCH_ROWS):
        rows = np.asarray(matrix[first : first + _BATCH_ROWS], dtype=np.float32)
        features[first : first + _BATCH_ROWS] = model(rows, training=False)
    return features


def _check(matrix: Matrix, columns: Sequence[Column]) -> None:
    if matrix.ndim != 2 or matrix.shape[1] != len(columns):
        raise DataError(
            f"the raw matrix must have one column for each of the {len(columns)} described ones, "
            f"but its shape is {matrix.shape}."
        )
    if len(matrix) == 0 or not columns:
        raise DataError(f"preprocessing needs rows and columns to be fitted on, but the shape is {matrix.shape}.")


def _value_columns(columns: Sequence[Column]) -> list[int]:
    return [k for k, c in enumerate(columns) if c.kind is not ColumnKind.CATEGORY]


def _flagged_columns(matrix: Matrix, columns: Sequence[Column], kind: FeatureKind) -> list[int]:
    """Return the columns that get a missing flag; a category says it by being all zeros."""
    if kind is FeatureKind.published:
        return []
    return [k for k in _value_columns(columns) if not np.isfinite(matrix[:, k]).all()]


# ── the graph ───────────────────────────────────────────────────────────────────────────────────────────────


def _cleaned(n_columns: int) -> tuple[keras.KerasTensor, keras.KerasTensor, keras.KerasTensor]:
    """Return the input, its cells with 0 for missing, and where they are present; no NaN gets past this point."""
    inputs = keras.Input((n_columns,), dtype="float32", name="cells")
    present = keras.ops.isfinite(inputs)
    return inputs, keras.ops.where(present, inputs, 0.0), present


def _picked(tensor: keras.KerasTensor, indices: Sequence[int]) -> keras.KerasTensor:
    return keras.ops.take(tensor, np.asarray(indices, dtype=np.int32), axis=1)


def _values(cells: keras.KerasTensor, columns: Sequence[Column], kind: FeatureKind) -> keras.KerasTensor | None:
    """Return the transformed values before scaling, shape (R, V), or None if every column is a category."""
    indices = _value_columns(columns)
    if not indices:
        return None
    values = _picked(cells, indices)
    if kind is FeatureKind.published:
        return values
    is_logged = np.asarray([columns[k].kind in _LOGGED for k in indices])
    return keras.ops.where(is_logged, keras.ops.log1p(keras.ops.maximum(values, 0.0)), values)


def _scaled(
    values: keras.KerasTensor | None, present: keras.KerasTensor, scaling: _Scaling
) -> keras.KerasTensor | None:
    if values is None:
        return None
    filled = keras.ops.where(present, values, scaling.fill.astype(np.float32))
    scale = keras.layers.Normalization(
        mean=scaling.center.tolist(), variance=np.square(scaling.spread).tolist(), name="scaling"
    )
    return keras.ops.clip(scale(filled), -_LIMIT, _LIMIT)


def _one_hots(
    cells: keras.KerasTensor, present: keras.KerasTensor, columns: Sequence[Column]
) -> list[keras.KerasTensor]:
    """Return shape (R, number of categories) for each category column; all zeros where missing."""
    pieces = []
    for k, column in enumerate(columns):
        if column.kind is ColumnKind.CATEGORY and column.categories:
            numbers = np.arange(len(column.categories), dtype=np.float32)
            is_it = keras.ops.equal(_picked(cells, [k]), numbers)
            pieces.append(keras.ops.cast(keras.ops.logical_and(is_it, _picked(present, [k])), "float32"))
    return pieces


# ── the fit ─────────────────────────────────────────────────────────────────────────────────────────────────


def _transformed(matrix: Matrix, columns: Sequence[Column], kind: FeatureKind) -> tuple[Values, NDArray[np.bool_]]:
    """Return the values before scaling and where they are present, shapes (R, V), by running the graph so far."""
    indices = _value_columns(columns)
    is_present = np.isfinite(matrix[:, indices])
    if not indices:
        return np.empty((len(matrix), 0)), is_present
    inputs, cells, _ = _cleaned(len(columns))
    values = transform(keras.Model(inputs, _values(cells, columns, kind)), matrix)
    return values.astype(np.float64), is_present


def _standardise(values: Values, is_present: NDArray[np.bool_]) -> _Scaling:
    mean = _mean(values, is_present)
    variance = _mean(np.square(values - mean), is_present)
    return _Scaling(fill=mean, center=mean, spread=_harmless(np.sqrt(variance), mean))


def _min_max(values: Values, is_present: NDArray[np.bool_]) -> _Scaling:
    fill = _mean(values, is_present)
    filled = np.where(is_present, values, fill)
    low, high = filled.min(axis=0), filled.max(axis=0)
    return _Scaling(fill=fill, center=low, spread=_harmless(high - low, low))


def _mean(values: Values, is_present: NDArray[np.bool_]) -> Values:
    """Return the mean of the present values, shape (V,); 0 for a column without any."""
    total = np.where(is_present, values, 0.0).sum(axis=0)
    return np.asarray(total / np.maximum(is_present.sum(axis=0), 1))


def _harmless(spread: Values, center: Values) -> Values:
    """Return the spread, and 1 for a constant column (rounding included), which then becomes all zeros."""
    return np.where(spread > 1e-7 * np.maximum(np.abs(center), 1e-7), spread, 1.0)
