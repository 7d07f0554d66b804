from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from songpop.engines.layout import Layout


@given(widths=st.lists(st.integers(1, 70), min_size=1, max_size=4), n_features=st.integers(1, 60))
def test_a_layout_loses_nothing(widths: list[int], n_features: int) -> None:
    sizes = (n_features, *widths, 1)
    shapes = tuple(s for a, b in pairwise(sizes) for s in ((a, b), (b,)))
    layout, rng = Layout(shapes=shapes), np.random.default_rng(0)
    arrays = [rng.normal(size=shape).astype(np.float32) for shape in shapes]
    back = layout.unpack(layout.pack(arrays), lambda piece, shape: piece.reshape(shape))
    assert all((a == b).all() for a, b in zip(arrays, back, strict=True))
    joined = layout.join([np.stack([a, 2 * a]) for a in arrays])
    for piece, packed in zip(joined, layout.pack(arrays), strict=True):
        np.testing.assert_array_equal(piece[0], packed)
        np.testing.assert_array_equal(piece[1], 2 * packed)
