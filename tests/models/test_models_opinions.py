"""What members say, joined: the mean of probabilities, kept apart beyond all doubt, and how far another may be."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.special import expit, logit

from songpop.evaluation.stats import prediction_interval
from songpop.models.opinions import Opinions


def of(logits: object, votes: tuple[int, ...] | None = None) -> Opinions:
    said = np.asarray(logits, dtype=np.float64)
    return Opinions(logits=said, votes=votes or (1,) * said.shape[1])


def test_songs_beyond_doubt_are_told_apart() -> None:
    found = of([[40.0, 41.0], [42.0, 43.0], [-800.0, -900.0], [-810.0, -900.0]]).joint
    assert found[0] < found[1]
    assert found[3] < found[2] < -700
    assert np.isfinite(found).all()


@given(arrays(np.float64, st.tuples(st.integers(1, 6), st.integers(1, 5)), elements=st.floats(-20, 20)))
def test_the_joint_log_odds_are_those_of_the_mean_probability(logits: np.ndarray) -> None:
    np.testing.assert_allclose(of(logits).joint, logit(expit(logits).mean(axis=1)), rtol=1e-6, atol=1e-6)


def test_votes_are_weights() -> None:
    logits = np.random.default_rng(0).normal(size=(5, 2))
    twice = of(logits, votes=(2, 1)).joint
    np.testing.assert_allclose(twice, of(logits[:, [0, 0, 1]]).joint)


def test_one_member_has_no_interval() -> None:
    assert of([[1.0], [2.0]]).interval() is None


def test_the_interval_is_that_of_one_more_member() -> None:
    logits = np.random.default_rng(0).normal(size=(4, 10))
    low, high = of(logits).interval() or ((), ())
    expected = [prediction_interval(row, level=0.95) for row in logits]
    np.testing.assert_allclose(low, [one.low for one in expected])
    np.testing.assert_allclose(high, [one.high for one in expected])


@pytest.mark.parametrize("votes", [(8, 1, 1), (9, 1), (5, 3, 1, 1), (5,) * 5 + (1,) * 25])
def test_the_interval_holds_as_often_as_it_says_with_any_votes(votes: tuple[int, ...]) -> None:
    rng = np.random.default_rng(0)
    low, high = of(rng.normal(size=(20_000, len(votes))), votes).interval() or ((), ())
    other = rng.normal(size=20_000)
    assert np.mean((low <= other) & (other <= high)) > 0.945


@pytest.mark.parametrize("logits", [[[0.0, 0.0, 9.0]], [[5.0, 5.0]], [[-40.0, 40.0]]])
def test_the_joint_answer_is_inside(logits: list[list[float]]) -> None:
    said = of(logits)
    low, high = said.interval() or ((), ())
    assert low[0] <= said.joint[0] <= high[0]
