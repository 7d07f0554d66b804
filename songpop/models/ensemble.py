"""Several finished models as one: the mean of their probabilities, in one plain `.keras` file.

Owns: joining members, and taking them apart again where log odds are wanted. Does not own: what a member is (export).

Axes: R rows, M members.
"""

from collections.abc import Sequence
from typing import Any, final

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from songpop.contracts import Matrix
from songpop.errors import ArtifactError
from songpop.models.export import BATCH_ROWS, Trained, answer, assemble
from songpop.models.runtime import keras, tf

_EAGER_MEMBERS = 4


def average(members: Sequence[Trained]) -> keras.Model:
    """Return one model, from (R, C) with NaN to the members' mean probability (R, 1), each with its votes.

    Members with one preprocessing share it. One member alone is no mean.

    Raises:
        ArtifactError: if a member's weights are not those of such a network.
    """
    if len(members) == 1:
        return assemble(members[0])
    inputs = keras.Input(members[0].preprocessing.model.input_shape[1:], dtype="float32", name="cells")
    answers: list[keras.KerasTensor] = []
    features: dict[int, keras.KerasTensor] = {}  # by the identity of the preprocessing
    for number, member in enumerate(members):
        model = member.preprocessing.model
        if id(model) not in features:
            model.name = f"preprocessing_{len(features)}"  # two layers of one name cannot be loaded
            features[id(model)] = model(inputs)
        answers += [answer(member, features[id(model)], f"member_{number}")] * member.n_votes
    mean = keras.layers.Average(name="mean_of_members")(answers)
    return keras.Model(inputs, mean, name="songpop")


def member_logits(model: keras.Model) -> keras.Model:
    """Return a model from (R, C) to the members' logits, (R, M); `model` itself is changed and of no further use.

    A member with several votes is there as often.

    A probability of four bytes is 1 from a logit of 17 on (of eight, from 37), so that songs beyond doubt could not be
    ranked; logits go on.

    Raises:
        ArtifactError: if a member does not end in a Dense layer with a sigmoid.
    """
    last = model.layers[-1]
    members = [model]
    if isinstance(last, keras.layers.Average):
        networks = [layer for layer in model.layers if isinstance(layer, keras.Model)]
        members = [layer for layer in networks if not layer.name.startswith("preprocessing")]
    for member in members:
        _end_in_logits(member)
    if members == [model]:
        return model
    return keras.Model(model.input, keras.layers.Concatenate()(list(last.input)), name="logits")


@final
class Members:
    """A model of `member_logits`, ready to be asked."""

    def __init__(self, logits: keras.Model) -> None:
        self._n_members = int(logits.output_shape[1])
        # Eagerly each member costs 15 ms a call; a graph costs 0.1 s a member once, and then next to nothing.
        self._answer: Any = logits
        if self._n_members > _EAGER_MEMBERS:
            rows = tf.TensorSpec((None, *logits.input_shape[1:]))
            self._answer = tf.function(lambda x: logits(x, training=False), input_signature=[rows], autograph=False)

    def predict(self, matrix: Matrix) -> NDArray[np.float64]:
        """Return the members' logits for each row, shape (R, M); no rows give shape (0, M)."""
        answers = np.empty((len(matrix), self._n_members), dtype=np.float64)
        # Called, not `predict`ed: that would build a pipeline, which takes longer than a small table.
        for first in range(0, len(matrix), BATCH_ROWS):
            rows = np.asarray(matrix[first : first + BATCH_ROWS], dtype=np.float32)
            answers[first : first + BATCH_ROWS] = self._answer(rows)
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
