import numpy as np
import pytest
from scipy import stats

from songpop.engines.dropout import Dropout, draw_bits, dropout_key


def bits_of(seed: int, epoch: int, n_steps: int, n_values: int) -> np.ndarray:
    return draw_bits(dropout_key(seed), epoch, 0, n_steps, n_values)


@pytest.mark.parametrize("rate", [0.0, 0.1, 0.5, 0.9])
def test_the_share_that_drops_out_is_the_rate(rate: float) -> None:
    kept = (bits_of(1, 0, 50, 64 * 64) >= Dropout.of((rate,), (64,)).bounds[0]).mean()
    assert kept == pytest.approx(1 - rate, abs=0.003 if rate else 0)


def test_bits_are_uniform() -> None:
    counts, _ = np.histogram(bits_of(1, 0, 64, 64 * 240), bins=4096, range=(0, 2**32))
    assert 1e-4 < stats.chisquare(counts).pvalue < 1 - 1e-4


@pytest.mark.parametrize(("n_units", "n_steps"), [(1, 0), (240, 0), (0, 1)], ids=["next unit", "next row", "next step"])
@pytest.mark.parametrize("rate", [0.1, 0.5])
def test_a_unit_drops_out_whatever_its_neighbours_do(n_units: int, n_steps: int, rate: float) -> None:
    drops = bits_of(3, 2, 100, 64 * 240) < rate * 2**32
    both = drops[: 100 - n_steps, : 64 * 240 - n_units] & drops[n_steps:, n_units:]
    assert both.mean() == pytest.approx(rate**2, abs=5 * rate / np.sqrt(both.size))


@pytest.mark.parametrize("other", [(2, 0), (1, 1), (1 + 2**32, 0)])
def test_seed_and_epoch_each_make_another_mask(other: tuple[int, int]) -> None:
    one, two = bits_of(1, 0, 30, 15_360), bits_of(*other, 30, 15_360)
    both = ((one < 2**30) & (two < 2**30)).mean()
    assert both == pytest.approx(1 / 16, abs=5 * np.sqrt(1 / 16 / one.size))


def test_it_does_not_matter_in_how_many_calls_an_epoch_is_drawn() -> None:
    key = dropout_key(1)
    parts = [draw_bits(key, 3, 0, 3, 15), draw_bits(key, 3, 3, 4, 15)]
    np.testing.assert_array_equal(np.concatenate(parts), draw_bits(key, 3, 0, 7, 15))


def test_layers_with_dropout_lie_side_by_side_and_the_others_take_no_bits() -> None:
    dropout = Dropout.of((0.0, 0.25, 0.0, 0.5), (128, 64, 32, 16))
    assert dropout.n_units == 64 + 16
    assert dropout.places.tolist() == [-1, 0, -1, 64]
    assert dropout.bounds.tolist() == [0, 2**30, 0, 2**31]
    np.testing.assert_allclose(dropout.scales, [1, 4 / 3, 1, 2], rtol=1e-6)


def test_a_rate_close_to_one_keeps_its_bound() -> None:
    assert Dropout.of((1 - 1e-12,), (8,)).bounds[0] == 2**32 - 1
