"""Numbers as vectors, as built-in Keras layers and operations: what `embeddings` describes.

Axes: R rows, F features, Q parts of a feature, D values of its vector.
"""

import math

import numpy as np

from songpop.contracts import Params
from songpop.models.embeddings import Embedding, embedding_of
from songpop.models.runtime import keras

_NO_END = float(np.finfo(np.float32).max)


def embedded(features: keras.KerasTensor, params: Params) -> keras.KerasTensor:
    """Return the features, shape (R, F), as the first layer gets them: as they are, or as vectors (R, F * D).

    Its layers come without weights of their own: they are set with the network's.
    """
    embedding = embedding_of(params, int(features.shape[1]))
    if embedding.kind == "none":
        return features
    parts = _pieces(features, embedding) if embedding.kind == "piecewise" else _waves(features, embedding)
    vectors = keras.layers.EinsumDense(
        "rfq,fqd->rfd",
        output_shape=(embedding.n_features, embedding.width),
        bias_axes="fd",
        activation="relu",
        name="embedding",
    )(parts)
    return keras.layers.Reshape((embedding.n_outputs,), name="vectors")(vectors)


def _pieces(features: keras.KerasTensor, embedding: Embedding) -> keras.KerasTensor:
    """Return how far each value is through each piece, shape (R, F, Q): 0 to 1, but open at both ends of a feature."""
    shape = (embedding.n_features, embedding.n_parts)
    lines = keras.layers.EinsumDense("rf,fq->rfq", output_shape=shape, bias_axes="fq", trainable=False, name="pieces")
    least = np.array([-_NO_END, *[0] * (embedding.n_parts - 1)], dtype=np.float32)
    greatest = np.array([*[1] * (embedding.n_parts - 1), _NO_END], dtype=np.float32)
    return keras.ops.minimum(keras.ops.maximum(lines(features), least), greatest)


def _waves(features: keras.KerasTensor, embedding: Embedding) -> keras.KerasTensor:
    """Return the cosines, then the sines, of each value's waves, shape (R, F, Q)."""
    shape = (embedding.n_features, embedding.n_parts // 2)
    turns = keras.layers.EinsumDense("rf,fk->rfk", output_shape=shape, name="frequencies")(features)
    angles = 2 * math.pi * turns
    return keras.ops.concatenate([keras.ops.cos(angles), keras.ops.sin(angles)], axis=-1)
