"""The batches of an epoch for a stack of trials, filled up so that all have one shape.

Axes: N steps, S slots, B rows of a batch, R training rows.
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from songpop.contracts import Matrix

# Vector instructions take 16 values, and what is left over goes through other code, with other rounding. Rows are
# filled up to a multiple of it, so that it depends on no slot's place which values are left over.
LANES = 16


def n_steps_of(n_rows: int, batch_size: int) -> int:
    """Return how many steps an epoch has, the last one perhaps with fewer rows."""
    return math.ceil(n_rows / batch_size)


def in_steps(orders: Sequence[NDArray[np.int32]], batch_size: int) -> NDArray[np.int32]:
    """Return the rows of each step, shape (N, S, B), int32; B is `batch_size` filled up with row 0.

    Args:
        orders: of each slot, shape (R,).
        batch_size: rows of a step, at most R.
    """
    n_slots, n_rows = len(orders), len(orders[0])
    n_steps = n_steps_of(n_rows, batch_size)
    flat = np.zeros((n_slots, n_steps * batch_size), dtype=np.int32)
    flat[:, :n_rows] = orders
    steps = flat.reshape(n_slots, n_steps, batch_size).transpose(1, 0, 2)
    return np.ascontiguousarray(np.pad(steps, ((0, 0), (0, 0), (0, -batch_size % LANES))))


def row_weights(n_rows: int, batch_size: int) -> Matrix:
    """Return the weight of each row in its step's mean, shape (N, B): 0 for what fills a batch up."""
    n_steps = n_steps_of(n_rows, batch_size)
    weights = np.full((n_steps, batch_size), 1 / batch_size, dtype=np.float32)
    n_last = n_rows - (n_steps - 1) * batch_size
    weights[-1] = np.where(np.arange(batch_size) < n_last, 1 / n_last, 0)
    return np.pad(weights, ((0, 0), (0, -batch_size % LANES)))


def padded_rows(x: Matrix) -> Matrix:
    """Return `x`, shape (R, F), with rows of zeros up to a multiple of LANES."""
    return np.pad(x, ((0, -len(x) % LANES), (0, 0)))
