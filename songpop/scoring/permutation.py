"""How much a model needs each column: its log loss with the column shuffled, on rows that its members do not know.

Source: Breiman, Random forests, 2001, section 10; shuffled within rows that were not trained on (Fisher, Rudin and
Dominici, All models are wrong, but many are useful, 2019).

Axes: R rows, C columns of the raw matrix, M members.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from songpop.contracts import Bools, Matrix
from songpop.evaluation.metrics import row_losses
from songpop.evaluation.stats import paired_difference
from songpop.models.opinions import Opinions

N_SHUFFLES = 3


@dataclass(frozen=True, kw_only=True)
class ColumnLoss:
    """Log loss that is lost when a column is shuffled, with its 95 % interval over rows."""

    column: str
    mean: float
    low: float
    high: float


def column_losses(
    opinions: Callable[[Matrix], Opinions],
    matrix: Matrix,
    label: NDArray[np.int8],
    is_unseen: Bools,
    groups: Mapping[str, Sequence[int]],
    rng: np.random.Generator,
    on_column: Callable[[int], None] = lambda n_done: None,
) -> tuple[ColumnLoss, ...]:
    """Return what each group of columns is worth to a model.

    Args:
        opinions: the model: (N, C) to what its M members say.
        matrix: rows, shape (R, C); each is unseen by one member at least.
        label: truth, shape (R,).
        is_unseen: which member was not trained on which row, shape (R, M); only these members answer for it.
        groups: name → columns that are shuffled together.
        rng: shuffles.
        on_column: told how many columns are done.
    """
    plain = _losses(opinions(matrix), label, is_unseen)
    found = []
    for name, columns in groups.items():
        worse = np.zeros(len(matrix))
        for _ in range(N_SHUFFLES):
            shuffled = matrix.copy()
            shuffled[:, list(columns)] = matrix[rng.permutation(len(matrix))][:, list(columns)]
            worse += _losses(opinions(shuffled), label, is_unseen) / N_SHUFFLES
        lost = paired_difference(worse, plain, rng)
        found.append(ColumnLoss(column=name, mean=lost.mean, low=lost.low, high=lost.high))
        on_column(len(found))
    return tuple(found)


def _losses(said: Opinions, label: NDArray[np.int8], is_unseen: Bools) -> NDArray[np.float64]:
    weights = is_unseen * np.asarray(said.votes, dtype=np.float64)
    return row_losses(label, (expit(said.logits) * weights).sum(axis=1) / weights.sum(axis=1))
