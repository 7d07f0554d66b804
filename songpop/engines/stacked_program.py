"""Slots on a GPU: those of one signature as one stack, laid out for `stacked.StackedNetwork`.

Axes: S seats (slots, and idle copies of the first up to a compiled size), R rows, N steps, B rows of a batch, U units.
Owns: laying out, and how an epoch is cut into calls. Does not own: the arithmetic (stacked), slots (slot).
"""

from collections.abc import Callable, Sequence
from dataclasses import fields
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from songpop.contracts import Matrix, Params, Task, Vector
from songpop.engines.batches import LANES, in_steps, padded_rows, row_weights
from songpop.engines.dropout import draw_bits
from songpop.engines.layout import Layout
from songpop.engines.signature import Signature, stack_size
from songpop.engines.slot import Slot, pack, unpack
from songpop.engines.stacked import StackedNetwork
from songpop.models.runtime import tf

# What a stack does. A list of what it can, not of what it lacks: a new parameter goes to the kernel until it is here.
_KNOWN = frozenset({
    "inputs", "widths", "activation", "first_regularized", "batch_size", "regularization", "l1", "l2", "dropout_first",
    "dropout_later", "optimizer", "learning_rate", "momentum", "weight_decay", "schedule", "step_every", "step_factor",
    "decay_to", "cosine_to", "warmup_epochs", "plateau_patience", "plateau_factor",
})  # fmt: skip
_MAX_CALL_BYTES = 64 * 2**20  # of batches and masks that are laid out for one call into TensorFlow
_PREDICT_CELLS = 32 * 2**20  # hidden values of one call that measures: rows are cut into pieces above it


