import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from songpop.engines.batches import LANES, in_steps, n_steps_of, padded_rows, row_weights


@given(n_rows=st.integers(1, 200), batch=st.integers(1, 80), n_slots=st.integers(1, 3), seed=st.integers(0, 9))
def test_every_row_counts_once_and_as_much_as_in_keras(n_rows: int, batch: int, n_slots: int, seed: int) -> None:
    """Each step is the mean over its rows; what fills a batch up has no weight."""
    batch = min(batch, n_rows)
    rng = np.random.default_rng(seed)
    orders = [rng.permutation(n_rows).astype(np.int32) for _ in range(n_slots)]
    steps, weights = in_steps(orders, batch), row_weights(n_rows, batch)
    assert steps.shape == (n_steps_of(n_rows, batch), n_slots, weights.shape[1])
    assert steps.shape[2] % LANES == 0
    np.testing.assert_allclose(weights.sum(axis=1), 1, rtol=1e-6)
    for slot, order in enumerate(orders):
        counted = [row for step, weight in zip(steps[:, slot], weights, strict=True) for row in step[weight > 0]]
        assert counted == order.tolist()


def test_rows_are_filled_up_with_zeros() -> None:
    padded = padded_rows(np.ones((17, 2), np.float32))
    assert padded.shape == (32, 2)
    assert padded[:17].min() == 1
    assert padded[17:].max() == 0
    assert padded_rows(np.ones((32, 2), np.float32)).shape == (32, 2)
