import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from songpop.engines.batch_order import epoch_order


@given(seed=st.integers(0, 2**40), epoch=st.integers(0, 500), n_rows=st.integers(1, 300))
def test_each_row_once(seed: int, epoch: int, n_rows: int) -> None:
    order = epoch_order(seed, epoch, n_rows)
    assert order.dtype == np.int32
    assert sorted(order.tolist()) == list(range(n_rows))
    assert (order == epoch_order(seed, epoch, n_rows)).all()


def test_epochs_and_seeds_differ() -> None:
    orders = {tuple(epoch_order(seed, epoch, 50)) for seed in range(5) for epoch in range(5)}
    assert len(orders) == 25
