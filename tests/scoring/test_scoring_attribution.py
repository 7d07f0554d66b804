"""Shapley values: exact where they are known, and always adding up."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from songpop.scoring.attribution import attributions

RNG = np.random.default_rng


def exact(value, row, background, groups) -> np.ndarray:
    """The definition: the mean over all orders and background rows of what a group adds when it comes."""
    added = np.zeros(len(groups))
    orders = list(itertools.permutations(range(len(groups))))
    for start in background:
        for order in orders:
            cells = start.copy()
            for group in order:
                before = value(cells[None])[0]
                cells[groups[group]] = row[groups[group]]
                added[group] += value(cells[None])[0] - before
    return added / (len(background) * math.factorial(len(groups)))


@given(st.integers(0, 1_000), st.integers(1, 5))
def test_they_add_up_to_what_is_explained(seed: int, n_rows: int) -> None:
    rng = RNG(seed)
    rows, background = rng.normal(size=(n_rows, 4)), rng.normal(size=(3, 4))

    def value(cells: np.ndarray) -> np.ndarray:
        return np.sin(cells).prod(axis=1) + cells[:, 0] ** 2

    found = attributions(value, rows, background, [[0], [1, 2], [3]], rng)
    np.testing.assert_allclose(found.sum(axis=1), value(rows) - value(background).mean(), atol=1e-9)


def test_a_sum_of_columns_is_taken_apart_exactly() -> None:
    weights = np.array([1.0, -2.0, 0.5, 0.0])
    rows, background = RNG(0).normal(size=(5, 4)), RNG(1).normal(size=(7, 4))
    found = attributions(lambda cells: cells @ weights, rows, background, [[0], [1], [2, 3]], RNG(2))
    expected = (rows - background.mean(axis=0)) * weights
    np.testing.assert_allclose(found[:, :2], expected[:, :2], atol=1e-9)
    np.testing.assert_allclose(found[:, 2], expected[:, 2:].sum(axis=1), atol=1e-9)


def test_what_two_columns_do_together_is_shared_as_the_definition_says() -> None:
    """An order and its reverse together are exact where no more than two columns act on each other."""
    rng = RNG(3)
    row, background = rng.normal(size=4), rng.normal(size=(6, 4))
    groups = [[0], [1], [2], [3]]

    def value(cells: np.ndarray) -> np.ndarray:
        return cells[:, 0] * cells[:, 1] + cells[:, 2] * cells[:, 3] - cells[:, 0]

    found = attributions(value, row[None], background, groups, RNG(4))[0]
    np.testing.assert_allclose(found, exact(value, row, background, groups), atol=1e-9)


@pytest.mark.parametrize("n_neighbours", [0, 3])
def test_neighbours_change_nothing(n_neighbours: int) -> None:
    rows, background = RNG(5).normal(size=(1 + n_neighbours, 3)), RNG(6).normal(size=(2, 3))
    found = attributions(lambda cells: cells.prod(axis=1), rows, background, [[0], [1], [2]], RNG(7))
    alone = attributions(lambda cells: cells.prod(axis=1), rows[:1], background, [[0], [1], [2]], RNG(7))
    np.testing.assert_allclose(found[0], alone[0])


def test_no_rows() -> None:
    assert attributions(lambda cells: cells[:, 0], np.empty((0, 2)), np.ones((1, 2)), [[0], [1]], RNG(0)).shape == (
        0,
        2,
    )
