"""Which rows are measured."""

import numpy as np
import pytest
from tables import numeric_table

from songpop.data import leak_sample
from songpop.data.leak_sample import LeakSample
from songpop.errors import DataError


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
