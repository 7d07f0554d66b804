from itertools import pairwise

import numpy as np
import pytest
from engine_suite import SPEC, spec_with
from hypothesis import given
from hypothesis import strategies as st

from songpop.engines.slot import Slot, pack, unpack
from songpop.errors import SettingsError


@given(widths=st.lists(st.integers(1, 20), min_size=1, max_size=4), n_features=st.integers(1, 9))
def test_packing_loses_nothing_and_unpacks_to_views(widths: list[int], n_features: int) -> None:
    sizes = (n_features, *widths, 1)
    rng = np.random.default_rng(0)
    arrays = [rng.random(s, dtype=np.float32) for a, b in pairwise(sizes) for s in ((a, b), (b,))]
    flat = pack(tuple(arrays))
    back = unpack(flat, sizes)
    assert all((a == b).all() for a, b in zip(arrays, back, strict=True))
    back[0][0, 0] = 7
    assert flat[0] == 7


def test_the_penalty_is_keras_formula() -> None:
    slot = Slot(spec_with(regularization="l1_l2", l1=0.1, l2=0.2, first_regularized=1, widths="8-4"), 3)
    kernel = unpack(slot.weights, slot.sizes)[2].astype(np.float64)
    assert slot.penalty() == pytest.approx(0.1 * np.abs(kernel).sum() + 0.2 * np.square(kernel).sum(), rel=1e-5)
    assert slot.lambdas.tolist() == [[0, 0], pytest.approx([0.1, 0.2]), [0, 0]]


def test_what_is_kept_does_not_change_with_the_weights() -> None:
    slot = Slot(SPEC, 3)
    before = slot.weights.copy()
    slot.life.observe({"val_log_loss": 0.5, "val_loss": 0.5, "val_accuracy": 0.5, "loss": 0.5})
    slot.keep(np.full(4, 0.5, np.float32))
    slot.weights += 1
    result = slot.result(np.array([0, 1, 0, 1], np.float32))
    assert result.weights is not None
    np.testing.assert_array_equal(pack(result.weights), before)


def test_what_cannot_be_meant_gets_no_slot() -> None:
    with pytest.raises(SettingsError, match="dropout_first"):
        Slot(spec_with(dropout_first=1.5), 3)
