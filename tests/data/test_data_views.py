import numpy as np
import pytest

from songpop.data.views import LARGEST, view_table

MATRIX = np.float32([[4, 2], [9, np.nan], [0, 0], [-3, 8]])


def test_one_column_is_seen_raw_and_as_log() -> None:
    views = view_table(MATRIX).of((0,))
    np.testing.assert_allclose(views, np.column_stack(([4, 9, 0, -3], np.log([5, 10, 1, 0.25]))))


def test_missing_cells_get_the_median_and_a_flag() -> None:
    views = view_table(MATRIX).of((1,))
    assert views[1].tolist() == [2, pytest.approx(np.log(3)), 1]
    assert views[:, 2].tolist() == [0, 1, 0, 0]


def test_pairs_are_seen_as_difference_sum_ratio_and_product() -> None:
    views = view_table(MATRIX).of((0, 1))
    assert views.shape == (4, 4 + 1 + 5)
    np.testing.assert_allclose(views[0, 5:], [2, 6, 2, np.log(5 / 3), np.log(15)], rtol=1e-6)
    assert views[2, 7] == 0  # 0 / 0


def test_views_are_finite() -> None:
    matrix = np.float32([[3e38, 1e-38], [-3e38, 0], [np.nan, np.nan]])
    views = view_table(matrix).of((0, 1))
    assert np.isfinite(views).all()
    assert np.abs(views).max() == LARGEST
    assert np.isfinite(view_table(np.full((3, 1), np.nan, dtype=np.float32)).of((0,))).all()


def test_the_head_is_the_first_rows() -> None:
    viewed = view_table(MATRIX)
    np.testing.assert_array_equal(viewed.head(2).of((0,)), viewed.of((0,))[:2])
