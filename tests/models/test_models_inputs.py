"""Which features a network is given."""

import numpy as np
import pytest

from songpop.contracts import Part, Task
from songpop.models.inputs import input_places, task_of

BLOCKS = {"logs": (0, 3), "rates": (3, 5), "ratios": (5, 5)}


@pytest.mark.parametrize(
    ("inputs", "places"),
    [("all", [0, 1, 2, 3, 4]), ("rates", [3, 4]), ("rates+logs", [0, 1, 2, 3, 4]), ("logs+ratios", [0, 1, 2])],
)
def test_the_places_of_the_named_blocks(inputs: str, places: list[int]) -> None:
    assert input_places(inputs, BLOCKS, 5).tolist() == places


@pytest.mark.parametrize(("inputs", "places"), [("rates+ages", [3, 4]), ("ratios", [0, 1, 2, 3, 4])])
def test_what_a_table_does_not_have_is_left_out_and_all_is_given_where_nothing_is_left(
    inputs: str, places: list[int]
) -> None:
    assert input_places(inputs, BLOCKS, 5).tolist() == places


def test_a_task_of_the_chosen_features() -> None:
    part = Part(x=np.arange(10, dtype=np.float32).reshape(2, 5), y=np.zeros(2, dtype=np.float32))
    task = Task(train=part, validation=part, blocks=BLOCKS)
    assert task_of(task, "all") is task
    found = task_of(task, "rates")
    assert found.train.x.tolist() == [[3, 4], [8, 9]]
    assert found.train.x.flags["C_CONTIGUOUS"]
