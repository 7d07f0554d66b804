"""Greedy selection of the tuned networks' trials."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from networks import N_STEPS, selected
from sklearn.metrics import log_loss


@settings(max_examples=50, deadline=None)
@given(n_trials=st.integers(1, 6), seed=st.integers(0, 99))
def test_an_average_is_no_worse_than_the_best_trial(n_trials: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    label = rng.permutation(np.arange(40) % 2).astype(np.float64)
    told = np.clip(0.5 + (label - 0.5) * rng.uniform(-0.2, 0.8, (n_trials, 40)), 0.01, 0.99)
    weights = selected(told, label)
    assert weights.sum() == pytest.approx(1)
    assert (weights >= 0).all()
    assert log_loss(label, weights @ told) <= min(log_loss(label, one) for one in told) + 1e-9


def test_trials_that_are_wrong_on_different_rows_are_averaged() -> None:
    label = np.array([1.0, 1.0, 0.0, 0.0])
    told = np.array([[0.9, 0.4, 0.1, 0.1], [0.4, 0.9, 0.1, 0.1], [0.1, 0.1, 0.9, 0.9]])
    np.testing.assert_allclose(selected(told, label), [0.5, 0.5, 0.0], atol=1 / N_STEPS)


def test_certainty_that_is_wrong_is_no_infinity() -> None:
    assert selected(np.array([[0.0, 1.0], [0.4, 0.6]]), np.array([1.0, 0.0])).tolist() == [0.0, 1.0]
