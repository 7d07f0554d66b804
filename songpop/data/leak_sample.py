"""What the search for leaks takes and tells: small records, and the rows of a table that are measured.

Owns: the choice of rows. Does not own: the measurement (leakage), which needs scikit-learn: a second of import that a
process need not spend where another one measures.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from songpop.contracts import Indices, Matrix
from songpop.data.table import SongTable
from songpop.errors import DataError

N_ROWS = 5_000  # measured at most; an AUC of 0.99 is then known to 0.002
N_FOLDS = 5

Labels = NDArray[np.int8]


@dataclass(frozen=True, kw_only=True)
class Leak:
    """One column, or two together, by which the label can be told."""

    columns: tuple[str, ...]  # as in the file
    auc: float  # cross-validated, the better of the two models
    lower: float  # one-sided 95 % bound
    model: str  # the better model

    @property
    def name(self) -> str:
        """As it stands in `data.allowed_leaks`: "A" or "A + B"."""
        return " + ".join(self.columns)


@dataclass(frozen=True, kw_only=True)
class LeakVerdict:
    """What leaks: all that was `found` by measurement, and the names that are `allowed` and mark the run.

    A declared source of the label that is allowed marks the run whether it was found or not.
    """

    allowed: tuple[str, ...]
    found: tuple[Leak, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class LeakSample:
    """What is measured of a table, small enough to be sent to another process: one row per song, at most N_ROWS."""

    matrix: Matrix  # (R, C), the classes in turns, so that any beginning has rows of both
    label: Labels  # (R,)
    label_rule: str
    columns: tuple[str, ...]  # of the matrix, as in the file
    names: frozenset[str]  # of all columns that were read
    n_categories: tuple[int, ...]  # per column

    @classmethod
    def of(cls, table: SongTable) -> "LeakSample":
        """Draw the rows.

        Raises:
            DataError: if a class has fewer songs than there are folds.
        """
        # One row per song: a song in two folds would let a tree know it again.
        _, rows = np.unique(table.song, return_index=True)
        n_least = int(np.bincount(table.label[rows], minlength=2).min())
        if n_least < N_FOLDS:
            raise DataError(
                f"The leak guard needs at least {N_FOLDS} songs of each class, but by the rule `{table.label_rule}` "
                f"one class has {n_least}. Bring more rows, or change data.label."
            )
        columns = [
            table.columns[k] for k in table.described
        ]  # an index of names is no quantity, and a date has its age
        rows = _alternate(np.random.default_rng(0).permutation(rows), table.label)
        return cls(
            matrix=table.described_matrix[rows],
            label=table.label[rows],
            label_rule=table.label_rule,
            columns=tuple(table.recipe.source[column.name] for column in columns),
            names=frozenset(table.recipe.source.values()),
            n_categories=tuple(len(column.categories) for column in columns),
        )


def _alternate(rows: Indices, label: Labels) -> Indices:
    """Take the classes in turns, so that any beginning has rows of both, and at most N_ROWS // 2 of each.

    An AUC does not depend on the shares of the classes.
    """
    turn = np.empty(len(rows), dtype=np.int64)
    for value in (0, 1):
        is_member = label[rows] == value
        turn[is_member] = np.arange(is_member.sum())
    order = np.argsort(turn, kind="stable")
    return rows[order[turn[order] < N_ROWS // 2]]
