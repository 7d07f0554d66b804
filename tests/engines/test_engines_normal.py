import numpy as np
import pytest
from scipy import stats

from songpop.engines.compiled import inlined
from songpop.engines.dropout import draw_bits, dropout_key
from songpop.engines.normal import normal

ENDS = np.array([0, 255, 256, 2**31 - 1, 2**31, 2**32 - 257, 2**32 - 256, 2**32 - 1], np.uint32)


@inlined
def fill(bits: np.ndarray, values: np.ndarray) -> None:
    for i in range(len(bits)):
        values[i] = normal(bits[i])


def normal_of(bits: np.ndarray) -> np.ndarray:
    values = np.empty(len(bits), np.float32)
    fill(bits, values)
    return values


def test_it_is_the_quantile_function() -> None:
    bits = np.concatenate([np.random.default_rng(0).integers(0, 2**32, 200_000, dtype=np.uint32), ENDS])
    expected = stats.norm.ppf(((bits >> 8).astype(float) + 0.5) / 2**24)
    np.testing.assert_allclose(normal_of(bits), expected, rtol=1e-6)


def test_both_ends_are_finite_and_alike() -> None:
    values = normal_of(ENDS)
    assert np.isfinite(values).all()
    np.testing.assert_array_equal(values, -values[::-1])
    assert values[-1] == pytest.approx(5.42, abs=0.01)


def test_hashed_bits_make_normal_numbers() -> None:
    values = normal_of(draw_bits(dropout_key(3), 0, 0, 40, 64 * 42).reshape(-1))
    assert stats.kstest(values, "norm").pvalue > 1e-3
    assert values.mean() == pytest.approx(0, abs=5 / np.sqrt(len(values)))
    assert values.var() == pytest.approx(1, abs=5 * np.sqrt(2 / len(values)))
    assert stats.kurtosis(values) == pytest.approx(0, abs=5 * np.sqrt(24 / len(values)))
