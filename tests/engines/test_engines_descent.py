"""One pass over all weights against the formula in double precision."""

from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from songpop.engines.descent import descend, update
from songpop.engines.updates import COEFFICIENTS


@settings(max_examples=40, deadline=None)
@given(
    sizes=st.lists(st.integers(1, 20), min_size=2, max_size=5),
    seed=st.integers(0, 99),
    is_penalized=st.booleans(),
)
def test_a_step_is_the_formula_and_returns_the_penalty(sizes: list[int], seed: int, is_penalized: bool) -> None:
    rng = np.random.default_rng(seed)
    n_weights = sum((n_in + 1) * n_out for n_in, n_out in pairwise(sizes))
    w, m, v, g = (rng.normal(size=n_weights).astype(np.float32) for _ in range(4))
    w[0], v = 0, np.square(v)
    lambdas = (rng.random((len(sizes) - 1, 2)) * is_penalized).astype(np.float32)
    c = dict(zip(COEFFICIENTS, coefficients := rng.uniform(0.1, 1, 10).astype(np.float32), strict=True))
    l1, l2 = (
        np.concatenate([np.repeat([of, 0], [i * o, o]) for of, (i, o) in zip(column, pairwise(sizes), strict=True)])
        for column in lambdas.T.astype(float)
    )
    full = g + l1 * np.sign(w) + 2 * l2 * w
    means, squares = c["m_keep"] * m + c["m_add"] * full, c["v_keep"] * v + np.square(c["v_add"] * full)
    down = c["by_m"] * means + c["by_g"] * full
    after = c["w_keep"] * w - down / (np.sqrt(c["in_root"] * squares + c["root_add"]) + c["den_add"])
    expected_penalty = (l1 * np.abs(w) + l2 * np.square(w)).sum()

    penalty = update(w, m, v, g, lambdas, np.array(sizes), coefficients)
    np.testing.assert_allclose(penalty, expected_penalty, rtol=1e-5)
    for mine, theirs in ((w, after), (m, means), (v, squares)):
        np.testing.assert_allclose(mine, theirs, rtol=2e-5, atol=2e-5)


def test_weights_before_the_layers_take_the_same_step_without_penalty() -> None:
    rng = np.random.default_rng(0)
    arrays = [rng.random(7).astype(np.float32) for _ in range(4)]
    coefficients = rng.random(10).astype(np.float32)
    alone, layer = [a.copy() for a in arrays], [a.copy() for a in arrays]
    descend(*alone, coefficients)
    update(*layer, np.zeros((1, 2), np.float32), np.array([6, 1]), coefficients)
    for mine, theirs in zip(alone, layer, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-6)
    nothing = [np.empty(0, np.float32)] * 4
    descend(*nothing, coefficients)
