"""The kernel's order of arrays, and the way back."""

import numpy as np
import pytest

from songpop.contracts import Params
from songpop.engines.arrangement import by_keras, by_kernel, shapes_of
from songpop.models.topology import NORMALIZATIONS, initial_weights


@pytest.mark.parametrize("kind", NORMALIZATIONS)
@pytest.mark.parametrize(("embedding", "n_before"), [("none", 0), ("piecewise", 4)])
def test_there_and_back(kind: str, embedding: str, n_before: int) -> None:
    params = Params(widths="8-4-3", normalization=kind, embedding=embedding)
    arrays = initial_weights(params, 5, seed=0)
    mine = by_kernel(arrays, kind, n_before)
    assert len(mine) == n_before + len(shapes_of(kind, (8, 4, 3))) + 8
    back = by_keras(mine, kind, n_before)
    assert len(back) == len(arrays)
    for array, again in zip(arrays, back, strict=True):
        np.testing.assert_array_equal(array, again)


def test_all_gammas_and_betas_lie_between_the_embedding_and_the_layers() -> None:
    arrays = [np.full(1, k, np.float32) for k in range(12)]
    found = [int(array[0]) for array in by_kernel(arrays, "layer", 2)]
    assert found == [0, 1, 4, 5, 8, 9, 2, 3, 6, 7, 10, 11]
