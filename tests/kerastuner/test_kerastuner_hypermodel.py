import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pytest

from songpop.contracts import Decision, Done, Params, Part, Task
from songpop.engines.keras_fit import KerasEngine
from songpop.evaluation.metrics import log_loss
from songpop.kerastuner import OptunaOracle, PruningCallback, SpaceHyperModel, space_named
from songpop.models.runtime import keras
from songpop.search.kerastuner_runtime import keras_tuner
from songpop.settings import ParamKind, ParamSettings
from songpop.space import Space

RNG = np.random.default_rng(1)
X = RNG.normal(size=(180, 5)).astype(np.float32)
Y = (X[:, 0] + X[:, 1] > 0).astype(np.float32)
TASK = Task(train=Part(x=X[:120], y=Y[:120]), validation=Part(x=X[120:], y=Y[120:]))
IN_BLOCKS = replace(TASK, blocks={"rates": (0, 2), "ages": (2, 5)})
BASE = Params(widths="8-4", learning_rate=1e-2, dropout_first=0.2, regularization="l2", l2=1e-2)


def space_of(**entries: dict[str, Any]) -> Space:
    settings = {
        name: ParamSettings(kind=ParamKind(options.pop("kind")), **options) for name, options in entries.items()
    }
    return Space.from_settings(settings)


def one_point(**values: Any) -> Space:
    return space_of(**{name: {"kind": "fixed", "value": value} for name, value in values.items()})


def fitted(space: Space, base: Params = BASE, n_epochs: int = 4, task: Task = TASK) -> tuple[Any, Any]:
    hypermodel = SpaceHyperModel(space, task, base=base, n_epochs=n_epochs, seed=11)
    hp = keras_tuner.HyperParameters()
    model = hypermodel.build(hp)
    return hypermodel.fit(hp, model), model


@pytest.mark.parametrize(
    "params",
    [
        {"schedule": "exponential", "optimizer": "nadam"},
        {"schedule": "plateau", "plateau_patience": 1, "learning_rate": 0.3},
        {"mixup": 0.4, "label_smoothing": 0.1, "input_noise": 0.2},
        {"embedding": "piecewise", "normalization": "batch", "clip_norm": 0.5},
        {"inputs": "ages"},
    ],
    ids=lambda params: next(iter(params)),
)
def test_it_trains_what_the_reference_engine_trains(params: dict[str, Any]) -> None:
    """The same configuration, seed and rows: the losses of every epoch are the same, apart from how they are summed."""
    base = replace(BASE, **params)
    history, _ = fitted(one_point(widths="8-4"), base, task=IN_BLOCKS)
    hypermodel = SpaceHyperModel(one_point(widths="8-4"), IN_BLOCKS, base=base, n_epochs=4, seed=11)
    hp = keras_tuner.HyperParameters()
    hypermodel.declare_hyperparameters(hp)
    queue = iter([hypermodel._spec(hp), *(Done() for _ in range(9))])
    (result,) = KerasEngine(IN_BLOCKS).run(lambda: next(queue), lambda _: Decision.CONTINUE)
    # Keras smooths the labels of validation rows too, where songpop keeps the true ones.
    for name in ("loss", "val_log_loss") if base.label_smoothing else ("loss", "val_loss", "val_log_loss"):
        expected = [report.metrics[name] for report in result.history]
        assert history.history[name] == pytest.approx(expected, rel=2e-4), name
    assert history.history["val_accuracy"] == pytest.approx([r.metrics["val_accuracy"] for r in result.history])


def test_averages_are_measured_and_kept() -> None:
    raw, averaged = (fitted(one_point(weight_average=value), n_epochs=3) for value in (0.0, 0.99))
    assert averaged[0].history["loss"] == pytest.approx(raw[0].history["loss"])
    assert averaged[0].history["val_log_loss"][-1] > raw[0].history["val_log_loss"][-1]  # behind, as averages are


