"""Products of any shape against NumPy's in double precision, and what a kernel relies on."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numba import njit
from numba.core.errors import TypingError

from songpop.engines import products
from songpop.engines.products import multiply, multiply_turned, turn

SIDE = st.integers(1, 50)  # more and fewer than a tile's rows and a vector's values


def matrix(rng: np.random.Generator, *shape: int) -> np.ndarray:
    return rng.normal(size=shape).astype(np.float32)


@settings(max_examples=150, deadline=None)
@given(n_rows=SIDE, n_columns=SIDE, n_terms=SIDE, seed=st.integers(0, 99))
@example(n_rows=64, n_columns=128, n_terms=42, seed=0)
def test_products_are_right_and_write_nowhere_else(n_rows: int, n_columns: int, n_terms: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    a, b = matrix(rng, n_rows, n_terms), matrix(rng, n_terms, n_columns)
    exact, scale = a.astype(float) @ b, np.abs(a) @ np.abs(b)
    for product_of, left in ((multiply, a), (multiply_turned, np.ascontiguousarray(a.T))):
        room = np.full((n_rows + 2, n_columns), np.nan, np.float32)
        product_of(left, b, room[1:-1])
        assert np.all(np.abs(room[1:-1] - exact) <= 1e-6 * scale)
        assert np.isnan(room[[0, -1]]).all()


@given(n_rows=SIDE, n_columns=SIDE)
@settings(deadline=None)
def test_turning_is_transposing(n_rows: int, n_columns: int) -> None:
    given_matrix = np.arange(n_rows * n_columns, dtype=np.float32).reshape(n_rows, n_columns)
    room = np.full((n_columns + 2, n_rows), np.nan, np.float32)
    turn(given_matrix, room[1:-1])
    np.testing.assert_array_equal(room[1:-1], given_matrix.T)
    assert np.isnan(room[[0, -1]]).all()


@pytest.mark.parametrize("n_columns", [5, 16, 40])
def test_a_row_rounds_alike_wherever_it_is(n_columns: int) -> None:
    """Six, four and one rows at a time are the same sums, so a short last batch rounds as a full one."""
    rng = np.random.default_rng(0)
    a, b = matrix(rng, 21, 33), matrix(rng, 33, n_columns)
    whole, row = np.empty((21, n_columns), np.float32), np.empty((1, n_columns), np.float32)
    multiply(a, b, whole)
    for k in range(21):
        multiply(a[k : k + 1], b, row)
        np.testing.assert_array_equal(row[0], whole[k])


@pytest.mark.parametrize("bad", [np.inf, np.nan])
def test_what_is_no_number_stays_in_its_row(bad: float) -> None:
    a, b = np.ones((9, 20), np.float32), np.ones((20, 16), np.float32)
    a[4, 7] = bad
    product = np.empty((9, 16), np.float32)
    multiply(a, b, product)
    assert not np.isfinite(product[4]).any()
    assert (np.delete(product, 4, axis=0) == 20).all()


@pytest.mark.parametrize("others", [np.ones((8, 8)), np.ones((8, 8), np.float32).T], ids=["float64", "by columns"])
def test_other_arrays_are_refused_before_they_are_read(others: np.ndarray) -> None:
    call = njit(lambda matrix, turned: products._turn_block(matrix, 0, 8, turned, 0, 8))
    with pytest.raises(TypingError, match="row after row"):
        call(others, np.empty((8, 8), np.float32))
