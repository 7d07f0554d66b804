"""What these tests share: a tuner that computes instead of training, a small model, a small table."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from songpop.models.runtime import keras
from songpop.search.kerastuner_runtime import keras_tuner

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 4)).astype(np.float32)
Y = (X[:, 0] > 0).astype(np.float32)
FIT: dict[str, Any] = {"x": X[:40], "y": Y[:40], "validation_data": (X[40:], Y[40:]), "verbose": 0}


def ask_for_all(hp: Any) -> float:
    """Ask for every kind of hyperparameter, conditional ones too, and return a value that has a best point."""
    kind = hp.Choice("kind", ["plain", "deep"])
    rate = hp.Float("rate", 1e-4, 1e-1, sampling="log")
    hp.Boolean("bias")
    hp.Fixed("fixed", 3)
    hp.Int("batch", 8, 64, step=8)
    hp.Float("share", 0.0, 1.0, step=0.25)
    with hp.conditional_scope("kind", ["deep"]):
        n_layers = hp.Int("layers", 2, 9, sampling="log")
    return abs(float(np.log10(rate)) + 2.5) + (0.1 * n_layers if kind == "deep" else 0.0)


class Computing(keras_tuner.Tuner):  # type: ignore[misc]
    """A tuner whose trials are a function of their hyperparameters."""

    def __init__(self, oracle: Any, folder: Path, function: Callable[[Any], Any] = ask_for_all, **options: Any) -> None:
        self.function = function
        super().__init__(oracle, directory=str(folder), project_name="project", **options)

    def run_trial(self, trial: Any, *_: Any, **__: Any) -> Any:
        return self.function(trial.hyperparameters)


def build_model(hp: Any) -> Any:
    """A small model of two hyperparameters; rates above 1 end in no number."""
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(hp.Choice("units", [2, 4]), activation="relu")])
    model.add(keras.layers.Dense(1, activation="sigmoid"))
    rate = hp.Float("rate", 1e-3, 1e-1, sampling="log")
    model.compile(
        keras.optimizers.SGD(rate), "binary_crossentropy", metrics=["accuracy"], run_eagerly=True
    )  # tracing takes a second
    return model


def values_of(oracle: Any) -> list[dict[str, Any]]:
    """Return each trial's values, in the order of their ids."""
    return [dict(trial.hyperparameters.values) for _, trial in sorted(oracle.trials.items())]
