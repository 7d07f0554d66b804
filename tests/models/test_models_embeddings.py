"""Shapes, initial weights and pieces of embeddings."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from songpop.contracts import Params
from songpop.models.embeddings import embedding_of, initial_embedding, pieces


def parts_of(x: np.ndarray, scale: np.ndarray, shift: np.ndarray) -> np.ndarray:
    """What a network makes of a feature's values, shape (R, T)."""
    lines = x[:, None] * scale.astype(np.float64) + shift
    lines[:, 1:] = np.maximum(lines[:, 1:], 0)
    lines[:, :-1] = np.minimum(lines[:, :-1], 1)
    return lines


def test_knots_are_the_quantiles() -> None:
    x = np.random.default_rng(0).normal(size=(501, 3)).astype(np.float32)
    scale, shift = pieces(x, 10)
    knots = np.quantile(x.astype(np.float64), np.linspace(0, 1, 11), axis=0).T
    np.testing.assert_allclose(-shift / scale, knots[:, :-1], rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose((1 - shift) / scale, knots[:, 1:], rtol=1e-4, atol=1e-4)


@given(
    values=st.lists(st.sampled_from([-2.0, -0.5, 0.0, 0.1, 1.0, 3.0]) | st.floats(-9, 9, width=32), min_size=1),
    n_pieces=st.integers(2, 15),
)
def test_parts_are_finite_and_rise_with_the_value(values: list[float], n_pieces: int) -> None:
    x = np.array(values, np.float32)
    scale, shift = pieces(x[:, None], n_pieces)
    assert np.isfinite(scale).all()
    assert np.isfinite(shift).all()
    parts = parts_of(np.sort(x), scale[0], shift[0])
    assert (np.diff(parts, axis=0) >= -1e-6).all()
    assert (np.abs(parts[:, 1:-1] - 0.5) <= 0.5 + 1e-3).all()
    n_pieces_found = int((scale[0] > 0).sum())
    assert parts[-1].sum() == pytest.approx(n_pieces_found, abs=0.01 * n_pieces)  # the largest is through all of them
    assert parts[0].sum() == pytest.approx(0, abs=0.01 * n_pieces)


def test_a_flag_has_one_piece_and_a_constant_none() -> None:
    flag, constant = np.array([0, 1] * 40 + [1], np.float32), np.full(81, 0.3, np.float32)
    scale, shift = pieces(np.stack([flag, constant], axis=1), 12)
    assert scale[0].tolist() == [1, *[0] * 11]
    assert not shift.any()
    assert not scale[1].any()


def test_a_rare_flag_still_has_its_piece() -> None:
    rare = np.zeros(1000, np.float32)
    rare[7] = 1
    assert pieces(rare[:, None], 12)[0][0].tolist() == [1, *[0] * 11]


def test_beyond_the_training_values_it_goes_on() -> None:
    x = np.linspace(-1, 1, 101).astype(np.float32)
    scale, shift = pieces(x[:, None], 4)
    low, high = parts_of(np.array([-2.0, 2.0]), scale[0], shift[0])
    np.testing.assert_allclose(low, [-2, 0, 0, 0], atol=1e-5)
    np.testing.assert_allclose(high, [1, 1, 1, 3], atol=1e-5)


@pytest.mark.parametrize(("kind", "n_before"), [("piecewise", 2), ("periodic", 1)])
def test_initial_weights_have_the_shapes_and_the_paper_s_spread(kind: str, n_before: int) -> None:
    params = Params(embedding=kind, embedding_width=16, n_frequencies=20, frequency_scale=0.5)
    x = np.random.default_rng(0).normal(size=(99, 30)).astype(np.float32)
    embedding, arrays = embedding_of(params, 30), initial_embedding(params, 30, 4, x)
    assert tuple(a.shape for a in arrays) == (*embedding.constants, *embedding.trained)
    assert all(a.dtype == np.float32 for a in arrays)
    assert len(arrays) == n_before + 2
    limit = 1 / np.sqrt(embedding.n_parts)
    assert 0.9 * limit < np.abs(arrays[-1]).max() <= 0.99 * np.abs(arrays[-2]).max() * 1.1
    assert 0.99 * limit < np.abs(arrays[-2]).max() <= limit
    if kind == "periodic":
        assert np.std(arrays[0]) == pytest.approx(0.5, rel=0.1)


def test_without_one_there_is_nothing() -> None:
    embedding = embedding_of(Params(), 7)
    assert (embedding.n_outputs, embedding.constants, embedding.trained, embedding.plan[0]) == (7, (), (), 0)
    assert initial_embedding(Params(), 7, 0) == ()
