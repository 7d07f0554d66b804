"""Values on one scale."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from songpop.models.runtime import keras
from songpop.models.scaling import Scaler, Values, mean_of, min_max, robust, scaled, standardise

VALUES = np.asarray([[1.0, 5.0], [2.0, 5.0], [9.0, 5.0], [np.nan, 5.0]])
PRESENT = np.isfinite(VALUES)


def applied(scaler: Scaler, values: Values, limit: float = 1e6) -> Values:
    """The graph's answer; missing values are NaN in `values`."""
    is_present = np.isfinite(values)
    scaling = scaler(np.nan_to_num(values), is_present)
    inputs, seen = keras.Input((values.shape[1],)), keras.Input((values.shape[1],), dtype="bool")
    model = keras.Model([inputs, seen], scaled(inputs, seen, scaling, limit=limit))
    return np.asarray(model([np.nan_to_num(values).astype(np.float32), is_present]), dtype=np.float64)


@pytest.mark.parametrize(
    ("scaler", "expected"),
    [
        (standardise, [(1 - 4) / np.sqrt(38 / 3), (2 - 4) / np.sqrt(38 / 3), (9 - 4) / np.sqrt(38 / 3), 0]),
        (min_max, [0, 1 / 8, 1, 3 / 8]),
        (robust, [-1 * 1.349 / 4, 0, 7 * 1.349 / 4, 0]),  # quartiles of 1, 2, 9: 1.5 and 5.5
    ],
    ids=["standardise", "min_max", "robust"],
)
def test_by_hand(scaler: Scaler, expected: list[float]) -> None:
    found = applied(scaler, VALUES)
    np.testing.assert_allclose(found[:, 0], expected, atol=1e-6)
    assert not found[:, 1].any()  # a constant column says nothing


def test_no_further_than_the_limit() -> None:
    assert np.abs(applied(standardise, np.asarray([[0.0]] * 99 + [[1e6]]), limit=3.0)).max() == 3.0


def test_a_column_whose_quartiles_coincide_falls_back_on_the_standard_deviation() -> None:
    found = applied(robust, np.asarray([[0.0]] * 99 + [[10.0]]))
    assert 5 < found.max() < 20


def test_mean_of_nothing_is_0() -> None:
    assert mean_of(np.zeros((3, 1)), np.zeros((3, 1), dtype=bool)).tolist() == [0.0]


@pytest.mark.parametrize("scaler", [standardise, min_max, robust])
@given(values=arrays(np.float64, (6, 2), elements=st.floats(-1e9, 1e9) | st.just(np.nan)))
@settings(deadline=None, max_examples=10)
def test_always_finite(scaler: Scaler, values: Values) -> None:
    assert np.isfinite(applied(scaler, values)).all()
