"""Which rows are measured."""

import numpy as np
import pandas as pd
import pytest
from tables import numeric_table, small_settings

from songpop.data import leak_sample
from songpop.data.leak_sample import LeakSample
from songpop.data.table import load_table
from songpop.errors import DataError
from songpop.settings import ColumnSettings, FeatureBlock


def test_too_few_songs() -> None:
    table = numeric_table({"x": np.arange(20)}, [1, 1, 1] + [0] * 17)
    with pytest.raises(DataError, match=r"at least 5 songs of each class, but .* one class has 3"):
        LeakSample.of(table)


def test_any_beginning_has_rows_of_both_classes() -> None:
    sample = LeakSample.of(numeric_table({"x": np.arange(100)}, [1] * 30 + [0] * 70))
    assert len(sample.label) == 100
    assert sorted(sample.matrix[:, 0]) == list(range(100))
    for n_rows in range(2, 60, 2):
        assert sample.label[:n_rows].sum() == n_rows // 2


def test_a_large_table_is_measured_by_some_rows_of_each_class(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leak_sample, "N_ROWS", 40)
    sample = LeakSample.of(numeric_table({"x": np.arange(100)}, [1] * 10 + [0] * 90))
    assert np.bincount(sample.label).tolist() == [20, 10]


def test_columns_for_blocks_are_not_measured() -> None:
    settings = small_settings(columns=ColumnSettings(numbers=["x"], dates=["day"]))
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "title": [f"t{k}" for k in range(40)],
            "artist": [f"a{k % 7}" for k in range(40)],
            "score": rng.permutation(40),
            "x": rng.normal(size=40),
            "day": [f"2024-01-{k % 28 + 1:02}" for k in range(40)],
        }
    )
    plain, asked = (
        LeakSample.of(load_table(settings, frame=frame, extra=extra))
        for extra in ((), (FeatureBlock.calendar, FeatureBlock.names))
    )
    np.testing.assert_array_equal(asked.matrix, plain.matrix)
    assert asked.matrix.flags.c_contiguous
    assert asked.columns == plain.columns == ("x", "day")
    assert asked.n_categories == plain.n_categories
