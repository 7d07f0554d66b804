"""Any space and network of songpop as a HyperModel, for any tuner of KerasTuner's own.

Owns: the model of a configuration, and its fit: schedule, batches, averages. Does not own: the networks (models).
"""

from collections.abc import Sequence
from typing import Any, final

from songpop.contracts import Params, Task, TrialSpec
from songpop.engines.keras_network import batches, compiled, n_steps
from songpop.models import inputs
from songpop.models.cells import picked
from songpop.models.runtime import keras
from songpop.models.schedules import PLATEAU, learning_rates
from songpop.search.kerastuner_runtime import keras_tuner
from songpop.search.kerastuner_space import configuration, declare
from songpop.space import Space

OBJECTIVE = "val_log_loss"  # without the penalty, which `val_loss` has in it: other lambdas, other numbers


@final
class SpaceHyperModel(keras_tuner.HyperModel):  # type: ignore[misc] # KerasTuner has no types
    """The networks of a space, trained on one task.

    ::

        task = song_task(frame, data="songs")
        tuner = keras_tuner.Hyperband(
            SpaceHyperModel(space_named("full"), task), keras_tuner.Objective("val_log_loss", "min"), max_epochs=30
        )
        tuner.search()

    The model measures `log_loss` (without penalty) and `accuracy` beside the loss. A configuration and `seed` have the
    same initial weights and batches in every trial, so that several executions of one are the same: leave
    `executions_per_trial` at 1. `search` takes callbacks and epochs; rows come from the task.
    """

    def __init__(
        self, space: Space, task: Task, *, base: Params | None = None, n_epochs: int = 30, patience: int | None = 10,
        seed: int = 0,
    ) -> None:  # fmt: skip
        """Make the model.

        Args:
            space: what is searched.
            task: training and validation rows; x of shape (R, F), y of shape (R,).
            base: hyperparameters that the space does not have; None: songpop's defaults.
            n_epochs: trained at most; schedules reckon with it, whatever a tuner makes of single trials.
            patience: epochs without a lower val_log_loss, after which a trial ends; None: never.
            seed: of initial weights, batch order, dropout.
        """
        super().__init__()
        self._space = space
        self._task = task
        self._base = base or Params()
        self._n_epochs = n_epochs
        self._patience = patience
        self._seed = seed

    def params(self, hp: Any) -> Params:
        """Return the hyperparameters of a configuration, as songpop has them."""
        return self._space.to_params(configuration(self._space, hp.values), self._base)

    def declare_hyperparameters(self, hp: Any) -> None:
        """Add the parameters of the space, conditions included."""
        declare(hp, self._space)

    def build(self, hp: Any) -> keras.Model:
        """Return a compiled model, from all F features to a probability."""
        declare(hp, self._space)
        spec, n_features = self._spec(hp), self._task.train.x.shape[1]
        network = compiled(spec, inputs.task_of(self._task, spec.params.inputs), _metrics())
        places = inputs.input_places(spec.params.inputs, self._task.blocks, n_features)
        if len(places) == n_features:
            return network
        features = keras.Input((n_features,), name="features")
        model = keras.Model(features, network(picked(features, places.tolist())), name="picked_network")
        model.compile(
            optimizer=network.optimizer,
            loss=network.loss,
            metrics=_metrics(),
            steps_per_execution=n_steps(spec, self._task.train),
            jit_compile=False,
        )
        return model

    def fit(
        self, hp: Any, model: keras.Model, *, epochs: int | None = None, initial_epoch: int = 0,
        callbacks: Sequence[keras.callbacks.Callback] = (), verbose: int | str = 0,
    ) -> keras.callbacks.History:  # fmt: skip
        """Train a model that `build` has made, and return its history.

        Args:
            hp: its configuration.
            model: to be trained.
            epochs: the last one; None: all. Hyperband gives its rounds' numbers.
            initial_epoch: how many it had before.
            callbacks: of the tuner.
            verbose: as for `keras.Model.fit`.
        """
        spec = self._spec(hp, epochs)
        validation = self._task.validation
        kept = _Kept()
        history: keras.callbacks.History = model.fit(
            batches(self._task.train, spec, initial_epoch),
            validation_data=(validation.x, validation.y.reshape(-1, 1)),
            validation_batch_size=len(validation.y),
            initial_epoch=initial_epoch,
            epochs=spec.last_epoch,
            steps_per_epoch=n_steps(spec, self._task.train),
            shuffle=False,
            verbose=verbose,
            callbacks=[*self._own_callbacks(spec), *callbacks, kept],
        )
        if spec.params.weight_average > 0:
            model.set_weights(kept.weights)
        return history

    def _spec(self, hp: Any, last_epoch: int | None = None) -> TrialSpec:
        return TrialSpec(
            trial=0,
            params=self.params(hp),
            seed=self._seed,
            n_epochs=self._n_epochs,
            patience=self._patience,
            pause_at=last_epoch,
        )

    def _own_callbacks(self, spec: TrialSpec) -> list[keras.callbacks.Callback]:
        found = [_schedule(spec)]
        if spec.params.weight_average > 0:
            found.append(keras.callbacks.SwapEMAWeights(swap_on_epoch=True))  # measured and kept are the averages
        if spec.patience is not None:
            found.append(keras.callbacks.EarlyStopping(OBJECTIVE, patience=spec.patience, mode="min"))
        return found


@final
class _Kept(keras.callbacks.Callback):  # type: ignore[misc] # Keras has no types here
    """Keeps the weights that were measured last: of a training that ends early, `fit` would leave the raw ones.

    Keras puts the averages in their place only at the last of the epochs that were asked for.
    """

    def on_epoch_end(self, epoch: int, logs: object = None) -> None:
        """Keep what the callbacks before see."""
        self.weights = self.model.get_weights()


def _metrics() -> list[keras.metrics.Metric]:
    return [keras.metrics.BinaryCrossentropy(name="log_loss"), keras.metrics.BinaryAccuracy(name="accuracy")]


def _schedule(spec: TrialSpec) -> keras.callbacks.Callback:
    params = spec.params
    if params.schedule == PLATEAU:
        return keras.callbacks.ReduceLROnPlateau(
            OBJECTIVE,
            factor=params.plateau_factor,
            patience=params.plateau_patience,
            mode="min",
            min_delta=0.0,
        )
    rates = learning_rates(params, spec.n_epochs)
    return keras.callbacks.LearningRateScheduler(lambda epoch, _rate: float(rates[min(epoch, len(rates) - 1)]))
