"""Slots on a CPU: one after the other through the compiled kernel, which serves every network.

Axes: S slots, R rows, N steps, B rows of a batch. Owns: how an epoch is cut into calls. Does not own: the arithmetic
(kernels), slots (slot).
"""

from collections.abc import Sequence
from typing import final

import numpy as np

from songpop.contracts import Matrix, Task, Vector
from songpop.engines import kernels
from songpop.engines.batches import n_steps_of
from songpop.engines.signature import Signature
from songpop.engines.slot import Slot
from songpop.models.topology import ACTIVATIONS

# Of rows and dropout's bits for one call, whatever the table's length: bits stay in the cache, and Ctrl-C is heard.
_MAX_CALL_BYTES = 2 * 2**20


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

    def group_of(self, signature: Signature) -> None:
        """Return the same for all: they share everything."""

    def n_computed(self, n_trials: int) -> int:
        """Return `n_trials`: nothing is filled up."""
        return n_trials

    def train(self, slots: Sequence[Slot]) -> Vector:
        """Train an epoch of each slot, and return their losses, shape (S,)."""
        return np.array([self._train(slot) for slot in slots], dtype=np.float32)

    def predict(self, slots: Sequence[Slot]) -> Matrix:
        """Return the validation rows' probabilities, shape (S, R_val)."""
        probabilities = np.empty((len(slots), len(self._val_x)), dtype=np.float32)
        for slot, row in zip(slots, probabilities, strict=True):
            kernels.predict(slot.weights, self._val_x, np.array(slot.sizes), _curve(slot), row)
        return probabilities

    def _train(self, slot: Slot) -> float:
        n_rows = len(self._y)
        batch_size = min(slot.signature.batch_size, n_rows)
        n_steps = n_steps_of(n_rows, batch_size)
        order, coefficients, bits = slot.order(n_rows), slot.coefficients(n_steps), slot.dropout_bits(batch_size)
        n_call = max(1, _MAX_CALL_BYTES // (batch_size * (4 * slot.sizes[0] + 2 * slot.dropout.n_units)))
        loss = 0.0
        for first in range(0, n_steps, n_call):
            part = coefficients[first : first + n_call]
            loss += kernels.train_steps(
                slot.weights,
                slot.means,
                slot.squares,
                self._x,
                self._y,
                order[first * batch_size : (first + n_call) * batch_size],
                batch_size,
                bits.draw(len(part)),
                (slot.dropout.bounds, slot.dropout.scales, slot.dropout.places),
                slot.lambdas,
                part,
                np.array(slot.sizes),
                _curve(slot),
            )
        # A weight that is no number makes no prediction one, whatever an activation's cut ends made of it.
        return loss / n_rows if np.isfinite(slot.weights).all() else float("nan")


def _curve(slot: Slot) -> int:
    return ACTIVATIONS.index(slot.signature.activation)
