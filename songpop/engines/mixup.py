"""In which shares a trial's batches are mixed: a pure function of seed, epoch and step, the same for every engine.

Zhang, Cisse, Dauphin and Lopez-Paz, mixup: Beyond empirical risk minimization, ICLR 2018: x and y of a row become
share * row + (1 - share) * another row. As in their code, one share serves a whole batch. The other row is here the
one at the same place from the batch's end: batches are shuffled already. Axes: N steps.
"""

import numpy as np

from songpop.contracts import Vector

_STREAM = 0x3D  # keeps these numbers apart from batch orders, which derive from (seed, epoch) too
NONE = np.empty(0, dtype=np.float32)


def mixing_shares(alpha: float, seed: int, epoch: int, n_steps: int) -> Vector:
    """Return the share of each step's own rows, shape (N,); shape (0,) where `alpha` is 0: nothing is mixed.

    Args:
        alpha: of Beta(alpha, alpha), at least 0.
        seed: of the trial.
        epoch: from 0.
        n_steps: N, the steps of an epoch.
    """
    if alpha == 0:
        return NONE
    return np.random.default_rng([seed, epoch, _STREAM]).beta(alpha, alpha, n_steps).astype(np.float32)
