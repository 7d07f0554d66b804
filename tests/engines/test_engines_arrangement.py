"""The kernel's order of arrays, and the way back."""

import numpy as np
import pytest

from songpop.contracts import Params
from songpop.engines.arrangement import by_keras, by_kernel, measured_shapes, trained_shapes
from songpop.models.topology import NORMALIZATIONS, initial_weights, layer_sizes, weight_shapes


@pytest.mark.parametrize("kind", NORMALIZATIONS)
@pytest.mark.parametrize(("embedding", "n_before"), [("none", 0), ("piecewise", 4)])
def test_there_and_back(kind: str, embedding: str, n_before: int) -> None:
    params = Params(widths="8-4-3", normalization=kind, embedding=embedding)
    arrays = initial_weights(params, 5, seed=0)
    mine = by_kernel(arrays, kind, n_before)
    widths = (8, 4, 3)
    measured, trained = measured_shapes(kind, widths), trained_shapes(kind, widths)
    n_first = len(measured)
    assert tuple(array.shape for array in mine[:n_first]) == measured
    assert tuple(array.shape for array in mine[n_first + n_before : -8]) == trained
    assert tuple(array.shape for array in mine[-8:]) == weight_shapes(layer_sizes(params, 5))
    back = by_keras(mine, kind, n_before)
    assert len(back) == len(arrays)
    for array, again in zip(arrays, back, strict=True):
        np.testing.assert_array_equal(array, again)


def test_all_gammas_and_betas_lie_between_the_embedding_and_the_layers() -> None:
    arrays = [np.full(1, k, np.float32) for k in range(12)]
    found = [int(array[0]) for array in by_kernel(arrays, "layer", 2)]
    assert found == [0, 1, 4, 5, 8, 9, 2, 3, 6, 7, 10, 11]


def test_what_is_measured_lies_before_everything_and_a_missing_bias_is_zeros() -> None:
    arrays = [np.full(1, k, np.float32) for k in range(2 + 2 * 5 + 2)]
    for kernel in (2, 7):
        arrays[kernel] = np.full((1, 1), kernel, np.float32)
    found = by_kernel(arrays, "batch", 2)
    assert [int(array.flat[0]) for array in found] == [5, 6, 10, 11, 0, 1, 3, 4, 8, 9, 2, 0, 7, 0, 12, 13]
    assert [int(array.flat[0]) for array in by_keras(found, "batch", 2)] == list(range(14))
