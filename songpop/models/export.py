"""The finished model as one plain `.keras` file: raw matrix in, probability out, no songpop needed to load it."""

import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from songpop.contracts import Matrix, Params, Vector
from songpop.errors import ArtifactError, StoreError
from songpop.models.cells import picked
from songpop.models.features import Preprocessing
from songpop.models.inputs import input_places
from songpop.models.mlp import build_network
from songpop.models.runtime import keras

# What Keras, zip, zlib and HDF5 raise for a damaged file, depending on where the damage is, and for code inside one.
_DAMAGED = (OSError, ValueError, TypeError, KeyError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error)


BATCH_ROWS = 8192  # that are answered at once


@dataclass(frozen=True, kw_only=True, eq=False)
class Trained:
    """A network that has been trained, and what was in front of it."""

    preprocessing: Preprocessing
    params: Params
    weights: Sequence[Matrix]  # in Keras' order, as in `TrialResult.weights`
    n_votes: int = 1  # that it has in a mean


def assemble(trained: Trained) -> keras.Model:
    """Return preprocessing and trained network as one model, from (R, C) with NaN to probability (R, 1).

    Raises:
        ArtifactError: if the weights are not those of such a network.
    """
    inputs = keras.Input(trained.preprocessing.model.input_shape[1:], dtype="float32", name="cells")
    return keras.Model(inputs, answer(trained, trained.preprocessing.model(inputs), "network"), name="songpop")


def answer(trained: Trained, features: keras.KerasTensor, name: str) -> keras.KerasTensor:
    """Return what a trained network makes of its preprocessing's features: probability (R, 1).

    Args:
        trained: the network.
        features: all of its preprocessing, shape (R, F).
        name: of the network in the graph.

    Raises:
        ArtifactError: if the weights are not those of such a network.
    """
    params, weights, blocks = trained.params, trained.weights, trained.preprocessing.blocks
    n_features = len(trained.preprocessing.names)
    places = input_places(params.inputs, blocks, n_features)
    network = build_network(params, len(places), seed=0, name=name)
    found = [w.shape for w in weights]
    expected = [tuple(w.shape) for w in network.weights]
    if found != expected:
        raise ArtifactError(
            f"the weights must have the shapes of the network {params.widths!r}, {expected}, but they have {found}."
        )
    network.set_weights(list(weights))
    return network(picked(features, places.tolist()) if len(places) < n_features else features)


def save_model(model: keras.Model, path: Path) -> None:
    """Write the model to `path`, which ends in `.keras`, whole or not at all.

    Raises:
        StoreError: if it cannot be written.
    """
    partial = path.with_name(f".{path.stem}.partial.keras")
    try:
        model.save(partial)
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise StoreError(f"the model could not be written to {path}: {error}.") from error


def load_plain(path: Path) -> keras.Model:
    """Load a `.keras` file in safe mode, which refuses code inside it.

    Raises:
        ArtifactError: if the file is missing, damaged, or not safe to load.
    """
    if not path.is_file():
        raise ArtifactError(f"there must be a model file at {path}, but there is none.")
    try:
        return keras.models.load_model(path, compile=False, safe_mode=True)
    except _DAMAGED as error:
        first_line = str(error).strip().partition("\n")[0]
        raise ArtifactError(f"{path} must be a whole and safe Keras model file, but: {first_line}") from error


def predict_rows(model: keras.Model, matrix: Matrix, batch_rows: int = BATCH_ROWS) -> Vector:
    """Return the model's answer for each row, shape (R,), computed in batches; no rows give shape (0,)."""
    answers = np.empty(len(matrix), dtype=np.float32)
    # Called, not `predict`ed: that would trace a function and build a pipeline, which takes longer than a small table.
    for first in range(0, len(matrix), batch_rows):
        rows = np.asarray(matrix[first : first + batch_rows], dtype=np.float32)
        answers[first : first + batch_rows] = np.reshape(model(rows, training=False), -1)
    return answers
