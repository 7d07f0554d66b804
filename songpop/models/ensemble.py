"""Several finished models as one: the mean of their probabilities, in one plain `.keras` file.

Owns: joining members, and taking them apart again where log odds are wanted. Does not own: what a member is (export),
what is made of what they say (opinions).

Axes: R rows, M members.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any, final

import numpy as np

from songpop.contracts import Matrix
from songpop.errors import ArtifactError
from songpop.models.export import BATCH_ROWS, Trained, answer, assemble
from songpop.models.opinions import Opinions
from songpop.models.runtime import keras, tf

_EAGER_MEMBERS = 4
# Rows are computed by vector instructions, 16 floats at most at once, and what is left over by others, whose last bit
# may differ: filled up, a row's answer does not depend on how many are asked about with it.
_ROWS_TOGETHER = 16


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


def member_logits(model: keras.Model) -> tuple[keras.Model, tuple[int, ...]]:
    """Return a model from (R, C) to the members' logits, (R, M), and how many votes each member has, (M,).

    `model` itself is changed and of no further use.

    A probability of four bytes is 1 from a logit of 17 on (of eight, from 37), so that songs beyond doubt could not be
    ranked; logits go on.

    Raises:
        ArtifactError: if a member does not end in a Dense layer with a sigmoid.
    """
    last = model.layers[-1]
    if not isinstance(last, keras.layers.Average):
        _end_in_logits(model)
        return model, (1,)
    networks = [layer for layer in model.layers if isinstance(layer, keras.Model)]
    for member in networks:
        if not member.name.startswith("preprocessing"):
            _end_in_logits(member)
    n_votes = Counter(map(id, last.input))  # a member with several votes is averaged as often
    distinct = {id(tensor): tensor for tensor in last.input}
    joined = keras.layers.Concatenate()(list(distinct.values())) if len(distinct) > 1 else last.input[0]
    return keras.Model(model.input, joined, name="logits"), tuple(n_votes[key] for key in distinct)


@final
class Members:
    """A finished model, ready to be asked what each of its members says."""

    def __init__(self, model: keras.Model) -> None:
        """Take `model` apart; it is of no further use itself.

        Raises:
            ArtifactError: if a member does not end in a Dense layer with a sigmoid.
        """
        logits, self._votes = member_logits(model)
        # Eagerly each member costs 15 ms a call; a graph costs 0.1 s a member once, and then next to nothing.
        self._answer: Any = logits
        if len(self._votes) > _EAGER_MEMBERS:
            rows = tf.TensorSpec((None, *logits.input_shape[1:]))
            self._answer = tf.function(lambda x: logits(x, training=False), input_signature=[rows], autograph=False)

    def predict(self, matrix: Matrix) -> Opinions:
        """Return what the members say of each row, shape (R, M); no rows give shape (0, M)."""
        answers = np.empty((len(matrix), len(self._votes)), dtype=np.float64)
        # Called, not `predict`ed: that would build a pipeline, which takes longer than a small table.
        for first in range(0, len(matrix), BATCH_ROWS):
            rows = np.asarray(matrix[first : first + BATCH_ROWS], dtype=np.float32)
            n_short = -len(rows) % _ROWS_TOGETHER
            answers[first : first + BATCH_ROWS] = self._answer(np.pad(rows, ((0, n_short), (0, 0))))[: len(rows)]
        return Opinions(logits=answers, votes=self._votes)


def _end_in_logits(model: keras.Model) -> None:
    head = model
    while isinstance(head, keras.Model):
        head = head.layers[-1]
    if not isinstance(head, keras.layers.Dense) or head.activation is not keras.activations.sigmoid:
        raise ArtifactError(f"a model must end in a Dense layer with a sigmoid, but this one ends in {head.name!r}.")
    head.activation = keras.activations.linear
