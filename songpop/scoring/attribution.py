"""How much each column of the input moves a song's log odds: Shapley values, by permutations.

Owns: the arithmetic. Does not own: words (reasons.py).

Axes: R rows, C columns of the raw matrix, G groups of columns, B rows of the background.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from songpop.contracts import Matrix

Floats = NDArray[np.float64]


def attributions(
    value: Callable[[Matrix], Floats],
    rows: Matrix,
    background: Matrix,
    groups: Sequence[Sequence[int]],
    rng: np.random.Generator,
) -> Floats:
    """Return what each group of columns adds to the value of each row, against the background's mean.

    A row's sum over the groups is its value less the mean value of the background, exactly. Sampled as in Štrumbelj and
    Kononenko, Explaining prediction models and individual predictions with feature contributions, 2014: cells of a
    background row are replaced one group after another, in a random order and then in the reverse one (antithetic;
    Mitchell et al., Sampling permutations for Shapley value estimation, 2022). All rows have the same orders, so that
    what is said of a song does not depend on its neighbours. The shap package, which does the same, cannot be
    installed beside our Numba on every machine.

    Args:
        value: the model: (N, C) to (N,).
        rows: to be explained, shape (R, C).
        background: what they are held against, shape (B, C); each row gives one order and its reverse.
        groups: columns that are replaced together; each column is in one group.
        rng: where the orders come from.

    Returns:
        Shape (R, G).
    """
    added = np.zeros((len(rows), len(groups)))
    if not len(rows):
        return added
    for start in background:
        order = rng.permutation(len(groups))
        for one in (order, order[::-1]):
            steps = np.empty((len(groups) + 1, *rows.shape), dtype=rows.dtype)
            steps[0] = start
            for place, group in enumerate(one):
                steps[place + 1] = steps[place]
                steps[place + 1][:, groups[group]] = rows[:, groups[group]]
            values = value(steps.reshape(-1, rows.shape[1])).reshape(len(groups) + 1, len(rows))
            added[:, one] += np.diff(values, axis=0).T
    return added / (2 * len(background))
