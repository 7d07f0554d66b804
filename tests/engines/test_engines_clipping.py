"""Clipping against Keras' own, penalty's gradients included."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from songpop.engines.clipping import clip
from songpop.models.runtime import keras


@settings(max_examples=40, deadline=None)
@given(
    sizes=st.lists(st.integers(1, 20), min_size=2, max_size=5),
    seed=st.integers(0, 99),
    greatest=st.sampled_from([1e-3, 1.0, 10.0, 1e4]),
    is_penalized=st.booleans(),
)
def test_it_is_the_global_norm_of_all_gradients(
    sizes: list[int], seed: int, greatest: float, is_penalized: bool
) -> None:
    rng = np.random.default_rng(seed)
    n_weights = sum((n_in + 1) * n_out for n_in, n_out in pairwise(sizes))
    w, g = (rng.normal(size=n_weights).astype(np.float32) for _ in range(2))
    w[0] = 0
    lambdas = (rng.random((len(sizes) - 1, 2)) * is_penalized).astype(np.float32)
    l1, l2 = (
        np.concatenate([np.repeat([of, 0], [i * o, o]) for of, (i, o) in zip(column, pairwise(sizes), strict=True)])
        for column in lambdas.T.astype(float)
    )
    full = (g + l1 * np.sign(w) + 2 * l2 * w).astype(np.float32)
    optimizer = keras.optimizers.SGD(global_clipnorm=greatest)
    expected = np.asarray(optimizer._clip_gradients([keras.ops.convert_to_tensor(full)])[0])

    penalty = clip(g, w, lambdas, np.array(sizes), np.float32(greatest))
    np.testing.assert_allclose(g, expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(penalty, (l1 * np.abs(w) + l2 * np.square(w)).sum(), rtol=1e-5)


@pytest.mark.parametrize("bad", [np.nan, np.inf, 1e30])
def test_a_norm_that_is_no_number_leaves_none(bad: float) -> None:
    g, w = np.array([1, bad, 2], np.float32), np.ones(3, np.float32)
    clip(g, w, np.zeros((1, 2), np.float32), np.array([2, 1]), np.float32(1))
    assert np.isnan(g).all()


def test_what_comes_before_the_layers_is_part_of_the_norm_and_has_no_penalty() -> None:
    before, g, w = np.array([3, 0, 4], np.float32), np.array([0, 0, 12], np.float32), np.ones(3, np.float32)
    whole = np.concatenate([before, g])
    lambdas = np.array([[0, 0.5]], np.float32)
    penalty = clip(whole, w, lambdas, np.array([2, 1]), np.float32(1))
    expected = np.array([3, 0, 4, 1, 1, 12])
    np.testing.assert_allclose(whole, expected / np.linalg.norm(expected), rtol=1e-6)
    assert penalty == pytest.approx(1.0)


def test_gradients_of_0_stay_0() -> None:
    g, w = np.zeros(3, np.float32), np.ones(3, np.float32)
    clip(g, w, np.zeros((1, 2), np.float32), np.array([2, 1]), np.float32(1))
    assert (g == 0).all()
