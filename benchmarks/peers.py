"""The peers, as a competent user would write them: python peers.py KIND N_TRIALS TASK FOLDER FIRST_TRIAL.

Prints a JSON list: seconds of each trial, without imports and without reading data. The network, the searched
parameters and the 30 epochs of batch 64 are those of `space=published` with a constant rate.
"""

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras
import numpy as np

EPOCHS, BATCH = 30, 64


def build(
    regularization: str, lam: float, first: float, later: float, optimizer: str, rate: float, n_features: int
) -> Any:
    """Return the published network, compiled."""
    penalty = {"none": None, "l1": keras.regularizers.L1(lam), "l2": keras.regularizers.L2(lam)}[regularization]
    model = keras.Sequential([keras.Input((n_features,)), keras.layers.Dense(128, activation="relu")])
    for units, dropout in ((64, first), (32, later), (16, later)):
        model.add(keras.layers.Dense(units, activation="relu", kernel_regularizer=penalty))
        model.add(keras.layers.Dropout(dropout))
    model.add(keras.layers.Dense(1, activation="sigmoid"))
    kinds = {"adam": keras.optimizers.Adam, "rmsprop": keras.optimizers.RMSprop}
    model.compile(kinds[optimizer](rate), loss="binary_crossentropy", metrics=["accuracy"])
    return model


def suggest(trial: Any, n_features: int) -> Any:
    """Return a model with parameters from an Optuna trial or KerasTuner's (both through the functions given)."""
    regularization = trial.suggest_categorical("regularization", ["none", "l1", "l2"])
    return build(
        regularization,
        trial.suggest_float("lambda", 1e-5, 1e-1, log=True) if regularization != "none" else 0.0,
        trial.suggest_float("dropout_first", 0.0, 0.5),
        trial.suggest_float("dropout_later", 0.0, 0.5),
        trial.suggest_categorical("optimizer", ["adam", "rmsprop"]),
        trial.suggest_float("learning_rate", 1e-4, 1e-2, log=True),
        n_features,
    )


def by_optuna(data: Any, n_trials: int, folder: Path, seed: int, autolog: dict[str, bool] | None) -> list[float]:
    """Optuna's random sampler and `fit`, without tracking or with MLflow's autolog and these options."""
    import mlflow
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    if autolog is not None:
        mlflow.set_tracking_uri(f"sqlite:///{folder / 'mlflow.db'}")
        mlflow.set_experiment("bench")
        mlflow.keras.autolog(**autolog)
    seconds: list[float] = []

    def objective(trial: Any) -> float:
        started = time.perf_counter()
        model = suggest(trial, data["x"].shape[1])
        if autolog is not None:
            with mlflow.start_run():
                mlflow.log_params({f"hp_{key}": value for key, value in trial.params.items()})
                fitted = fit(model)
        else:
            fitted = fit(model)
        seconds.append(time.perf_counter() - started)
        return float(fitted.history["val_loss"][-1])

    def fit(model: Any) -> Any:
        return model.fit(
            data["x"],
            data["y"],
            epochs=EPOCHS,
            batch_size=BATCH,
            verbose=0,
            validation_data=(data["val_x"], data["val_y"]),
        )

    optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=seed)).optimize(objective, n_trials=n_trials)
    return seconds


def by_keras_tuner(data: Any, n_trials: int, folder: Path, seed: int) -> list[float]:
    """KerasTuner's RandomSearch."""
    import keras_tuner

    def model_of(hp: Any) -> Any:
        regularization = hp.Choice("regularization", ["none", "l1", "l2"])
        return build(
            regularization,
            hp.Float("lambda", 1e-5, 1e-1, sampling="log"),
            hp.Float("dropout_first", 0.0, 0.5),
            hp.Float("dropout_later", 0.0, 0.5),
            hp.Choice("optimizer", ["adam", "rmsprop"]),
            hp.Float("learning_rate", 1e-4, 1e-2, sampling="log"),
            data["x"].shape[1],
        )

    tuner = keras_tuner.RandomSearch(
        model_of, objective="val_loss", max_trials=n_trials, directory=folder, project_name=f"kt-{seed}", seed=seed + 1
    )
    started = time.perf_counter()
    tuner.search(
        data["x"], data["y"], epochs=EPOCHS, batch_size=BATCH, verbose=0, validation_data=(data["val_x"], data["val_y"])
    )
    seconds = time.perf_counter() - started
    trials = tuner.oracle.get_best_trials(n_trials)
    if [trial.status for trial in trials] != ["COMPLETED"] * n_trials:  # without tensorboard all of them fail, silently
        sys.exit(f"KerasTuner completed {len(trials)} of {n_trials} trials")
    return [seconds / n_trials] * n_trials


if __name__ == "__main__":
    kind, n, task, place, first = sys.argv[1:]
    arrays = dict(np.load(task))
    os.chdir(place)  # MLflow leaves artifacts where it stands
    keras.utils.set_random_seed(int(first))
    runs = {
        "autolog": lambda: by_optuna(arrays, int(n), Path(place), int(first), {}),
        "autolog_lean": lambda: by_optuna(arrays, int(n), Path(place), int(first), {"log_models": False}),
        "fit": lambda: by_optuna(arrays, int(n), Path(place), int(first), None),
        "keras_tuner": lambda: by_keras_tuner(arrays, int(n), Path(place), int(first)),
    }
    print(json.dumps(runs[kind]()))
