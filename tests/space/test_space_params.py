import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from songpop.errors import SpaceError
from songpop.space import ChoiceParam, FixedParam, FloatParam, IntParam, SpaceParam

SHARES = st.floats(0, 1, exclude_max=True)
PARAMS: list[SpaceParam] = [
    FloatParam(name="dropout_first", low=0.0, high=0.5),
    FloatParam(name="l2", low=1e-6, high=1e-1, log=True),
    FloatParam(name="dropout_first", low=0.0, high=0.9, step=0.1),
    FloatParam(name="l2", low=0.3, high=0.3),
    IntParam(name="batch_size", low=1, high=7),
    IntParam(name="batch_size", low=1, high=1024, log=True),
    IntParam(name="batch_size", low=16, high=64, step=16),
    ChoiceParam(name="optimizer", choices=("adam", "sgd", "nadam")),
    FixedParam(name="schedule", value="step"),
]


@pytest.mark.parametrize("param", PARAMS, ids=repr)
@settings(deadline=None, max_examples=40)
@given(share=SHARES)
def test_every_share_of_the_range_is_a_value(param: SpaceParam, share: float) -> None:
    value = param.at(share)
    assert param.contains(value)
    assert param.snap(value) == value


@pytest.mark.parametrize("param", [param for param in PARAMS if param.n_values is not None], ids=repr)
def test_values_are_all_there_once(param: SpaceParam) -> None:
    values = param.values()
    assert values is not None
    assert len(set(values)) == len(values) == param.n_values
    assert all(param.contains(value) for value in values)
    n_shares = 2_000
    assert {param.at(share / n_shares) for share in range(n_shares)} <= set(values)


@pytest.mark.parametrize(
    ("param", "grid"),
    [
        (FloatParam(name="l2", low=1e-4, high=1e-2, log=True, n_grid=3), [1e-4, 1e-3, 1e-2]),
        (FloatParam(name="l2", low=0.0, high=1.0, n_grid=5), [0.0, 0.25, 0.5, 0.75, 1.0]),
        (FloatParam(name="l2", low=0.0, high=0.3, step=0.1), [0.0, 0.1, 0.2, 0.3]),
        (IntParam(name="batch_size", low=1, high=3), [1, 2, 3]),
        (IntParam(name="batch_size", low=8, high=128, log=True, n_grid=3), [8, 32, 128]),
        (IntParam(name="batch_size", low=1, high=3, n_grid=9), [1, 2, 3]),
        (IntParam(name="batch_size", low=1, high=5, log=True, n_grid=4), [1, 2, 3, 5]),
        (ChoiceParam(name="optimizer", choices=("sgd", "adam")), ["sgd", "adam"]),
        (FixedParam(name="optimizer", value="sgd"), ["sgd"]),
    ],
)
def test_the_grid(param: SpaceParam, grid: list[object]) -> None:
    assert list(param.grid()) == pytest.approx(grid) if isinstance(grid[0], float) else list(param.grid()) == grid


def test_the_ends_of_a_logarithmic_grid_are_exact() -> None:
    grid = FloatParam(name="l2", low=1e-6, high=1e-1, log=True, n_grid=4).grid()
    assert (grid[0], grid[-1]) == (1e-6, 1e-1)


def test_a_continuum_needs_to_say_what_a_grid_takes() -> None:
    with pytest.raises(SpaceError, match=r"A grid needs `space.l2.n_grid` or `space.l2.step`"):
        FloatParam(name="l2", low=0, high=1).grid()


@pytest.mark.parametrize(
    ("param", "value", "is_inside"),
    [
        (PARAMS[0], 0.25, True),
        (PARAMS[0], 0.51, False),
        (PARAMS[0], "0.25", False),
        (PARAMS[0], math.nan, False),
        (PARAMS[2], 0.1 + 0.2, True),  # a rounding error off the ladder is on it
        (PARAMS[2], 0.35, False),
        (PARAMS[6], 32, True),
        (PARAMS[6], 33, False),
        (PARAMS[6], 32.5, False),
        (PARAMS[6], True, False),
        (PARAMS[7], "adamw", False),
        (PARAMS[8], "constant", False),
    ],
)
def test_membership(param: SpaceParam, value: object, is_inside: bool) -> None:
    assert param.contains(value) is is_inside


def test_steps_are_decimal() -> None:
    assert PARAMS[2].snap(0.1 + 0.2) == 0.3
