"""The reference engine: one trial after the other through `keras.Model.fit`.

Axes: R rows, F features. Owns: the fit, its callback, what is measured after each epoch. Does not own: what to try
(search), the network (models). A trial depends on its spec and the data alone: initial weights, batch order and
dropout have seeds of their own, and nothing is kept from one trial to the next.
"""

import time
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from typing import final

import numpy as np

from songpop.contracts import (
    Decision,
    Done,
    Matrix,
    NextTrial,
    OnEpoch,
    Part,
    Task,
    TrialResult,
    TrialSpec,
    Vector,
    Wait,
)
from songpop.engines.keras_network import batches, compiled, n_steps
from songpop.engines.life import TrialLife
from songpop.engines.paused import PausedTrials
from songpop.engines.resamples import task_of
from songpop.evaluation.metrics import accuracy, log_loss
from songpop.models.runtime import keras, tf

_N_PAUSED = 64  # networks with their optimizers that are kept to go on from: some megabytes each
_PAUSE_S = 0.05  # before asking again, when another process has to finish a trial first


@final
class KerasEngine:
    """Trains one trial at a time; implements `contracts.Engine`."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._paused = PausedTrials[_Trial](_N_PAUSED)

    def run(self, next_trial: NextTrial, on_epoch: OnEpoch) -> Generator[TrialResult]:
        """Train what `next_trial` gives until it says Done; yield each trial as it ends."""
        while not isinstance(spec := next_trial(), Done):
            if isinstance(spec, Wait):
                time.sleep(_PAUSE_S)
                continue
            yield self._train(spec, task_of(self._task, spec), on_epoch)
        self._paused.clear()

    def _train(self, spec: TrialSpec, task: Task, on_epoch: OnEpoch) -> TrialResult:
        """Train one trial from its spec to its result."""
        started_at_s, clock = time.time(), time.perf_counter()
        trial = self._paused.take(spec)
        if trial is None:
            trial = _Trial(spec, compiled(spec, task), task.validation, on_epoch)
        else:
            trial.go_on(spec)
        trial.fit(task.train)
        if trial.life.has_paused:
            self._paused.put({spec.trial: trial})
        return trial.result(started_at_s, time.perf_counter() - clock)


@final
class _Trial:
    """A running trial: what the callback sets before an epoch, and measures and decides after it."""

    def __init__(self, spec: TrialSpec, network: keras.Model, validation: Part, on_epoch: OnEpoch) -> None:
        self.life = TrialLife(spec)
        self._network = network
        self._validation = validation
        self._on_epoch = on_epoch
        self._weights: tuple[Matrix, ...] | None = None
        self._raw: list[Matrix] = []  # that are trained, of a trial that has paused
        self._predictions: Vector | None = None
        x = tf.constant(validation.x)
        self._forward = tf.function(lambda: (network(x, training=False)[:, 0], tf.add_n([0.0, *network.losses])))

    def go_on(self, spec: TrialSpec) -> None:
        """Become the trial that goes on from this one, which has paused."""
        self.life = self.life.gone_on(spec)
        self._network.set_weights(self._raw)

    def fit(self, part: Part) -> None:
        """Train until the trial is over."""
        spec, n_before = self.life.spec, self.life.n_epochs
        self._network.fit(
            batches(part, spec, n_before),
            initial_epoch=n_before,
            epochs=spec.last_epoch,
            steps_per_epoch=n_steps(spec, part),
            shuffle=False,
            verbose=0,
            callbacks=[keras.callbacks.LambdaCallback(on_epoch_begin=self.begin_epoch, on_epoch_end=self.end_epoch)],
        )

    def begin_epoch(self, _epoch: int, _logs: object = None) -> None:
        """Set the learning rate of the epoch that begins."""
        self._network.optimizer.learning_rate = self.life.learning_rate

    def end_epoch(self, _epoch: int, logs: Mapping[str, float]) -> None:
        """Measure, report, and stop the fit when the trial is over."""
        life = self.life
        with _averages_of(self._network):
            metrics, predictions = self._measure(float(logs["loss"]), life.learning_rate)
            if life.observe(metrics):
                self._weights, self._predictions = tuple(self._network.get_weights()), predictions
        if not life.has_failed and self._on_epoch(life.history[-1]) is Decision.STOP:
            life.give_up()
        self._network.stop_training = life.is_over
        if life.has_paused:
            self._raw = self._network.get_weights()  # `fit` ends with putting the averages in their place

    def result(self, started_at_s: float, wall_s: float) -> TrialResult:
        """Return the finished trial, with the metrics of the kept weights."""
        y = self._validation.y
        return self.life.result(self._weights, self._predictions, y, started_at_s=started_at_s, wall_s=wall_s)

    def _measure(self, loss: float, rate: float) -> tuple[dict[str, float], Vector]:
        """Return metrics and predictions of the present weights, by one pass over the whole validation part."""
        probability, penalty = (tensor.numpy() for tensor in self._forward())
        y = self._validation.y
        val_log_loss = log_loss(y, probability)
        metrics = {
            "loss": loss,
            "val_loss": val_log_loss + float(penalty),
            "val_log_loss": val_log_loss,
            "val_accuracy": accuracy(y, probability),
            "learning_rate": rate,
        }
        return metrics, np.asarray(probability, dtype=np.float32)


@contextmanager
def _averages_of(network: keras.Model) -> Iterator[None]:
    """Give the network its averaged weights, if its optimizer keeps any, for as long as the block runs."""
    if not network.optimizer.use_ema:
        yield
        return
    raw = network.get_weights()
    network.optimizer.finalize_variable_values(network.trainable_variables)
    yield
    network.set_weights(raw)
