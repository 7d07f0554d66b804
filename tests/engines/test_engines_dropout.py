import numpy as np
import pytest

from songpop.engines.dropout import DropoutMasks, draw_stacked


def drawn(masks: DropoutMasks, *shape: int) -> np.ndarray:
    out = np.empty(shape, np.bool_)
    masks.draw(out)
    return out


@pytest.mark.parametrize("rate", [0.0, 0.1, 0.5, 0.9])
def test_the_share_that_drops_out_is_the_rate(rate: float) -> None:
    kept = drawn(DropoutMasks(1, 0, 0, rate), 50, 64, 64).mean()
    assert kept == pytest.approx(1 - rate, abs=0.003 if rate else 0)


def test_it_does_not_matter_in_how_many_calls_an_epoch_is_drawn() -> None:
    whole = drawn(DropoutMasks(1, 2, 3, 0.3), 7, 5, 3)
    masks = DropoutMasks(1, 2, 3, 0.3)
    assert (np.concatenate([drawn(masks, 3, 5, 3), drawn(masks, 4, 5, 3)]) == whole).all()


def test_seed_layer_and_epoch_each_make_another_mask() -> None:
    found = {drawn(DropoutMasks(*key, 0.5), 2, 8, 8).tobytes() for key in ((1, 0, 0), (2, 0, 0), (1, 1, 0), (1, 0, 1))}
    assert len(found) == 4


def test_a_stack_has_each_slot_s_own_masks_and_idle_seats_keep_every_unit() -> None:
    stacked = draw_stacked([DropoutMasks(seed, 0, 0, 0.5) for seed in (1, 2)], (3, 4, 8, 8))
    assert (stacked[:, 0] == drawn(DropoutMasks(1, 0, 0, 0.5), 3, 8, 8)).all()
    assert (stacked[:, 1] == drawn(DropoutMasks(2, 0, 0, 0.5), 3, 8, 8)).all()
    assert stacked[:, 2:].all()
