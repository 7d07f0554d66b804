"""Many small networks trained as one program, on a GPU: pure functions over stacked arrays.

Axes: S slots, B rows of a batch, R rows of a part, F features, U units, N steps. Arrays are float32 unless said.
Everything that it knows of a trial (stacked_program says what), shapes and activation apart, is a tensor with one entry
per slot. A slot's numbers do not depend on the other slots: products are taken slot by slot, all else is elementwise,
and sums run within a slot (to the last bit where XLA has not compiled the whole, as tests hold).

Owns: forward pass, gradients, update, the epoch as one call. Does not own: which trial a slot holds (slots), how slots
are laid out (stacked_program).
"""

from collections.abc import Callable, Sequence
from typing import Any, final

from songpop.engines.layout import Layout
from songpop.engines.updates import COEFFICIENTS
from songpop.models import topology
from songpop.models.runtime import keras, tf

Tensor = Any
own_gradient: Callable[[Callable[..., Any]], Callable[..., Tensor]] = tf.custom_gradient


@own_gradient
def dense(x: Tensor, kernel: Tensor, bias: Tensor) -> Tensor:
    """Apply one dense layer per slot: (S, B, F), (S, F, U), (S, U) to (S, B, U).

    With a gradient of its own: TensorFlow's would find out at run time, in each step, how the bias was spread.
    """

    def gradient(upstream: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        return (
            tf.matmul(upstream, kernel, transpose_b=True),
            tf.matmul(x, upstream, transpose_a=True),
            tf.reduce_sum(upstream, axis=1),
        )

    return tf.matmul(x, kernel) + bias[:, None, :], gradient


@own_gradient
def masked(hidden: Tensor, mask: Tensor, is_used: Tensor) -> Tensor:
    """Multiply (S, B, U) by a mask of that shape where `is_used`; else the mask is not looked at."""

    def apply(values: Tensor) -> Tensor:
        return tf.cond(is_used, lambda: values * mask, lambda: values)

    return apply(hidden), lambda upstream: (apply(upstream), None, None)


@own_gradient
def output_logits(hidden: Tensor, kernel: Tensor, bias: Tensor) -> Tensor:
    """Apply the last layer, one unit: (S, B, U), (S, U, 1), (S, 1) to (S, B). Sums, for products would take longer."""
    row = tf.linalg.matrix_transpose(kernel)  # (S, 1, U)

    def gradient(upstream: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        spread = upstream[:, :, None]
        return (
            spread * row,
            tf.reduce_sum(hidden * spread, axis=1)[:, :, None],
            tf.reduce_sum(upstream, axis=1, keepdims=True),
        )

    return tf.reduce_sum(hidden * row, axis=-1) + bias, gradient


@own_gradient
def weighted_log_loss(logits: Tensor, y: Tensor, weight: Tensor) -> Tensor:
    """Return each slot's loss, shape (S,): logits and y (S, B), row weights (B,) that sum to 1 or less."""
    loss = tf.reduce_sum((tf.nn.softplus(logits) - logits * y) * weight, axis=1)
    return loss, lambda upstream: (upstream[:, None] * (tf.sigmoid(logits) - y) * weight, None, None)


ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    name: getattr(keras.activations, name) for name in topology.ACTIVATIONS
}


@final
class StackedNetwork:
    """The compiled functions of one network, for any number of slots and any batch size."""

    def __init__(self, widths: tuple[int, ...], activation: str, n_features: int, *, is_compiled: bool) -> None:
        """Describe the network; TensorFlow traces when a function is first called.

        Args:
            widths: units of the hidden layers.
            activation: a key of ACTIVATIONS.
            n_features: F.
            is_compiled: whether XLA compiles the whole epoch, once per size.
        """
        sizes = (n_features, *widths, 1)
        self.layout = Layout(shapes=topology.weight_shapes(sizes))
        self._n_hidden = len(widths)
        self._activate = ACTIVATIONS[activation]
        self.n_traces = 0  # counted while TensorFlow traces
        state = [self.layout.specs] * 3
        masks = [tf.TensorSpec((None, None, None, None), tf.bool)] * len(widths)
        self.train_steps = tf.function(
            self._train_steps,
            jit_compile=is_compiled or None,
            input_signature=[
                *state,
                tf.TensorSpec((None, n_features)),
                tf.TensorSpec((None,)),
                tf.TensorSpec((None, None, None), tf.int32),
                tf.TensorSpec((None, None)),
                masks,
                tf.TensorSpec((len(widths), None)),
                self.layout.lambda_specs,
                tf.TensorSpec((None, None, len(COEFFICIENTS))),
            ],
        )
        self.predict = tf.function(
            self._predict, input_signature=[self.layout.specs, tf.TensorSpec((None, n_features))]
        )
        # Fused: one pass over the weights instead of seventeen. Compiled once per size of the stack.
        self._update = tf.function(_updated, jit_compile=True)

    def _train_steps(
        self,
        weights: Sequence[Tensor],
        means: Sequence[Tensor],
        squares: Sequence[Tensor],
        x: Tensor,
        y: Tensor,
        order: Tensor,
        row_weights: Tensor,
        masks: Sequence[Tensor],
        scales: Tensor,
        lambdas: Sequence[Tensor],
        coefficients: Tensor,
    ) -> tuple[list[Tensor], list[Tensor], list[Tensor], Tensor]:
        """Train N steps.

        Args:
            weights: the layout's arrays, each with S slots.
            means: the optimizers' m, alike.
            squares: the optimizers' v, alike.
            x: training rows, shape (R, F).
            y: their truth, shape (R,).
            order: rows of each step, shape (N, S, B), int32.
            row_weights: of the rows of a step, shape (N, B): one by their number, 0 for those that fill up.
            masks: for each hidden layer its dropout, shape (N, S, B, U), bool; (1, 1, 1, 1) where no slot has any.
            scales: 1 / (1 - rate) by hidden layer, shape (L, S).
            lambdas: for each array its l1 and l2, shape (2, S, …), spreading over the array.
            coefficients: shape (N, S, len(COEFFICIENTS)).

        Returns:
            Weights, means and squares afterwards, and each slot's loss with penalty, summed over the steps, each
            weighted by its rows (so that the sum over an epoch, divided by R, is Keras' loss), shape (S,).
        """
        self.n_traces += 1
        n_rows = tf.math.count_nonzero(row_weights, axis=1, dtype=tf.float32)
        # At once, while the rows are in the cache; a step then takes its part without a copy.
        all_x, all_y = tf.gather(x, order), tf.gather(y, order)
        is_used = [tf.size(mask) > 1 for mask in masks]

        def step(
            i: Tensor, weights: list[Tensor], means: list[Tensor], squares: list[Tensor], total: Tensor
        ) -> tuple[Any, ...]:
            dropout = [
                (tf.cond(used, lambda k=k: self._batch_mask(masks[k], scales[k], i), lambda: tf.ones((1, 1, 1))), used)
                for k, used in enumerate(is_used)
            ]
            loss, gradients = self._gradients(weights, all_x[i], all_y[i], row_weights[i], dropout)
            updated = [
                self._update(*array, coefficients[i], both)
                for *array, both in zip(weights, means, squares, gradients, lambdas, strict=True)
            ]
            weights, means, squares, penalties = (list(column) for column in zip(*updated, strict=True))
            return i + 1, weights, means, squares, total + n_rows[i] * (loss + tf.add_n(penalties))

        shapes = [spec.shape for spec in self.layout.specs]
        start = (0, list(weights), list(means), list(squares), tf.zeros((tf.shape(order)[1],)))
        _, *ended = tf.while_loop(
            lambda i, *_: i < tf.shape(order)[0],
            step,
            start,
            shape_invariants=(tf.TensorShape(()), shapes, shapes, shapes, tf.TensorShape((None,))),
        )
        return tuple(ended)

    @staticmethod
    def _batch_mask(mask: Tensor, scale: Tensor, i: Tensor) -> Tensor:
        return tf.cast(mask[i], tf.float32) * scale[:, None, None]

    def _gradients(
        self, weights: list[Tensor], x: Tensor, y: Tensor, row_weight: Tensor, dropout: list[tuple[Tensor, Tensor]]
    ) -> tuple[Tensor, list[Tensor]]:
        """Return each slot's loss without penalty, shape (S,), and its gradients."""
        arrays = self._unpacked(weights)
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(arrays)
            loss = weighted_log_loss(self._logits(arrays, x, dropout), y, row_weight)
        return loss, self.layout.join(tape.gradient(loss, arrays))

    def _unpacked(self, weights: Sequence[Tensor]) -> list[Tensor]:
        return self.layout.unpack(weights, lambda piece, shape: tf.reshape(piece, (-1, *shape)))

    def _logits(self, arrays: Sequence[Tensor], x: Tensor, dropout: Sequence[tuple[Tensor, Tensor]]) -> Tensor:
        """Return logits, shape (S, B): x (S, B, F); (mask, whether it is used) by hidden layer, none to predict."""
        hidden = x
        for k in range(self._n_hidden):
            hidden = self._activate(dense(hidden, arrays[2 * k], arrays[2 * k + 1]))
            if dropout:
                hidden = masked(hidden, *dropout[k])
        return output_logits(hidden, arrays[-2], arrays[-1])

    def _predict(self, weights: Sequence[Tensor], x: Tensor) -> Tensor:
        """Return probabilities, shape (S, R), of rows x, shape (R, F)."""
        self.n_traces += 1
        n_slots = tf.shape(weights[-1])[0]
        spread = tf.broadcast_to(x[None], (n_slots, tf.shape(x)[0], tf.shape(x)[1]))
        return tf.sigmoid(self._logits(self._unpacked(weights), spread, ()))


def _updated(
    w: Tensor, m: Tensor, v: Tensor, g: Tensor, coefficients: Tensor, lambdas: Tensor
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return an array and its optimizer's state after one step (formulas: updates.py), and its penalty before it."""
    l1, l2 = lambdas[0], lambdas[1]
    shape = (-1,) + (1,) * (len(w.shape) - 1)
    c = {name: tf.reshape(coefficients[:, k], shape) for k, name in enumerate(COEFFICIENTS)}
    penalty = tf.reduce_sum(l1 * tf.abs(w) + l2 * tf.square(w), axis=range(1, len(w.shape)))
    g = g + l1 * tf.sign(w) + 2.0 * l2 * w
    m = c["m_keep"] * m + c["m_add"] * g
    v = c["v_keep"] * v + tf.square(c["v_add"] * g)
    down = (c["by_m"] * m + c["by_g"] * g) / (tf.sqrt(c["in_root"] * v + c["root_add"]) + c["den_add"])
    return c["w_keep"] * w - down, m, v, penalty
