"""A trial's spec as what `keras.Model.fit` takes: a compiled network, and its batches in the trial's own order.

Owns: loss, optimizer, order and mixing of rows. Does not own: the fit, measuring (keras_fit), the network (models).
"""

import math
from collections.abc import Sequence
from typing import Any

from songpop.contracts import Part, Task, TrialSpec
from songpop.engines.batch_order import epoch_order
from songpop.engines.mixup import mixing_shares
from songpop.models.mlp import build_network
from songpop.models.optimizers import build_optimizer
from songpop.models.runtime import keras, tf


def compiled(spec: TrialSpec, task: Task, metrics: Sequence[keras.metrics.Metric] = ()) -> keras.Model:
    """Return an untrained network with its optimizer and loss.

    Args:
        spec: of the trial.
        task: what it is trained on, with the features of the network alone.
        metrics: measured beside the loss.
    """
    network = build_network(spec.params, task.train.x.shape[1], spec.seed, task.train.x)
    network.compile(
        optimizer=build_optimizer(spec.params),
        loss=keras.losses.BinaryCrossentropy(label_smoothing=spec.params.label_smoothing),
        metrics=list(metrics),
        # One call into TensorFlow per epoch instead of one per batch; XLA on the CPU is slower for such small nets.
        steps_per_execution=n_steps(spec, task.train),
        jit_compile=False,
    )
    # Otherwise the first step makes the optimizer's variables, and is then traced a second time.
    network.optimizer.build(network.trainable_variables)
    return network


def n_steps(spec: TrialSpec, part: Part) -> int:
    """Return the steps of an epoch; the last one may have fewer rows."""
    return math.ceil(len(part.y) / spec.params.batch_size)


def batches(part: Part, spec: TrialSpec, n_before: int) -> Any:
    """Return the batches of all epochs behind the first `n_before`; the last batch of each may be short."""
    x, y = tf.constant(part.x), tf.constant(part.y.reshape(-1, 1))
    n_rows = len(part.y)

    n_of_epoch = n_steps(spec, part)

    def order(epoch: Any) -> Any:
        return epoch_order(spec.seed, int(epoch), n_rows)

    def shares(epoch: Any) -> Any:
        return mixing_shares(spec.params.mixup, spec.seed, int(epoch), n_of_epoch)

    def one_epoch(epoch: Any) -> Any:
        rows = tf.ensure_shape(tf.numpy_function(order, [epoch], tf.int32), (n_rows,))
        shuffled = (tf.gather(x, rows), tf.gather(y, rows))
        batches = tf.data.Dataset.from_tensors(shuffled).rebatch(spec.params.batch_size)
        if spec.params.mixup == 0:
            return batches
        of_steps = tf.ensure_shape(tf.numpy_function(shares, [epoch], tf.float32), (n_of_epoch,))
        return tf.data.Dataset.zip(batches, tf.data.Dataset.from_tensor_slices(of_steps)).map(_mixed)

    options = tf.data.Options()
    options.autotune.enabled = False
    # One iterator over all epochs, each gathered as a whole and then cut: 4 ms per epoch, where a fresh iterator
    # per epoch that gathers each batch cost 20 to 45 ms.
    return tf.data.Dataset.range(n_before, spec.last_epoch).flat_map(one_epoch).with_options(options)


def _mixed(batch: tuple[Any, Any], share: Any) -> tuple[Any, ...]:
    """Return x and y of a batch, mixed with the same batch in reverse order."""
    return tuple(share * part + (1 - share) * tf.reverse(part, [0]) for part in batch)
