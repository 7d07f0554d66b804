"""Several finished models as one: the mean of their probabilities, in one plain `.keras` file.

Owns: joining members, and taking them apart again where log odds are wanted. Does not own: what a member is (export).

Axes: R rows, M members.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from songpop.contracts import Matrix
from songpop.errors import ArtifactError
from songpop.models.export import BATCH_ROWS
from songpop.models.runtime import keras


def average(members: Sequence[keras.Model]) -> keras.Model:
    """Return one model, from (R, C) with NaN to the mean probability (R, 1); one member alone stays as it is.

    Args:
        members: made by `assemble`, with names that differ.
    """
    if len(members) == 1:
        return members[0]
    inputs = keras.Input(members[0].input_shape[1:], dtype="float32", name="cells")
    mean = keras.layers.Average(name="mean_of_members")([member(inputs) for member in members])
    return keras.Model(inputs, mean, name="songpop")


def member_logits(model: keras.Model) -> keras.Model:
    """Return a model from (R, C) to the members' logits, (R, M); `model` itself is changed and of no further use.

    A probability of four bytes is 1 from a logit of 17 on (of eight, from 37), so that songs beyond doubt could not be
    ranked; logits go on.

    Raises:
        ArtifactError: if a member does not end in a Dense layer with a sigmoid.
    """
    last = model.layers[-1]
    members = [model]
    if isinstance(last, keras.layers.Average):
        members = [layer for layer in model.layers if isinstance(layer, keras.Model)]
    for member in members:
        _end_in_logits(member)
    if members == [model]:
        return model
    inputs = keras.Input(model.input_shape[1:], dtype="float32", name="cells")
    return keras.Model(inputs, keras.layers.Concatenate()([member(inputs) for member in members]), name="logits")


def predict_members(model: keras.Model, matrix: Matrix) -> NDArray[np.float64]:
    """Return what a model of `member_logits` answers for each row, shape (R, M); no rows give shape (0, M)."""
    answers = np.empty((len(matrix), int(model.output_shape[1])), dtype=np.float64)
    # Called, not `predict`ed: that would trace a function and build a pipeline, which takes longer than a small table.
    for first in range(0, len(matrix), BATCH_ROWS):
        rows = np.asarray(matrix[first : first + BATCH_ROWS], dtype=np.float32)
        answers[first : first + BATCH_ROWS] = model(rows, training=False)
    return answers


def joint_logits(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the log odds of the mean probability of M members, shape (R,): logits has the shape (R, M).

    Summed as logarithms, so that they also differ where the probability itself is rounded to 0 or 1.
    """
    if logits.shape[1] == 1:
        return logits[:, 0]
    chance_of_yes, chance_of_no = -np.logaddexp(0, -logits), -np.logaddexp(0, logits)  # logarithms of both
    return np.asarray(logsumexp(chance_of_yes, axis=1) - logsumexp(chance_of_no, axis=1))


def _end_in_logits(model: keras.Model) -> None:
    head = model
    while isinstance(head, keras.Model):
        head = head.layers[-1]
    if not isinstance(head, keras.layers.Dense) or head.activation is not keras.activations.sigmoid:
        raise ArtifactError(f"a model must end in a Dense layer with a sigmoid, but this one ends in {head.name!r}.")
    head.activation = keras.activations.linear
