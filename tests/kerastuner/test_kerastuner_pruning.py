import copy
from pathlib import Path
from typing import Any

import optuna
import pytest
from tuning import FIT, build_model

from songpop.kerastuner import OptunaOracle, PruningCallback
from songpop.search.kerastuner_runtime import keras_tuner


class AfterOneEpoch(optuna.pruners.BasePruner):
    """Gives up every trial but the first, after an epoch."""

    def prune(self, study: Any, trial: Any) -> bool:
        return trial.number > 0


@pytest.mark.parametrize("n_executions", [1, 2])
def test_the_oracle_hears_of_epochs_and_ends_trials(tmp_path: Path, n_executions: int) -> None:
    oracle = OptunaOracle(objective="val_loss", max_trials=2, seed=0, pruner=AfterOneEpoch())
    tuner = keras_tuner.Tuner(oracle, build_model, directory=str(tmp_path), executions_per_trial=n_executions)
    n_epochs: list[int] = []

    class Count(keras_tuner.src.engine.tuner_utils.keras.callbacks.Callback):  # type: ignore[misc]
        def on_train_end(self, logs: Any = None) -> None:
            n_epochs.append(len(self.model.history.epoch))

        def __deepcopy__(self, memo: Any) -> "Count":
            return Count()

    tuner.search(**FIT, epochs=3, callbacks=[PruningCallback(oracle), Count()])
    assert n_epochs == [3] * n_executions + [1] * n_executions
    assert [trial.state.name for trial in oracle.study.trials] == ["COMPLETE", "PRUNED"]
    assert sorted(oracle.study.trials[0].intermediate_values) == [1, 2, 3]
    assert {trial.status for trial in oracle.trials.values()} == {"COMPLETED"}


def test_a_copy_has_the_same_oracle() -> None:
    oracle = OptunaOracle(objective="val_loss", seed=0)
    assert copy.deepcopy([PruningCallback(oracle)])[0]._oracle is oracle


def test_without_validation_rows_it_ends_the_search(tmp_path: Path) -> None:
    oracle = OptunaOracle(objective="val_loss", max_trials=2, seed=0)
    tuner = keras_tuner.Tuner(oracle, build_model, directory=str(tmp_path))
    with pytest.raises(keras_tuner.errors.FatalValueError, match="needs the objective 'val_loss' after each epoch"):
        tuner.search(FIT["x"], FIT["y"], verbose=0, callbacks=[PruningCallback(oracle)])


def test_another_tuner_s_oracle_ends_the_search(tmp_path: Path) -> None:
    stranger = OptunaOracle(objective="val_loss", max_trials=2, seed=0)
    tuner = keras_tuner.RandomSearch(build_model, "val_loss", max_trials=2, directory=str(tmp_path))
    with pytest.raises(keras_tuner.errors.FatalRuntimeError, match="runs no trial of 'tuner0'"):
        tuner.search(**FIT, callbacks=[PruningCallback(stranger)])
