from pathlib import Path

import numpy as np
import pytest
from inputs import WITHHELD, Inputs, load_inputs, rows_digest, save_inputs, with_gaps, without_gaps

NAN = np.nan


@pytest.fixture
def inputs() -> Inputs:
    return Inputs(
        matrix=np.array([[0, 1, 0], [9, NAN, 1], [99, 3, NAN], [NAN, 4, 2], [1e6, 5, 1]], dtype=np.float32),
        names=("plays", "score", "genre"),
        kinds=("count", "number", "category"),
        n_categories=(0, 0, 3),
        label=np.array([0, 1, 0, 1, 1], dtype=np.int8),
        train=np.array([0, 1, 2]),
        validation=np.array([3]),
        test=np.array([4]),
        test_digest="t",
    )


def test_labels_of_test_rows_are_withheld(inputs: Inputs, tmp_path: Path) -> None:
    save_inputs(inputs, tmp_path / "exports" / "x.npz")
    found = load_inputs(tmp_path / "exports" / "x.npz")
    assert found.label.tolist() == [0, 1, 0, 1, WITHHELD]
    assert inputs.label.tolist() == [0, 1, 0, 1, 1]
    assert found.known.tolist() == [0, 1, 2, 3]
    assert (found.names, found.kinds, found.n_categories) == (inputs.names, inputs.kinds, inputs.n_categories)
    np.testing.assert_array_equal(found.matrix, inputs.matrix)


def test_the_digest_knows_every_cell(inputs: Inputs, tmp_path: Path) -> None:
    save_inputs(inputs, tmp_path / "a.npz")
    save_inputs(inputs, tmp_path / "b.npz")
    inputs.matrix[0, 0] = 1
    save_inputs(inputs, tmp_path / "c.npz")
    a, b, c = (load_inputs(tmp_path / f"{name}.npz").digest for name in "abc")
    assert a == b != c


def test_features_with_gaps(inputs: Inputs) -> None:
    found = with_gaps(inputs)
    np.testing.assert_allclose(found[:, 0], np.log1p([0, 9, 99, NAN, 1e6]))
    np.testing.assert_allclose(found[:, 1], [1, NAN, 3, 4, 5])
    np.testing.assert_array_equal(found[:, 2:], [[1, 0, 0], [0, 1, 0], [0, 0, 0], [0, 0, 1], [0, 1, 0]])


def test_gaps_are_filled_from_the_rows_that_are_fitted_on(inputs: Inputs) -> None:
    found = without_gaps(with_gaps(inputs), inputs.train)
    assert found.shape == (5, 6)  # the count has no gap in training rows, so no flag
    assert found[3, 0] == pytest.approx(np.log1p([0, 9, 99]).mean())
    assert found[1, 1] == pytest.approx(2)  # the mean of 1 and 3, not of the other rows
    assert found[:, 5].tolist() == [0, 1, 0, 0, 0]
    assert np.isfinite(found).all()


def test_the_digest_of_rows_is_that_of_their_content_in_order() -> None:
    keys = np.array([7, 8, 9], dtype=np.uint64)
    assert rows_digest(keys, np.array([0, 2])) == rows_digest(keys[[0, 2]], np.array([0, 1]))
    assert rows_digest(keys, np.array([0, 2])) != rows_digest(keys, np.array([2, 0]))
