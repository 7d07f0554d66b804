"""The trials of one signature, trained as one stack: an epoch, a measurement, and who leaves afterwards.

Axes: S slots, R rows, N steps. Owns: the stacked arrays, each slot's life and best weights. Does not own: the
arithmetic (stacked), which trial comes next (slots, pool).
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from songpop.contracts import EpochReport, Matrix, Task, TrialResult, TrialSpec, Vector
from songpop.engines.batch_order import epoch_order
from songpop.engines.batches import LANES, in_steps, padded_rows, row_weights
from songpop.engines.dropout import DropoutMasks, draw_stacked
from songpop.engines.layout import Layout
from songpop.engines.life import TrialLife
from songpop.engines.signature import Signature, stack_size
from songpop.engines.stacked import StackedNetwork
from songpop.engines.updates import step_coefficients
from songpop.evaluation.metrics import stacked_accuracy, stacked_log_loss
from songpop.models.mlp import dropout_rates, initial_weights, penalties
from songpop.models.runtime import tf

_MAX_CALL_BYTES = 64 * 2**20  # of batches and masks that are laid out for one call into TensorFlow
_PREDICT_CELLS = 32 * 2**20  # hidden values of one call that measures: rows are cut into pieces above it


@dataclass(frozen=True, kw_only=True, eq=False)
class DeviceTask:
    """The task as TensorFlow holds it: once per process, whatever the number of groups."""

    task: Task
    x: Any  # training rows, shape (R, F)
    y: Any  # shape (R,)
    val_x: Any  # filled up to a multiple of LANES

    @classmethod
    def of(cls, task: Task) -> "DeviceTask":
        """Copy a task into TensorFlow's memory."""
        val_x = padded_rows(task.validation.x)
        return cls(task=task, x=tf.constant(task.train.x), y=tf.constant(task.train.y), val_x=tf.constant(val_x))


@final
class _Slot:
    """One trial in a stack."""

    def __init__(self, spec: TrialSpec, n_features: int, layout: Layout) -> None:
        self.life, self.seed = TrialLife(spec), spec.seed
        self.layout = layout
        self.started_at_s, self.clock_s = time.time(), time.perf_counter()
        self.rates = dropout_rates(spec.params)
        self.start = layout.pack(initial_weights(spec.params, n_features, spec.seed))
        self.kept: tuple[Matrix, ...] | None = None
        self.predictions: Vector | None = None

    def order(self, n_rows: int) -> NDArray[np.int32]:
        """Return the order of the rows in the epoch that comes next."""
        return epoch_order(self.seed, self.life.n_epochs, n_rows)

    def coefficients(self, n_steps: int) -> Matrix:
        """Return the optimizer's coefficients of the epoch that comes next, shape (N, len(COEFFICIENTS))."""
        first_step = self.life.n_epochs * n_steps + 1
        return step_coefficients(self.life.spec.params, self.life.learning_rate, first_step, n_steps)

    def lambdas(self, layer: int) -> tuple[float, float]:
        """Return l1 and l2 of a hidden layer's kernel."""
        params = self.life.spec.params
        return penalties(params) if layer >= params.first_regularized else (0.0, 0.0)

    def result(self, y: Vector) -> TrialResult:
        """Return the finished trial."""
        weights = None
        if self.kept is not None:
            weights = tuple(self.layout.unpack(self.kept, lambda piece, shape: piece.reshape(shape)))
        wall_s = time.perf_counter() - self.clock_s
        return self.life.result(weights, self.predictions, y, started_at_s=self.started_at_s, wall_s=wall_s)


