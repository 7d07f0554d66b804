import numpy as np
import pytest

from songpop.engines.dropout import Dropout, DropoutBits


@pytest.mark.parametrize("rate", [0.0, 0.1, 0.5, 0.9])
def test_the_share_that_drops_out_is_the_rate(rate: float) -> None:
    bits = DropoutBits(1, 0, 64 * 64).draw(50)
    kept = (bits >= Dropout.of((rate,), (64,)).bounds[0]).mean()
    assert kept == pytest.approx(1 - rate, abs=0.003 if rate else 0)


@pytest.mark.parametrize("n_values", [15, 16])
def test_it_does_not_matter_in_how_many_calls_an_epoch_is_drawn(n_values: int) -> None:
    whole, bits = DropoutBits(1, 3, n_values).draw(7), DropoutBits(1, 3, n_values)
    assert whole.shape[1] >= n_values
    np.testing.assert_array_equal(np.concatenate([bits.draw(3), bits.draw(4)]), whole)


def test_seed_and_epoch_each_make_another_mask() -> None:
    assert len({DropoutBits(*key, 64).draw(2).tobytes() for key in ((1, 0), (2, 0), (1, 1))}) == 3


def test_layers_with_dropout_lie_side_by_side_and_the_others_take_no_bits() -> None:
    dropout = Dropout.of((0.0, 0.25, 0.0, 0.5), (128, 64, 32, 16))
    assert dropout.n_units == 64 + 16
    assert dropout.places.tolist() == [-1, 0, -1, 64]
    assert dropout.bounds.tolist() == [0, 2**14, 0, 2**15]
    np.testing.assert_allclose(dropout.scales, [1, 4 / 3, 1, 2], rtol=1e-6)
    assert DropoutBits(1, 0, 0).draw(3).shape == (3, 0)


def test_a_rate_close_to_one_keeps_its_bound() -> None:
    assert Dropout.of((0.9999999,), (8,)).bounds[0] == 2**16 - 1
