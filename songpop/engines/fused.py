"""Slots on a CPU: one after the other through the compiled kernel, which serves every network.

Axes: S slots, R rows, N steps, B rows of a batch. Owns: how an epoch is cut into calls. Does not own: the arithmetic
(kernels), slots (slot).
"""

from collections.abc import Sequence
from typing import final

import numpy as np
from numpy.typing import NDArray

from songpop.contracts import Matrix, Params, Task, Vector
from songpop.engines import kernels
from songpop.engines.batches import n_steps_of
from songpop.engines.signature import Signature
from songpop.engines.slot import Slot
from songpop.models.topology import ACTIVATIONS

_MAX_CALL_ROWS = 2**14  # whatever the table's length, Ctrl-C is heard between two calls


@final
class FusedProgram:
    """Trains slots of any signature side by side; implements `program.Program`."""

    n_traces = 0  # the kernel was compiled once, before there was a trial

    def __init__(self, task: Task) -> None:
        """Take a task.

        Raises:
            ValueError: if its shapes do not fit together, which the kernel would not notice.
        """
        # The kernel takes arrays that lie in this order and could be written to, and no others.
        self._x, self._y, self._val_x = (
            np.require(array, np.float32, ("C", "W")) for array in (task.train.x, task.train.y, task.validation.x)
        )
        if self._x.shape != (len(self._y), self._val_x.shape[-1]):
            shapes = self._x.shape, self._y.shape, self._val_x.shape
            raise ValueError(f"rows, truth and validation rows must fit together, but their shapes are {shapes}.")

    def serves(self, params: Params) -> bool:
        """Say yes: the kernel does all that there is."""
        return True

    def group_of(self, signature: Signature) -> None:
        """Return the same for all: they share everything."""

    def n_computed(self, n_trials: int) -> int:
        """Return `n_trials`: nothing is filled up."""
        return n_trials

    def train(self, slots: Sequence[Slot]) -> Vector:
        """Train an epoch of each slot, and return their losses, shape (S,)."""
        # All that NumPy does comes first: code that runs between two kernels finds the cache filled by them.
        orders = [slot.order(len(self._y)) for slot in slots]
        coefficients = [slot.coefficients(self._n_steps(slot)) for slot in slots]
        shares = [slot.shares(self._n_steps(slot)) for slot in slots]
        losses = [self._train(*one) for one in zip(slots, orders, coefficients, shares, strict=True)]
        # A weight that is no number makes no prediction one, whatever an activation's cut ends made of it.
        are_finite = [np.isfinite(slot.weights).all() for slot in slots]
        return np.where(are_finite, losses, np.nan).astype(np.float32)

    def predict(self, slots: Sequence[Slot]) -> Matrix:
        """Return the validation rows' probabilities, shape (S, R_val)."""
        probabilities = np.empty((len(slots), len(self._val_x)), dtype=np.float32)
        for slot, row in zip(slots, probabilities, strict=True):
            kernels.predict(
                slot.measured,
                self._val_x,
                np.array(slot.sizes),
                _curve(slot),
                row,
                slot.embedding.plan,
                slot.has_skips,
                slot.normalized,
            )
        return probabilities

    def _batch_size(self, slot: Slot) -> int:
        return min(slot.signature.batch_size, len(self._y))

    def _n_steps(self, slot: Slot) -> int:
        return n_steps_of(len(self._y), self._batch_size(slot))

    def _train(self, slot: Slot, order: NDArray[np.int32], coefficients: Matrix, shares: Vector) -> float:
        """Train an epoch, and return its loss."""
        batch_size, loss = self._batch_size(slot), 0.0
        n_call = max(1, _MAX_CALL_ROWS // batch_size)
        for first in range(0, len(coefficients), n_call):
            loss += kernels.train_steps(
                slot.weights,
                slot.means,
                slot.squares,
                self._x,
                self._y,
                order[first * batch_size : (first + n_call) * batch_size],
                batch_size,
                (slot.dropout_key, slot.life.n_epochs, first),
                (slot.dropout.bounds, slot.dropout.scales, slot.dropout.places),
                slot.lambdas,
                coefficients[first : first + n_call],
                np.array(slot.sizes),
                _curve(slot),
                shares[first : first + n_call],
                slot.disturbance,
                slot.clip_norm,
                (slot.averages, slot.momentum),
                slot.embedding.plan,
                slot.has_skips,
                slot.normalized,
            )
        return loss / len(self._y)


def _curve(slot: Slot) -> int:
    return ACTIVATIONS.index(slot.signature.activation)
