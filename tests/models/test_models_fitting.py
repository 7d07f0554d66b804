"""How a block is fitted: by the graph itself, in batches, on the present values alone."""

import numpy as np
import pytest

from songpop.contracts import Column, ColumnKind
from songpop.models import fitting
from songpop.models.cells import picked
from songpop.models.fitting import Training, fit_scaled, transform
from songpop.models.runtime import keras

COLUMNS = (Column(name="a", kind=ColumnKind.NUMBER), Column(name="b", kind=ColumnKind.NUMBER))
ROWS = np.array([[1, 10], [3, np.nan], [np.nan, 30], [5, 20]], dtype=np.float32)
TRAINING = Training(matrix=ROWS, columns=COLUMNS)


def test_the_graph_is_run_on_the_training_rows() -> None:
    found = TRAINING.run(lambda cells: picked(cells.values, [1, 0]) * 2.0)
    assert found.dtype == np.float64
    assert found.tolist() == [[20, 2], [0, 6], [60, 0], [40, 10]]


def test_missing_values_neither_count_nor_lie_off_the_mean() -> None:
    block = fit_scaled(TRAINING, ["a", "b"], lambda cells: cells.values, lambda cells: cells.present)
    assert (block.names, block.build_fitted) == (("a", "b"), None)
    expected = np.nan_to_num((ROWS - np.nanmean(ROWS, axis=0)) / np.nanstd(ROWS, axis=0))
    np.testing.assert_allclose(TRAINING.run(block.build), expected, atol=1e-6)


def test_a_limit_draws_the_line() -> None:
    block = fit_scaled(TRAINING, ["a", "b"], lambda cells: cells.values, lambda cells: cells.present, limit=0.5)
    assert np.abs(TRAINING.run(block.build)).max() == 0.5


@pytest.mark.parametrize("n_rows", [0, 1, 3, 4])
def test_batches_are_put_together(n_rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fitting, "_BATCH_ROWS", 3)
    inputs = keras.Input((2,))
    model = keras.Model(inputs, inputs * 2.0)
    rows = np.arange(8, dtype=np.float32).reshape(4, 2)[:n_rows]
    np.testing.assert_array_equal(transform(model, rows), rows * 2)
