"""Which features a network is given: the blocks that `Params.inputs` names, in NumPy alone.

Axes: F features of the task, N features of the network.
"""

from collections.abc import Mapping

import numpy as np

from songpop.contracts import Indices, Part, Span, Task

JOINED_BY = "+"


def input_places(inputs: str, blocks: Mapping[str, Span], n_features: int) -> Indices:
    """Return the places of the features that a network is given, shape (N,), each once, in the order of the task.

    A space names blocks for any table: those that this one has no columns for, or that `features.extra` does not make,
    are left out; where none is left, the network is given all features, as a table without dates has no rates.

    Args:
        inputs: `Params.inputs`.
        blocks: places of each block of the task.
        n_features: F.
    """
    is_chosen = np.zeros(n_features, dtype=bool)
    for name in inputs.split(JOINED_BY):
        is_chosen[slice(*blocks.get(name, (0, 0)))] = True
    return np.flatnonzero(is_chosen) if is_chosen.any() else np.arange(n_features)


def task_of(task: Task, inputs: str) -> Task:
    """Return a task with the features that a network is given only; the task itself where these are all of them."""
    places = input_places(inputs, task.blocks, task.train.x.shape[1])
    if len(places) == task.train.x.shape[1]:
        return task
    return Task(train=_of(task.train, places), validation=_of(task.validation, places))


def _of(part: Part, places: Indices) -> Part:
    return Part(x=np.ascontiguousarray(part.x[:, places]), y=part.y)