@final
class StackedProgram:
    """Trains slots of one signature as one stack; implements `program.Program`.

    It does not mix rows, smooth labels, disturb or embed features, normalise or skip layers, average weights or clip
    gradients: a trial that asks for any of it is not served, and is trained by the CPU's kernel, on a machine with a
    GPU too (population).
    """

    def __init__(self, task: Task, *, is_compiled: bool = True) -> None:
        """Copy a task into the device's memory.

        Args:
            task: what is trained on.
            is_compiled: whether XLA compiles the whole epoch, which is for a GPU: on a CPU its batched products take
                twenty times as long as TensorFlow's own.
        """
        self._task = task
        self._is_compiled = is_compiled
        self._x, self._y = tf.constant(task.train.x), tf.constant(task.train.y)
        self._val_x = tf.constant(padded_rows(task.validation.x))
        self._networks: dict[tuple[tuple[int, ...], str], StackedNetwork] = {}

    @property
    def n_traces(self) -> int:
        """How often TensorFlow has traced a function: a constant number per network, however many trials."""
        return sum(network.n_traces for network in self._networks.values())

    def serves(self, params: Params) -> bool:
        """Say whether all that a stack does not know is at its default."""
        return all(getattr(params, field.name) == field.default for field in fields(params) if field.name not in _KNOWN)

    def group_of(self, signature: Signature) -> Signature:
        """Return the signature: what differs in it cannot share a stack."""
        return signature

    def n_computed(self, n_trials: int) -> int:
        """Return the size of the stack."""
        return stack_size(n_trials)

    def train(self, slots: Sequence[Slot]) -> Vector:
        """Train an epoch of each slot, and return their losses, shape (S,)."""
        network, seats, n_rows = self._network(slots[0]), _filled_up(slots), len(self._y)
        batch_size = min(slots[0].signature.batch_size, n_rows)
        steps = in_steps([slot.order(n_rows) for slot in seats], batch_size)
        weights = row_weights(n_rows, batch_size)
        coefficients = np.stack([slot.coefficients(len(steps)) for slot in seats], axis=1)
        scales = np.stack([slot.dropout.scales for slot in seats], axis=1)
        lambdas = _stacked_lambdas(network.layout, seats)
        state = [_stacked(network.layout, seats, name) for name in _STATE]
        total = np.zeros(len(seats))
        n_call = self._steps_per_call(slots[0], len(seats), steps.shape[2])
        for first in range(0, len(steps), n_call):
            part = slice(first, first + n_call)
            *state, losses = network.train_steps(
                *state,
                self._x,
                self._y,
                tf.constant(steps[part]),
                tf.constant(weights[part]),
                _masks(slots, first, steps[part].shape, batch_size),
                tf.constant(scales),
                lambdas,
                tf.constant(coefficients[part]),
            )
            total += losses.numpy()
        for name, arrays in zip(_STATE, state, strict=True):
            _put_back(network.layout, slots, name, [array.numpy() for array in arrays])
        return np.asarray(total / n_rows, dtype=np.float32)[: len(slots)]

    def predict(self, slots: Sequence[Slot]) -> Matrix:
        """Return the validation rows' probabilities, shape (S, R_val)."""
        network, seats = self._network(slots[0]), _filled_up(slots)
        weights = _stacked(network.layout, seats, "weights")
        n_rows = max(1, _PREDICT_CELLS // (max(slots[0].signature.widths) * len(seats) * LANES)) * LANES
        pieces = [
            network.predict(weights, self._val_x[first : first + n_rows]).numpy()
            for first in range(0, int(self._val_x.shape[0]), n_rows)
        ]
        return np.concatenate(pieces, axis=1)[: len(slots), : len(self._task.validation.y)]

    def _network(self, slot: Slot) -> StackedNetwork:
        key = slot.signature.network
        if key not in self._networks:
            self._networks[key] = StackedNetwork(*key, int(self._x.shape[1]), is_compiled=self._is_compiled)
        return self._networks[key]

    def _steps_per_call(self, slot: Slot, n_seats: int, batch: int) -> int:
        step_bytes = n_seats * batch * (4 * slot.sizes[0] + sum(slot.signature.widths))
        return max(1, _MAX_CALL_BYTES // step_bytes)


_STATE = ("weights", "means", "squares")  # of a slot


def _filled_up(slots: Sequence[Slot]) -> list[Slot]:
    return [*slots, *[slots[0]] * (stack_size(len(slots)) - len(slots))]


def _stacked(layout: Layout, seats: Sequence[Slot], name: str) -> list[Any]:
    """Return an array of all seats as the layout has it."""
    packed = [layout.pack(unpack(getattr(slot, name), slot.sizes)) for slot in seats]
    return [tf.constant(np.stack(arrays)) for arrays in zip(*packed, strict=True)]


def _put_back(layout: Layout, slots: Sequence[Slot], name: str, arrays: Sequence[Matrix]) -> None:
    reshape: Callable[[Any, tuple[int, ...]], Any] = lambda piece, shape: piece.reshape(shape)  # noqa: E731
    for place, slot in enumerate(slots):
        getattr(slot, name)[:] = pack(tuple(layout.unpack([array[place] for array in arrays], reshape)))


def _masks(slots: Sequence[Slot], first: int, shape: tuple[int, ...], batch_size: int) -> list[Any]:
    """Return each hidden layer's masks, shape (N, S, B, U): True where a unit stays; (1, 1, 1, 1) if all do in all."""
    n_steps, n_seats, n_rows = shape
    widths = slots[0].signature.widths
    masks: list[NDArray[np.bool_]] = [
        np.ones((n_steps, n_seats, n_rows, width) if is_used else (1, 1, 1, 1), dtype=np.bool_)
        for width, is_used in zip(widths, np.any([slot.dropout.places >= 0 for slot in slots], axis=0), strict=True)
    ]
    for seat, slot in enumerate(slots):
        n_values = batch_size * slot.dropout.n_units
        drawn = draw_bits(slot.dropout_key, slot.life.n_epochs, first, n_steps, n_values)
        for layer in np.flatnonzero(slot.dropout.places >= 0):
            place, width = slot.dropout.places[layer] * batch_size, widths[layer]
            of_layer = drawn[:, place : place + batch_size * width].reshape(n_steps, batch_size, width)
            masks[layer][:, seat, :batch_size] = of_layer >= slot.dropout.bounds[layer]
    return [tf.constant(mask) for mask in masks]


def _stacked_lambdas(layout: Layout, seats: Sequence[Slot]) -> list[Any]:
    """Return each array's penalties as `StackedNetwork.train_steps` takes them."""
    n_seats = len(seats)
    table = np.zeros((2, n_seats, len(layout.shapes)), dtype=np.float32)
    table[:, :, ::2] = np.stack([slot.lambdas for slot in seats]).transpose(2, 0, 1)  # kernels; biases have none
    flat = [np.repeat(table[:, :, [k]], int(np.prod(layout.shapes[k])), axis=2) for k in layout.together]
    n_left = layout.n_together - sum(piece.shape[2] for piece in flat)
    together = np.concatenate([*flat, np.zeros((2, n_seats, n_left), dtype=np.float32)], axis=2)
    return [tf.constant(table[:, :, k].reshape(2, n_seats, 1, 1)) for k in layout.alone] + [tf.constant(together)]