@final
class Group:
    """A stack of trials of one signature; grows and shrinks between epochs."""

    def __init__(self, signature: Signature, network: StackedNetwork, device_task: DeviceTask) -> None:
        self.signature = signature
        self._network = network
        self._data = device_task
        self._slots: list[_Slot] = []
        self._state: list[list[Any]] | None = None  # weights, means, squares; each a list of the layout's arrays
        self._lambdas: list[Any] = []
        self.n_trained_slots = 0  # seats that were computed, over all epochs, idle copies included
        self.n_trained_trials = 0  # of them, those that held a trial

    @property
    def n_trials(self) -> int:
        """Trials that are running."""
        return len(self._slots)

    def add(self, specs: Sequence[TrialSpec]) -> None:
        """Give new trials a slot each, before the next epoch.

        Raises:
            SettingsError: if a trial's hyperparameters cannot be meant.
        """
        n_features = int(self._data.x.shape[1])
        new = [_Slot(spec, n_features, self._network.layout) for spec in specs]
        self._rearrange(list(range(len(self._slots))), new)

    def prepare(self, spec: TrialSpec, n_trials: int) -> None:
        """Trace and compile for a stack of so many trials, by a step whose result is thrown away."""
        self.add([spec] * n_trials)
        self._train(stack_size(n_trials), n_steps_at_most=1)
        self._predict()
        self._rearrange([], [])

    def train_epoch(self) -> list[EpochReport]:
        """Train and measure an epoch of every trial; return the reports of those that have not failed by it."""
        assert self._state is not None
        n_seats = int(self._state[0][-1].shape[0])
        self.n_trained_slots += n_seats
        self.n_trained_trials += len(self._slots)
        losses = self._train(n_seats)
        probability = self._predict()
        weights = [array.numpy() for array in self._state[0]]
        y = self._data.task.validation.y
        log_losses = stacked_log_loss(y, probability[: len(self._slots)])
        accuracies = stacked_accuracy(y, probability[: len(self._slots)])
        reports = []
        for place, slot in enumerate(self._slots):
            metrics = {
                "loss": float(losses[place]),
                "val_loss": float(log_losses[place]) + self._penalty(place, weights),
                "val_log_loss": float(log_losses[place]),
                "val_accuracy": float(accuracies[place]),
                "learning_rate": slot.life.learning_rate,
            }
            if slot.life.observe(metrics):
                slot.kept = tuple(array[place].copy() for array in weights)
                slot.predictions = probability[place].copy()
            if not slot.life.has_failed:
                reports.append(slot.life.history[-1])
        return reports

    def release(self, stopped: frozenset[int]) -> list[TrialResult]:
        """End the trials that are over, and those that the pruner has stopped; the others move together."""
        for slot in self._slots:
            if slot.life.spec.trial in stopped and not slot.life.has_failed:
                slot.life.give_up()
        ended = [slot for slot in self._slots if slot.life.is_over]
        if ended:
            self._rearrange([place for place, slot in enumerate(self._slots) if not slot.life.is_over], [])
        return [slot.result(self._data.task.validation.y) for slot in ended]

    # ── the epoch ───────────────────────────────────────────────────────────────────────────────────────────

    def _train(self, n_seats: int, n_steps_at_most: int | None = None) -> Vector:
        """Train one epoch, or fewer steps, and return each seat's loss, shape (S,)."""
        assert self._state is not None
        n_rows = len(self._data.task.train.y)
        batch_size = min(self.signature.batch_size, n_rows)
        steps = in_steps(self._seats(lambda slot: slot.order(n_rows), n_seats), batch_size)
        weights = row_weights(n_rows, batch_size)
        n_steps = min(len(steps), n_steps_at_most or len(steps))
        coefficients = np.stack(self._seats(lambda slot: slot.coefficients(n_steps), n_seats), axis=1)
        scales = np.transpose(self._seats(lambda slot: [1 / (1 - rate) for rate in slot.rates], n_seats))
        masks = [self._masks(layer) for layer in range(len(self.signature.widths))]
        total = np.zeros(n_seats)
        for first in range(0, n_steps, n_call := self._steps_per_call(n_seats, steps.shape[2])):
            part = slice(first, min(first + n_call, n_steps))
            *self._state, losses = self._network.train_steps(
                *self._state,
                self._data.x,
                self._data.y,
                tf.constant(steps[part]),
                tf.constant(weights[part]),
                [self._drawn(layer, steps[part].shape) for layer in enumerate(masks)],
                tf.constant(scales, dtype=tf.float32),
                self._lambdas,
                tf.constant(coefficients[part]),
            )
            total += losses.numpy()
        return np.asarray(total / n_rows, dtype=np.float32)

    def _predict(self) -> Matrix:
        """Return probabilities of the validation rows, shape (S, R_val)."""
        assert self._state is not None
        widest, n_seats = max(self.signature.widths), int(self._state[0][-1].shape[0])
        n_rows = max(1, _PREDICT_CELLS // (widest * n_seats * LANES)) * LANES
        x = self._data.val_x
        pieces = [
            self._network.predict(self._state[0], x[first : first + n_rows]).numpy()
            for first in range(0, int(x.shape[0]), n_rows)
        ]
        return np.concatenate(pieces, axis=1)[:, : len(self._data.task.validation.y)]

    def _penalty(self, place: int, weights: Sequence[Matrix]) -> float:
        """Return the penalty of a slot's weights, as Keras has it."""
        lambdas = [self._slots[place].lambdas(k) for k in range(len(self.signature.widths))]
        if not any(l1 or l2 for l1, l2 in lambdas):
            return 0.0
        arrays = self._network.layout.unpack([array[place] for array in weights], lambda piece, shape: piece)
        kernels = [array.astype(np.float64) for array in arrays[: 2 * len(lambdas) : 2]]
        sums = zip(kernels, lambdas, strict=True)
        return float(sum(l1 * np.abs(kernel).sum() + l2 * np.square(kernel).sum() for kernel, (l1, l2) in sums))

    def _masks(self, layer: int) -> list[DropoutMasks]:
        """Return the masks of a layer by slot; none where no slot has any."""
        if not any(slot.rates[layer] for slot in self._slots):
            return []
        return [DropoutMasks(slot.seed, layer, slot.life.n_epochs, slot.rates[layer]) for slot in self._slots]

    def _drawn(self, layer: tuple[int, list[DropoutMasks]], steps: tuple[int, ...]) -> Any:
        """Return the next masks of a layer, shape (N, S, B, U); empty where it has no dropout."""
        number, masks = layer
        if not masks:
            return tf.ones((1, 1, 1, 1), dtype=tf.bool)
        n_steps, n_seats, n_rows = steps
        return tf.constant(draw_stacked(masks, (n_steps, n_seats, n_rows, self.signature.widths[number])))

    def _steps_per_call(self, n_seats: int, batch: int) -> int:
        n_features = int(self._data.x.shape[1])
        step_bytes = n_seats * batch * (4 * n_features + sum(self.signature.widths))
        return max(1, _MAX_CALL_BYTES // step_bytes)

    # ── who sits where ──────────────────────────────────────────────────────────────────────────────────────

    def _rearrange(self, stay: list[int], new: list[_Slot]) -> None:
        """Put the trials that stay and the new ones side by side; idle seats at the end are copies of the first."""
        self._slots = [self._slots[place] for place in stay] + new
        if not self._slots:
            self._state = None
            return
        n_seats = stack_size(len(self._slots))
        starts = [np.stack(arrays) for arrays in zip(*(slot.start for slot in new), strict=True)] if new else []
        state = []
        for kind in range(3):
            arrays = []
            for k in range(len(self._network.layout.specs)):
                pieces = [] if self._state is None else [tf.gather(self._state[kind][k], stay)]
                if new:
                    pieces.append(tf.constant(starts[k] if kind == 0 else np.zeros_like(starts[k])))
                joined = tf.concat(pieces, axis=0)
                idle = tf.repeat(joined[:1], n_seats - len(self._slots), axis=0)
                arrays.append(tf.concat([joined, idle], axis=0))
            state.append(arrays)
        self._state = state
        self._lambdas = self._stacked_lambdas(n_seats)

    def _stacked_lambdas(self, n_seats: int) -> list[Any]:
        """Return each array's penalties as `StackedNetwork.train_steps` takes them."""
        layout = self._network.layout
        table = np.zeros((2, n_seats, len(layout.shapes)), dtype=np.float32)
        layers = range(len(self.signature.widths))
        by_seat = np.array(self._seats(lambda slot: [slot.lambdas(k) for k in layers], n_seats))
        for k in layers:
            table[:, :, 2 * k] = np.transpose(by_seat[:, k])
        flat = [np.repeat(table[:, :, [k]], int(np.prod(layout.shapes[k])), axis=2) for k in layout.together]
        n_left = layout.n_together - sum(piece.shape[2] for piece in flat)
        together = np.concatenate([*flat, np.zeros((2, n_seats, n_left), dtype=np.float32)], axis=2)
        return [tf.constant(table[:, :, k].reshape(2, n_seats, 1, 1)) for k in layout.alone] + [tf.constant(together)]

    def _seats(self, of_slot: Callable[[_Slot], Any], n_seats: int) -> list[Any]:
        """Return a value for each seat; idle ones have that of the first slot."""
        values = [of_slot(slot) for slot in self._slots]
        return values + [values[0]] * (n_seats - len(values))
