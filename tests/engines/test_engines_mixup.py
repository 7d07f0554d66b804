import numpy as np
import pytest
from scipy import stats

from songpop.engines.batch_order import epoch_order
from songpop.engines.mixup import mixing_shares


@pytest.mark.parametrize("alpha", [0.4, 1.0, 3.0])
def test_shares_are_beta_distributed(alpha: float) -> None:
    """Below, a float32 rounds many of them to 1."""
    shares = np.concatenate([mixing_shares(alpha, 1, epoch, 50) for epoch in range(100)])
    assert stats.kstest(shares, stats.beta(alpha, alpha).cdf).pvalue > 1e-3


def test_a_step_s_share_is_its_seed_s_and_epoch_s_alone() -> None:
    whole = mixing_shares(0.4, 5, 3, 50)
    np.testing.assert_array_equal(whole, mixing_shares(0.4, 5, 3, 50))
    np.testing.assert_array_equal(whole[:20], mixing_shares(0.4, 5, 3, 20))
    for seed, epoch in ((6, 3), (5, 4), (3, 5)):
        assert not (whole == mixing_shares(0.4, seed, epoch, 50)).any()


def test_nothing_is_drawn_without_an_alpha() -> None:
    assert mixing_shares(0.0, 1, 0, 50).shape == (0,)


@pytest.mark.parametrize("alpha", [1e-6, 1e-3, 1e3])
def test_shares_are_shares_for_any_alpha(alpha: float) -> None:
    shares = mixing_shares(alpha, 2, 0, 1000)
    assert ((shares >= 0) & (shares <= 1)).all()


def test_the_order_of_rows_is_not_drawn_from_the_same_numbers() -> None:
    ranks = np.argsort(np.argsort(mixing_shares(1.0, 4, 2, 2000)))
    assert abs(stats.spearmanr(ranks, epoch_order(4, 2, 2000)).statistic) < 0.1
