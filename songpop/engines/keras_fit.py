"""The reference engine: one trial after the other through `keras.Model.fit`.

Axes: R rows, F features. Owns: the fit, its callback, what is measured after each epoch. Does not own: what to try
(search), the network (models). A trial depends on its spec and the data alone: initial weights, batch order and
dropout have seeds of their own, and nothing is kept from one trial to the next.
"""

import math
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from songpop.contracts import (
    Decision,
    Done,
    EpochReport,
    Matrix,
    NextTrial,
    OnEpoch,
    Part,
    Task,
    TrialResult,
    TrialSpec,
    TrialState,
    Vector,
    Wait,
)
from songpop.engines.batch_order import epoch_order
from songpop.engines.early_stopping import BestSoFar
from songpop.evaluation.metrics import accuracy, log_loss, roc_auc
from songpop.models.mlp import build_network
from songpop.models.optimizers import build_optimizer
from songpop.models.runtime import keras, tf
from songpop.models.schedules import PLATEAU, learning_rates, start_plateau, step_plateau

_PAUSE_S = 0.05  # before asking again, when another process has to finish a trial first


@final
class KerasEngine:
    """Trains one trial at a time; implements `contracts.Engine`."""

    def __init__(self, task: Task) -> None:
        self._task = task

    def run(self, next_trial: NextTrial, on_epoch: OnEpoch) -> Iterator[TrialResult]:
        """Train what `next_trial` gives until it says Done; yield each trial as it ends."""
        while not isinstance(spec := next_trial(), Done):
            if isinstance(spec, Wait):
                time.sleep(_PAUSE_S)
                continue
            yield _train(spec, self._task, on_epoch)


@dataclass(frozen=True, kw_only=True, eq=False)
class _Measurement:
    """The validation part after one epoch, and the weights that were measured."""

    epoch: int
    metrics: Mapping[str, float]
    weights: tuple[Matrix, ...]
    predictions: Vector


def _train(spec: TrialSpec, task: Task, on_epoch: OnEpoch) -> TrialResult:
    """Train one trial from its spec to its result."""
    started_at_s, clock = time.time(), time.perf_counter()
    network = build_network(spec.params, task.train.x.shape[1], spec.seed)
    n_steps = math.ceil(len(task.train.y) / spec.params.batch_size)
    network.compile(
        optimizer=build_optimizer(spec.params),
        loss="binary_crossentropy",
        # One call into TensorFlow per epoch instead of one per batch; XLA on the CPU is slower for such small nets.
        steps_per_execution=n_steps,
        jit_compile=False,
    )
    # Otherwise the first step makes the optimizer's variables, and is then traced a second time.
    network.optimizer.build(network.trainable_variables)
    trial = _Trial(spec, network, task.validation, on_epoch)
    network.fit(
        _batches(task.train, spec),
        epochs=spec.n_epochs,
        steps_per_epoch=n_steps,
        shuffle=False,
        verbose=0,
        callbacks=[keras.callbacks.LambdaCallback(on_epoch_begin=trial.begin_epoch, on_epoch_end=trial.end_epoch)],
    )
    return trial.result(task.validation.y, started_at_s, time.perf_counter() - clock)


def _batches(part: Part, spec: TrialSpec) -> Any:
    """Return the batches of all epochs, one epoch after the other; the last batch of each may be short."""
    x, y = tf.constant(part.x), tf.constant(part.y.reshape(-1, 1))
    n_rows = len(part.y)

    def order(epoch: Any) -> Any:
        return epoch_order(spec.seed, int(epoch), n_rows)

    def one_epoch(epoch: Any) -> Any:
        rows = tf.ensure_shape(tf.numpy_function(order, [epoch], tf.int32), (n_rows,))
        shuffled = (tf.gather(x, rows), tf.gather(y, rows))
        return tf.data.Dataset.from_tensors(shuffled).rebatch(spec.params.batch_size)

    options = tf.data.Options()
    options.autotune.enabled = False
    # One iterator over all epochs, each gathered as a whole and then cut: 4 ms per epoch, where a fresh iterator
    # per epoch that gathers each batch cost 20 to 45 ms.
    return tf.data.Dataset.range(spec.n_epochs).flat_map(one_epoch).with_options(options)


