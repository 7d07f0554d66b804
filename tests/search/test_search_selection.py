"""Greedy selection: what it gains, and that luck on the validation rows is not selected."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from songpop.evaluation.metrics import log_loss
from songpop.search.selection import select, weighted


def noisy(n_trials: int, n_rows: int, noise: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Trials that know the log odds up to a noise of their own, and the truth."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 2, n_rows)
    y = (rng.random(n_rows) < 1 / (1 + np.exp(-logits))).astype(np.float32)
    seen = logits + rng.normal(0, noise, (n_trials, n_rows))
    return (1 / (1 + np.exp(-seen))).astype(np.float32), y


def test_the_mean_of_the_selected_is_better_than_the_best_alone_on_rows_that_nobody_saw() -> None:
    predictions, y = noisy(40, 4_000, noise=1.5)
    known, fresh = slice(0, 800), slice(800, None)
    votes = select(predictions[:, known], y[known], n_members=8, n_votes=16, seed=0)
    best = min(range(40), key=lambda k: log_loss(y[known], predictions[k, known]))
    mean = weighted([predictions[v.place, fresh] for v in votes], [v.n_votes for v in votes])
    assert log_loss(y[fresh], mean) < log_loss(y[fresh], predictions[best, fresh]) - 0.02


def test_a_trial_that_is_best_by_far_stands_alone() -> None:
    predictions, y = noisy(10, 500, noise=3.0)
    predictions[3] = np.where(y == 1, 0.95, 0.05)
    (vote, *_) = select(predictions, y, n_members=3, n_votes=12, seed=0)
    assert vote.place == 3
    assert vote.n_votes >= 6


def test_what_predicts_the_opposite_is_never_selected() -> None:
    predictions, y = noisy(10, 500, noise=1.0)
    predictions[5] = 1 - predictions[4]
    assert 5 not in [v.place for v in select(predictions, y, n_members=10, n_votes=20, seed=0)]


@settings(deadline=None, max_examples=20)
@given(st.integers(1, 12), st.integers(1, 6), st.integers(0, 5))
def test_votes_are_shared_out_whole(n_trials: int, n_members: int, seed: int) -> None:
    predictions, y = noisy(n_trials, 60, noise=1.0, seed=seed)
    votes = select(predictions, y, n_members=n_members, n_votes=12, seed=seed)
    assert 1 <= len(votes) <= min(n_members, n_trials)
    assert sum(v.n_votes for v in votes) == 12
    assert len({v.place for v in votes}) == len(votes)
    assert votes == select(predictions, y, n_members=n_members, n_votes=12, seed=seed)


def test_no_trials_no_votes() -> None:
    assert select(np.empty((0, 5), np.float32), np.zeros(5, np.float32), n_members=3, n_votes=6, seed=0) == ()


def test_weights_are_votes() -> None:
    a, b = np.asarray([0.2], np.float32), np.asarray([0.8], np.float32)
    assert weighted([a, b], [3, 1])[0] == pytest.approx(0.35)
