"""The one door to KerasTuner: it imports TensorFlow, which has to be imported in our own way before it."""

from importlib import import_module
from typing import Any

import songpop.models.runtime  # noqa: F401

keras_tuner: Any = import_module("keras_tuner")
Trial: Any = import_module("keras_tuner.engine.trial").Trial
deserialize: Any = import_module("keras_tuner.engine.hyperparameters").deserialize

__all__ = ["Trial", "deserialize", "keras_tuner"]
