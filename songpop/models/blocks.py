"""The features beside the values themselves: each block fitted on training rows, each a piece of the graph.

Axes: R rows, C columns of the raw matrix, V values, P pieces. A block without columns to be made of is empty.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from songpop.contracts import ColumnKind
from songpop.models.calendar import calendar
from songpop.models.cells import VALUES, Cells, logs, of_kinds, picked
from songpop.models.fitting import Block, Tensor, Training, fit_scaled
from songpop.models.names import occurrences
from songpop.models.runtime import keras
from songpop.models.scaling import Present, Values, robust
from songpop.settings import FeatureBlock

_RATE_LIMIT = 10.0  # standard deviations: rates have long tails, and far out their order is all that matters


def fit_block(kind: FeatureBlock, training: Training) -> Block | None:
    """Return a block fitted on training rows; None if the table has no columns for it."""
    return _BLOCKS[kind](training)


# ── rates: how much a day ───────────────────────────────────────────────────────────────────────────────────────────


def _days(cells: Cells, age: int) -> Tensor:
    """Return the days that a song has been out, today included, shape (R, 1)."""
    return keras.ops.maximum(picked(cells.values, [age]), 0.0) + 1.0


def _counts_and_age(training: Training) -> tuple[list[int], int] | None:
    """Return the columns of counts, and the first one of an age."""
    counts, ages = of_kinds(training.columns, ColumnKind.COUNT), of_kinds(training.columns, ColumnKind.AGE)
    return (counts, ages[0]) if counts and ages else None


def _rates(training: Training) -> Block | None:
    """Return each count by the days since release, standardised; a missing count is none at all."""
    found = _counts_and_age(training)
    if found is None:
        return None
    counts, age = found
    return fit_scaled(
        training,
        [f"{training.columns[k].name} a day" for k in counts],
        lambda cells: picked(cells.values, counts) / _days(cells, age),
        lambda cells: picked(cells.present, [age] * len(counts)),
        limit=_RATE_LIMIT,
    )


def _log_rates(training: Training) -> Block | None:
    """Return the logarithms of the rates; a missing count stays missing."""
    found = _counts_and_age(training)
    if found is None:
        return None
    counts, age = found
    return fit_scaled(
        training,
        [f"log of {training.columns[k].name} a day" for k in counts],
        lambda cells: logs(cells.values, training.columns, counts) - keras.ops.log(_days(cells, age)),
        lambda cells: keras.ops.logical_and(picked(cells.present, counts), picked(cells.present, [age])),
    )


# ── one column by the others, or by itself ──────────────────────────────────────────────────────────────────────────


def _ratios(training: Training) -> Block | None:
    """Return the log of each count by the geometric mean of the row's counts (Aitchison's centred log ratio)."""
    counts = of_kinds(training.columns, ColumnKind.COUNT)
    if len(counts) < 2:
        return None

    def raw(cells: Cells) -> Tensor:
        all_logs = logs(cells.values, training.columns, counts)  # 0 where missing
        n_present = keras.ops.sum(keras.ops.cast(picked(cells.present, counts), "float32"), axis=1, keepdims=True)
        return all_logs - keras.ops.sum(all_logs, axis=1, keepdims=True) / keras.ops.maximum(n_present, 1.0)

    names = [f"{training.columns[k].name} by all counts" for k in counts]
    return fit_scaled(training, names, raw, lambda cells: picked(cells.present, counts))


def _of_values(training: Training, *kinds: ColumnKind) -> tuple[list[int], list[str]]:
    indices = of_kinds(training.columns, *kinds)
    return indices, [training.columns[k].name for k in indices]


def _ages(training: Training) -> Block | None:
    """Return the logarithms of the ages alone, standardised."""
    indices, names = _of_values(training, ColumnKind.AGE)
    if not indices:
        return None
    return fit_scaled(
        training,
        names,
        lambda cells: logs(cells.values, training.columns, indices),
        lambda cells: picked(cells.present, indices),
    )


def _robust(training: Training) -> Block | None:
    """Return the values by median and quartiles, far ones drawn in: x / sqrt(1 + (x / 3)^2), as RealMLP does."""
    indices, names = _of_values(training, *VALUES)
    if not indices:
        return None
    block = fit_scaled(
        training,
        names,
        lambda cells: logs(cells.values, training.columns, indices),
        lambda cells: picked(cells.present, indices),
        robust,
    )

    def build(cells: Cells) -> Tensor:
        values = block.build(cells)
        return values / keras.ops.sqrt(1.0 + keras.ops.square(values / 3.0))

    return Block(names=tuple(f"{name}, robust" for name in block.names), build=build)


# ── pieces between quantiles ────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, kw_only=True, eq=False)
class _Pieces:
    """Intervals between quantiles: the column of each, where it begins and how long it is, shapes (P,)."""

    column: NDArray[np.int32]
    low: Values
    length: Values


def _cut(values: Values, is_present: Present, n_pieces: int) -> _Pieces:
    found: list[tuple[int, float, float]] = []
    for k in range(values.shape[1]):
        cells = values[is_present[:, k], k]
        knots = (
            np.unique(np.quantile(cells, np.linspace(0, 1, n_pieces + 1), method="inverted_cdf"))
            if len(cells)
            else np.empty(0)
        )
        found += [(k, low, high - low) for low, high in pairwise(knots)]
    column, low, length = zip(*found, strict=True) if found else ((), (), ())
    return _Pieces(column=np.array(column, dtype=np.int32), low=np.array(low), length=np.array(length))


def _passed(training: Training, indices: list[int]) -> tuple[_Pieces, Callable[[Cells], Tensor]]:
    """Return the pieces, and how much of each a value has passed, from 0 to 1, shape (R, P); a missing one: none.

    The piecewise-linear encoding of Gorishniy et al., On embeddings for numerical features, NeurIPS 2022.
    """
    values = training.run(lambda cells: logs(cells.values, training.columns, indices))
    pieces = _cut(values, np.isfinite(training.matrix[:, indices]), training.n_pieces)
    low, length = pieces.low.astype(np.float32), pieces.length.astype(np.float32)

    def build(cells: Cells) -> Tensor:
        of_pieces = [indices[k] for k in pieces.column]
        share = (picked(logs(cells.values, training.columns, indices), pieces.column.tolist()) - low) / length
        return keras.ops.clip(share, 0.0, 1.0) * keras.ops.cast(picked(cells.present, of_pieces), "float32")

    return pieces, build


def _piecewise(training: Training) -> Block | None:
    """Return the piecewise-linear encoding of the values, counts and ages as logs."""
    indices, names = _of_values(training, *VALUES)
    pieces, build = _passed(training, indices)
    if not len(pieces.column):
        return None
    return Block(
        names=tuple(f"{names[k]} from {low:.3g}" for k, low in zip(pieces.column, pieces.low, strict=True)), build=build
    )


def _quantiles(training: Training) -> Block | None:
    """Return each value's place among the training values, from -1 to 1, linear between quantiles; missing: 0."""
    indices, names = _of_values(training, *VALUES)
    pieces, passed = _passed(training, indices)
    if not len(pieces.column):
        return None
    share = np.zeros((len(pieces.column), len(indices)), dtype=np.float32)
    n_pieces = np.bincount(pieces.column, minlength=len(indices))
    share[np.arange(len(pieces.column)), pieces.column] = 1 / n_pieces[pieces.column]

    def build(cells: Cells) -> Tensor:
        place = 2.0 * keras.ops.matmul(passed(cells), share) - 1.0
        return place * keras.ops.cast(picked(cells.present, indices), "float32")

    return Block(names=tuple(f"place of {name}" for name in names), build=build)


# ── what is missing, and when ───────────────────────────────────────────────────────────────────────────────────────


def _patterns(training: Training) -> Block | None:
    """Return how many cells of a row are missing, standardised."""
    indices = of_kinds(training.columns, *VALUES)
    if not indices or np.isfinite(training.matrix[:, indices]).all():
        return None
    return fit_scaled(
        training,
        ["missing cells"],
        lambda cells: keras.ops.sum(1.0 - keras.ops.cast(picked(cells.present, indices), "float32"), 1, keepdims=True),
        lambda cells: keras.ops.any(keras.ops.logical_or(cells.present, True), axis=1, keepdims=True),
    )


_BLOCKS: Mapping[FeatureBlock, Callable[[Training], Block | None]] = {
    FeatureBlock.rates: _rates,
    FeatureBlock.log_rates: _log_rates,
    FeatureBlock.ratios: _ratios,
    FeatureBlock.ages: _ages,
    FeatureBlock.robust: _robust,
    FeatureBlock.quantiles: _quantiles,
    FeatureBlock.pieces: _piecewise,
    FeatureBlock.patterns: _patterns,
    FeatureBlock.calendar: calendar,
    FeatureBlock.names: occurrences,
}
