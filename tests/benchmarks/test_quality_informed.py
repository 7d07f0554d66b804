from dataclasses import replace

import numpy as np
import pytest
from informed import only_rates, with_rates
from test_quality_inputs import inputs

from songpop.contracts import Matrix

__all__ = ["inputs"]


def test_rates_are_counts_a_day_beside_the_rest(inputs) -> None:  # type: ignore[no-untyped-def]
    matrix: Matrix = np.column_stack([inputs.matrix[:, 0], [0, 9, 1, 4, np.nan], inputs.matrix[:, 2]]).astype("f4")
    aged = replace(inputs, matrix=matrix, kinds=("count", "age", "category"))
    found = with_rates(aged)
    assert found.names == (*inputs.names, "plays a day")
    assert found.kinds == ("count", "age", "category", "number")
    assert found.n_categories == (0, 0, 3, 0)
    rates = found.matrix[:, 3]
    assert rates[:4].tolist() == pytest.approx([0, 0.9, 49.5, 0])  # a missing count is none
    assert np.isnan(rates[4])  # of a song without a date nothing is known


def test_rates_and_ages_alone(inputs) -> None:  # type: ignore[no-untyped-def]
    matrix: Matrix = np.column_stack([inputs.matrix[:, 0], [0, 9, 1, 4, np.nan], inputs.matrix[:, 2]]).astype("f4")
    aged = replace(inputs, matrix=matrix, kinds=("count", "age", "category"))
    found = only_rates(aged)
    assert found.names == (inputs.names[1], "plays a day")
    assert (found.kinds, found.n_categories) == (("age", "number"), (0, 0))
    np.testing.assert_array_equal(found.matrix, with_rates(aged).matrix[:, [1, 3]])


def test_without_an_age_nothing_is_added(inputs) -> None:  # type: ignore[no-untyped-def]
    assert with_rates(inputs) is inputs
    assert only_rates(inputs) is inputs
