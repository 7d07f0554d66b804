"""Other cuts of the rows that are not sealed: folds, so that each of them is a validation row once per round.

Owns: which rows each resample trains on and validates with. Does not own: the sealed rows (splits.py).

Axes: R rows of the table, J resamples.
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from songpop.contracts import Indices, Split
from songpop.data.splits import artists_together
from songpop.data.table import SongTable
from songpop.errors import DataError
from songpop.settings import SplitKind

MIN_FOLDS = 2


@dataclass(frozen=True, kw_only=True, eq=False)
class Resample:
    """Row numbers of one resample's two parts, each sorted; together the split's training and validation rows."""

    train: Indices
    validation: Indices


def resamples_of(table: SongTable, split: Split, n_resamples: int) -> tuple[Resample, ...]:
    """Cut the training and validation rows of a split anew, `n_resamples` times; the sealed rows stay out.

    As many folds as make a validation part as large as the split's own; when all folds had their turn, the rows are
    shuffled again. Rows of one song stay together (of one artist under `by_artist`), as many positive ones in each
    fold as can be; only `published` tears songs apart, as its split does. The same arguments give the same resamples,
    and the first few do not depend on how many are wanted.

    Raises:
        DataError: if a part would be of one class.
    """
    from sklearn.model_selection import StratifiedGroupKFold  # a second, which only finals pay

    rows = np.sort(np.concatenate([split.train, split.validation]))
    n_folds = _n_folds(len(split.train), len(split.validation))
    groups, label = _groups(table, split)[rows], table.label[rows]
    found: list[Resample] = []
    for number in range(-(-n_resamples // n_folds)):
        folds = StratifiedGroupKFold(n_folds, shuffle=True, random_state=_seed(split.seed, number))
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="The least populated class")  # told below, as an error
            cuts = list(folds.split(rows, label, groups))
        found += [Resample(train=rows[train], validation=rows[validation]) for train, validation in cuts]
    for resample in found[:n_resamples]:
        _check(table, resample)
    return tuple(found[:n_resamples])


def validation_ratio(n_train: int, n_validation: int) -> float:
    """Return validation rows by training rows of a resample, but for the few by which groups of rows miss it.

    Args:
        n_train: training rows of the split.
        n_validation: its validation rows.
    """
    return 1 / (_n_folds(n_train, n_validation) - 1)


def _n_folds(n_train: int, n_validation: int) -> int:
    return max(MIN_FOLDS, round((n_train + n_validation) / n_validation))


def _groups(table: SongTable, split: Split) -> Indices:
    """Return a number per row, shape (R,); rows of one number stay together."""
    if split.name == SplitKind.published.value:
        return np.arange(len(table.label), dtype=np.int64)
    if split.name == SplitKind.by_artist.value:
        return artists_together(table)
    return table.song


def _seed(split_seed: int, number: int) -> int:
    return int(np.random.SeedSequence([split_seed, number]).generate_state(1)[0])


def _check(table: SongTable, resample: Resample) -> None:
    parts: Sequence[tuple[str, Indices]] = (("training", resample.train), ("validation", resample.validation))
    for name, rows in parts:
        n_positive = int(table.label[rows].sum())
        if n_positive in (0, len(rows)):
            raise DataError(
                f"Each resample of the finals must have rows of both classes, but one has a {name} part of "
                f"{len(rows):,} rows, {n_positive:,} of them positive. Bring more rows, or search "
                "without finals: finals=none"
            )
