"""The beginning of every preprocessing graph."""

import numpy as np

from songpop.contracts import Column, ColumnKind
from songpop.models.cells import logs, of_kinds, open_cells, picked
from songpop.models.runtime import keras

COLUMNS = (Column(name="streams", kind=ColumnKind.COUNT), Column(name="tempo", kind=ColumnKind.NUMBER))
ROWS = np.asarray([[np.e - 1, -3.0], [-5.0, np.nan], [np.inf, 7.0]], dtype=np.float32)


def test_missing_and_infinite_cells_become_0_and_are_known_as_such() -> None:
    cells = open_cells(2)
    present = keras.ops.cast(cells.present, "float32")
    values, seen = (np.asarray(a) for a in keras.Model(cells.inputs, [cells.values, present])(ROWS))
    np.testing.assert_array_equal(values, np.where(np.isfinite(ROWS), ROWS, 0))
    np.testing.assert_array_equal(seen, np.isfinite(ROWS))


def test_counts_become_logs_and_numbers_stay() -> None:
    cells = open_cells(2)
    found = np.asarray(keras.Model(cells.inputs, logs(cells.values, COLUMNS, [1, 0]))(ROWS))
    np.testing.assert_allclose(found, [[-3, 1], [0, 0], [7, 0]], atol=1e-6)  # below 0 a count has no logarithm


def test_columns_by_place_and_by_kind() -> None:
    cells = open_cells(2)
    found = np.asarray(keras.Model(cells.inputs, picked(cells.values, [1]))(ROWS))
    np.testing.assert_array_equal(found, [[-3], [0], [7]])
    assert of_kinds(COLUMNS, ColumnKind.NUMBER, ColumnKind.AGE) == [1]
