"""In which order a trial sees its training rows: a pure function of seed and epoch, the same for every engine."""

import numpy as np
from numpy.typing import NDArray


def epoch_order(seed: int, epoch: int, n_rows: int) -> NDArray[np.int32]:
    """Return the row numbers in the order of one epoch, shape (n_rows,); each row once.

    Args:
        seed: of the trial.
        epoch: from 0.
        n_rows: training rows.
    """
    return np.random.default_rng([seed, epoch]).permutation(n_rows).astype(np.int32)