def test_averages_are_what_is_left_of_a_training_that_ends_early() -> None:
    class Stop(keras.callbacks.Callback):  # type: ignore[misc]
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            self.model.stop_training = epoch == 1

    hypermodel = SpaceHyperModel(one_point(weight_average=0.9), TASK, base=BASE, n_epochs=9, patience=None)
    hp = keras_tuner.HyperParameters()
    model = hypermodel.build(hp)
    history = hypermodel.fit(hp, model, callbacks=[Stop()])
    predicted = model.predict(TASK.validation.x, verbose=0)[:, 0]
    assert len(history.epoch) == 2
    assert log_loss(TASK.validation.y, predicted) == pytest.approx(history.history["val_log_loss"][-1], rel=1e-5)


def test_the_objective_has_no_penalty_and_patience_watches_it() -> None:
    history, model = fitted(one_point(l2=5.0), n_epochs=3)
    assert history.history["val_loss"][0] > history.history["val_log_loss"][0] + 0.5
    predicted = model.predict(TASK.validation.x, verbose=0)[:, 0]
    expected = log_loss(TASK.validation.y, predicted)
    assert history.history["val_log_loss"][-1] == pytest.approx(expected, rel=1e-4)


def test_a_model_takes_all_features_whatever_its_inputs() -> None:
    _, model = fitted(one_point(inputs="rates"), n_epochs=1, task=IN_BLOCKS)
    changed = X.copy()
    changed[:, 2:] = 7.0
    assert model.input_shape == (None, 5)
    np.testing.assert_array_equal(model.predict(X, verbose=0), model.predict(changed, verbose=0))


@pytest.mark.slow
def test_kerastuner_s_hyperband_searches_a_space_of_ours(tmp_path: Path) -> None:
    space = space_of(
        optimizer={"kind": "choice", "choices": ["adam", "sgd"]},
        momentum={"kind": "float", "low": 0.0, "high": 0.9, "when": {"optimizer": "sgd"}},
        schedule={"kind": "choice", "choices": ["constant", "cosine"]},
    )
    hypermodel = SpaceHyperModel(space, TASK, base=BASE, n_epochs=3)
    objective = keras_tuner.Objective("val_log_loss", "min")
    tuner = keras_tuner.Hyperband(hypermodel, objective, max_epochs=3, seed=1, directory=str(tmp_path))
    tuner.search(verbose=0)
    trials = tuner.oracle.trials.values()
    assert {trial.status for trial in trials} == {"COMPLETED"}
    assert {trial.hyperparameters.values["tuner/epochs"] for trial in trials} == {1, 3}
    best = tuner.get_best_hyperparameters()[0]
    assert isinstance(hypermodel.params(best), Params)
    assert isinstance(tuner.get_best_models()[0], keras.Model)
    assert math.isfinite(tuner.oracle.get_best_trials()[0].score)


@pytest.mark.slow
def test_with_optuna_s_oracle_and_pruner(tmp_path: Path) -> None:
    space = space_named("published", train__epochs=3)
    oracle = OptunaOracle(
        space, objective=keras_tuner.Objective("val_log_loss", "min"), max_trials=4, seed=0,
        pruner=optuna.pruners.SuccessiveHalvingPruner(min_resource=1, reduction_factor=2),
    )  # fmt: skip
    tuner = keras_tuner.Tuner(oracle, SpaceHyperModel(space, TASK, n_epochs=3), directory=str(tmp_path))
    tuner.search(verbose=0, callbacks=[PruningCallback(oracle)])
    assert len(oracle.study.trials) == 4
    assert all(space.contains(dict(trial.hyperparameters.values)) for trial in oracle.trials.values())


def test_it_takes_no_rows_but_those_of_its_task() -> None:
    hypermodel = SpaceHyperModel(one_point(widths="4"), TASK)
    with pytest.raises(TypeError, match="unexpected keyword argument 'x'"):
        hypermodel.fit(keras_tuner.HyperParameters(), None, x=X)  # type: ignore[call-arg]
