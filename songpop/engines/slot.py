"""One trial while it trains: its life, its weights, and what its next epoch needs.

Axes: R rows, N steps, P weights, L layers. Weights lie side by side as one vector: the embedding's, if there is one,
gammas and betas, if it is normalised, kernel and bias of each layer (arrangement), moving statistics before all of
them. Owns: that vector and the optimizer's two. Does not own: the arithmetic (kernels, stacked), whose turn it is
(group).
"""

import time
from typing import final

import numpy as np
from numpy.typing import NDArray

from songpop.contracts import Matrix, TrialResult, TrialSpec, Vector
from songpop.engines.arrangement import by_keras, by_kernel, measured_shapes, trained_shapes
from songpop.engines.batch_order import epoch_order
from songpop.engines.disturbance import disturbance_of
from songpop.engines.dropout import Dropout, dropout_key
from songpop.engines.life import TrialLife
from songpop.engines.mixup import mixing_shares
from songpop.engines.paused import PausedSlot
from songpop.engines.signature import signature_of
from songpop.engines.updates import step_coefficients
from songpop.models.embeddings import Shapes, embedding_of
from songpop.models.topology import (
    NORMALIZATIONS,
    dropout_rates,
    initial_weights,
    layer_sizes,
    penalties,
    weight_shapes,
)

_TRAINED = ("weights", "means", "squares", "averages")  # vectors that an epoch changes


@final
class Slot:
    """A trial in its seat; whoever trains it changes `weights`, `means` and `squares`, shape (P,), in place.

    Likewise `averages`, which have shape (0,) where the trial has none.
    """

    def __init__(
        self, spec: TrialSpec, n_features: int, x: Matrix | None = None, paused: PausedSlot | None = None
    ) -> None:
        """Begin a trial, or go on with one.

        Args:
            spec: all about it.
            n_features: F.
            x: training rows, shape (R, F), which an embedding is fitted on; None where none can be asked for.
            paused: the state that it goes on from; None: it begins.

        Raises:
            SettingsError: if its hyperparameters cannot be meant.
        """
        self.life = TrialLife(spec)
        self.signature = signature_of(spec.params)
        self.dropout = Dropout.of(dropout_rates(spec.params), self.signature.widths)
        self.embedding = embedding_of(spec.params, n_features)
        self.has_skips = int(spec.params.skip == "add")
        self.normalized = NORMALIZATIONS.index(spec.params.normalization)
        self.sizes = layer_sizes(spec.params, n_features)
        self.dropout_key = dropout_key(spec.seed)
        self.lambdas = self._lambdas(spec)
        self.disturbance = disturbance_of(spec.params)
        self.clip_norm = np.float32(spec.params.clip_norm)
        self.momentum = np.float32(spec.params.weight_average)
        embedded = (*self.embedding.constants, *self.embedding.trained)
        self._arranged = spec.params.normalization, len(embedded)
        initial = initial_weights(spec.params, n_features, spec.seed, x)
        self.weights = pack(by_kernel(initial, *self._arranged))
        self.averages = self.weights.copy() if self.momentum else np.empty(0, dtype=np.float32)
        # Shapes of what comes before the layers.
        kind, widths = spec.params.normalization, self.signature.widths
        self._before = (*measured_shapes(kind, widths), *embedded, *trained_shapes(kind, widths))
        self._kernels = unpack(self.measured, self.sizes, self._before)[len(self._before) :: 2]  # views
        self.means, self.squares = np.zeros_like(self.weights), np.zeros_like(self.weights)
        self._kept: tuple[Vector, Vector] | None = None  # weights, and predictions with them
        if paused is not None:
            self._go_on(paused)
        self._started_at_s, self._clock_s = time.time(), time.perf_counter()

    def _go_on(self, paused: PausedSlot) -> None:
        self.life, self._kept = paused.life.gone_on(self.life.spec), paused.kept
        for name in _TRAINED:
            getattr(self, name)[:] = getattr(paused, name)  # in place, since the kernels are views

    def paused(self) -> PausedSlot | None:
        """Return the state of a trial that is over for now; None: it is over, or still trains."""
        if not self.life.has_paused:
            return None
        arrays = {name: getattr(self, name) for name in _TRAINED}
        return PausedSlot(life=self.life, kept=self._kept, **arrays)

    @property
    def measured(self) -> Vector:
        """The weights that are measured and kept, shape (P,): the averages, if the trial has any."""
        return self.averages if self.momentum else self.weights

    def order(self, n_rows: int) -> NDArray[np.int32]:
        """Return the order of the rows in the epoch that comes next, shape (R,)."""
        return epoch_order(self.life.spec.seed, self.life.n_epochs, n_rows)

    def coefficients(self, n_steps: int) -> Matrix:
        """Return the optimizer's coefficients of the epoch that comes next, shape (N, len(COEFFICIENTS))."""
        first_step = self.life.n_epochs * n_steps + 1
        return step_coefficients(self.life.spec.params, self.life.learning_rate, first_step, n_steps)

    def shares(self, n_steps: int) -> Vector:
        """Return the shares of the epoch that comes next, shape (N,), or (0,) where nothing is mixed."""
        spec = self.life.spec
        return mixing_shares(spec.params.mixup, spec.seed, self.life.n_epochs, n_steps)

    def penalty(self) -> float:
        """Return the penalty of the measured weights, with Keras' formula."""
        total = 0.0
        for kernel, (l1, l2) in zip(self._kernels, self.lambdas, strict=True):
            if l1 or l2:
                total += float(l1 * np.abs(kernel).sum() + l2 * np.vdot(kernel, kernel))
        return total

    def keep(self, predictions: Vector) -> None:
        """Remember the measured weights, and the validation rows' probabilities with them, as the trial's best."""
        self._kept = self.measured.copy(), predictions.copy()

    def result(self, y: Vector) -> TrialResult:
        """Return the finished trial; `y` is the truth of the validation rows."""
        weights, predictions = (None, None) if self._kept is None else self._kept
        return self.life.result(
            None if weights is None else by_keras(unpack(weights, self.sizes, self._before), *self._arranged),
            predictions,
            y,
            started_at_s=self._started_at_s,
            wall_s=time.perf_counter() - self._clock_s,
        )

    def _lambdas(self, spec: TrialSpec) -> Matrix:
        """Return l1 and l2 of each layer's kernel, shape (L, 2); the last layer has none."""
        table = np.zeros((len(self.sizes) - 1, 2), dtype=np.float32)
        table[spec.params.first_regularized : -1] = penalties(spec.params)
        return table


def pack(arrays: tuple[Matrix, ...]) -> Vector:
    """Return a network's arrays, in Keras' order, as one vector, shape (P,)."""
    return np.concatenate([array.reshape(-1) for array in arrays])


def unpack(weights: Vector, sizes: tuple[int, ...], before: Shapes = ()) -> list[Matrix]:
    """Return views of a network's arrays, in Keras' order.

    Args:
        weights: shape (P,).
        sizes: what the first layer is given, units of each layer, and 1.
        before: shapes of the arrays before the layers'.
    """
    shapes = (*before, *weight_shapes(sizes))
    ends = np.cumsum([int(np.prod(shape)) for shape in shapes])
    return [part.reshape(shape) for part, shape in zip(np.split(weights, ends[:-1]), shapes, strict=True)]
