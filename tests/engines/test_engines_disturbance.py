"""What befalls a batch, each kind alone and all together, against NumPy where nothing is random."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from songpop.contracts import Params
from songpop.engines.disturbance import disturb, disturbance_of
from songpop.engines.dropout import dropout_key, step_key

N_ROWS, N_FEATURES = 64, 42


def batch(n_rows: int = N_ROWS, n_features: int = N_FEATURES) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    return rng.normal(size=(n_rows, n_features)).astype(np.float32), rng.integers(0, 2, n_rows).astype(np.float32)


def disturbed(
    x: np.ndarray, y: np.ndarray, *, share: float = 1.0, at: tuple[int, int, int] = (1, 0, 0), **params: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return the batch of seed, epoch and step `at`."""
    seed, epoch, step = at
    x, y = x.copy(), y.copy()
    key = step_key(dropout_key(seed), epoch, step)
    disturb(x, y, np.float32(share), disturbance_of(Params(**params)), np.uint64(key))
    return x, y


def test_off_is_off_to_the_last_bit() -> None:
    x, y = batch()
    x[0, 0], x[0, 1] = -0.0, np.nan
    for mine, theirs in zip(disturbed(x, y), (x, y), strict=True):
        assert mine.tobytes() == theirs.tobytes()


@settings(max_examples=40, deadline=None)
@given(
    n_rows=st.integers(1, 70),
    n_features=st.integers(1, 20),
    share=st.floats(0, 1, width=32),
    smoothing=st.floats(0, 0.875, width=32),
)
def test_rows_are_mixed_with_their_mirror_images_and_labels_smoothed(
    n_rows: int, n_features: int, share: float, smoothing: float
) -> None:
    x, y = batch(n_rows, n_features)
    mixed = share * y + (1 - share) * y[::-1]
    mine = disturbed(x, y, share=share, label_smoothing=smoothing)
    np.testing.assert_allclose(mine[0], share * x + (1 - share) * x[::-1], atol=1e-6)
    np.testing.assert_allclose(mine[1], mixed * (1 - smoothing) + smoothing / 2, atol=1e-6)


@pytest.mark.parametrize("deviation", [0.01, 0.3, 1.0])
def test_noise_has_its_deviation_and_no_more_to_it(deviation: float) -> None:
    x, y = batch()
    noise = [disturbed(x, y, at=(1, 0, step), input_noise=deviation)[0] - x for step in range(40)]
    values = np.stack(noise) / deviation
    assert stats.kstest(values.reshape(-1)[:50_000], "norm").pvalue > 1e-3
    bound = 5 / np.sqrt(values.size)
    assert values.mean() == pytest.approx(0, abs=bound)
    for one, other in ((values[1:], values[:-1]), (values[:, 1:], values[:, :-1]), (values[..., 1:], values[..., :-1])):
        assert (one * other).mean() == pytest.approx(0, abs=1.1 * bound)  # of steps, rows, features side by side
    np.testing.assert_array_equal(disturbed(x, y, input_noise=deviation)[1], y)


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
def test_the_share_of_features_that_drop_out_is_the_rate(rate: float) -> None:
    x, y = batch()
    kept = [disturbed(x, y, at=(1, 0, step), dropout_input=rate)[0] for step in range(40)]
    factors = np.stack(kept) / x
    is_kept = factors != 0
    assert is_kept.mean() == pytest.approx(1 - rate, abs=5 * np.sqrt(rate * (1 - rate) / is_kept.size))
    np.testing.assert_allclose(factors[is_kept], 1 / (1 - rate), rtol=1e-6)


def test_noise_drops_out_with_its_feature() -> None:
    x, y = batch()
    both = disturbed(x, y, input_noise=0.5, dropout_input=0.3)[0]
    noisy = disturbed(x, y, input_noise=0.5)[0]
    is_kept = disturbed(x, y, dropout_input=0.3)[0] != 0
    np.testing.assert_allclose(both, noisy * is_kept / np.float32(0.7), rtol=1e-5)


@pytest.mark.parametrize("params", [{"input_noise": 0.1}, {"dropout_input": 0.5}])
def test_it_is_seed_s_epoch_s_and_step_s_alone(params: dict[str, float]) -> None:
    x, y = batch()
    first = disturbed(x, y, at=(1, 2, 3), **params)[0]
    np.testing.assert_array_equal(first, disturbed(x, y, at=(1, 2, 3), **params)[0])
    # A short last batch sees what its rows would have seen in a whole one.
    np.testing.assert_array_equal(first[:10], disturbed(x[:10], y[:10], at=(1, 2, 3), **params)[0])
    for other in ((2, 2, 3), (1, 3, 3), (1, 2, 4), (1, 3, 2)):
        assert (disturbed(x, y, at=other, **params)[0] != first).mean() > 0.3


def test_neither_noise_nor_features_drop_out_as_hidden_units_do() -> None:
    """Streams of one step: the same places, other bits."""
    ones, y = np.ones((N_ROWS, N_FEATURES), np.float32), np.zeros(N_ROWS, np.float32)
    noise = disturbed(ones, y, input_noise=1.0)[0] - 1
    is_kept = disturbed(ones, y, dropout_input=0.5)[0] != 0
    assert abs(noise[is_kept].mean() - noise[~is_kept].mean()) < 5 * 2 / np.sqrt(noise.size)