@final
class _Trial:
    """A running trial: what the callback sets before an epoch, and measures and decides after it."""

    def __init__(self, spec: TrialSpec, network: keras.Model, validation: Part, on_epoch: OnEpoch) -> None:
        self._spec = spec
        self._network = network
        self._validation = validation
        self._on_epoch = on_epoch
        self._plateau = start_plateau(spec.params)
        is_planned = spec.params.schedule != PLATEAU
        self._rates = learning_rates(spec.params, spec.n_epochs) if is_planned else None
        self._best = BestSoFar()
        self._kept: _Measurement | None = None
        self._history: list[EpochReport] = []
        self._state = TrialState.COMPLETE
        self._message = ""
        x = tf.constant(validation.x)
        self._forward = tf.function(lambda: (network(x, training=False)[:, 0], tf.add_n([0.0, *network.losses])))

    def begin_epoch(self, epoch: int, _logs: object = None) -> None:
        """Set the learning rate of the epoch that begins (counted from 0, as Keras does)."""
        self._network.optimizer.learning_rate = self._rate(epoch)

    def end_epoch(self, epoch: int, logs: Mapping[str, float]) -> None:
        """Measure, report, and stop the fit when the trial is over."""
        measured = self._measure(epoch + 1, float(logs["loss"]), self._rate(epoch))
        bad = {name: value for name, value in measured.metrics.items() if not math.isfinite(value)}
        if bad:
            self._fail(measured.epoch, bad)
            return
        watched = measured.metrics[self._spec.watch]
        self._plateau = step_plateau(self._spec.params, self._plateau, watched)
        self._best = self._best.observe(measured.epoch, watched)
        if self._best.epoch == measured.epoch or self._keeps_last(measured.epoch):
            self._kept = measured
        report = EpochReport(trial=self._spec.trial, epoch=measured.epoch, metrics=measured.metrics)
        self._history.append(report)
        if self._on_epoch(report) is Decision.STOP:
            self._state = TrialState.PRUNED
            self._network.stop_training = True
        elif self._best.is_exhausted(measured.epoch, self._spec.patience):
            self._network.stop_training = True

    def result(self, y: Vector, started_at_s: float, wall_s: float) -> TrialResult:
        """Return the finished trial, with the metrics of the kept weights."""
        kept = self._kept if self._state is not TrialState.FAILED else None
        return TrialResult(
            spec=self._spec,
            state=self._state,
            history=tuple(self._history),
            metrics=_final_metrics(kept, y) if kept else {},
            best_epoch=kept.epoch if kept else 0,
            weights=kept.weights if kept else None,
            val_predictions=kept.predictions if kept else None,
            started_at_s=started_at_s,
            wall_s=wall_s,
            message=self._message,
        )

    def _rate(self, epoch: int) -> float:
        return self._plateau.learning_rate if self._rates is None else float(self._rates[epoch])

    def _keeps_last(self, epoch: int) -> bool:
        return self._spec.patience is None and epoch == self._spec.n_epochs

    def _measure(self, epoch: int, loss: float, rate: float) -> _Measurement:
        """Return the validation metrics of the present weights, by one pass over the whole part."""
        probability, penalty = (tensor.numpy() for tensor in self._forward())
        y = self._validation.y
        val_log_loss = log_loss(y, probability)
        return _Measurement(
            epoch=epoch,
            metrics={
                "loss": loss,
                "val_loss": val_log_loss + float(penalty),
                "val_log_loss": val_log_loss,
                "val_accuracy": accuracy(y, probability),
                "learning_rate": rate,
            },
            weights=tuple(self._network.get_weights()),
            predictions=np.asarray(probability, dtype=np.float32),
        )

    def _fail(self, epoch: int, bad: Mapping[str, float]) -> None:
        self._state = TrialState.FAILED
        self._message = f"epoch {epoch} ended with " + ", ".join(f"{k} = {v}" for k, v in bad.items())
        self._network.stop_training = True


def _final_metrics(kept: _Measurement, y: Vector) -> dict[str, float]:
    names = ("val_log_loss", "val_loss", "val_accuracy")
    return {**{n: kept.metrics[n] for n in names}, "val_roc_auc": roc_auc(y, kept.predictions)}
