"""The features beside the values: by hand, harmless on any cell, and without songpop inside."""

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from test_models_features import COLUMNS, some_rows

from songpop.contracts import Column, ColumnKind, Matrix
from songpop.models.blocks import fit_block
from songpop.models.features import Preprocessing, fit_features
from songpop.models.fitting import Training
from songpop.settings import FeatureBlock, FeatureKind

B = FeatureBlock
COUNTS = (
    Column(name="streams", kind=ColumnKind.COUNT),
    Column(name="views", kind=ColumnKind.COUNT),
    Column(name="age", kind=ColumnKind.AGE),
)


def count_rows(n_rows: int = 500) -> Matrix:
    rng = np.random.default_rng(1)
    matrix = np.stack([*(10 ** rng.uniform(2, 7, (2, n_rows))), rng.integers(0, 5000, n_rows)], axis=1)
    matrix = matrix.astype(np.float32)
    matrix[rng.random(matrix.shape) < 0.15] = np.nan
    return matrix


def block_of(kind: FeatureBlock, matrix: Matrix, columns: tuple[Column, ...] = COUNTS) -> tuple[list[str], Matrix]:
    """Names and features of one block, by way of the whole preprocessing."""
    found = fit_features(matrix, columns, FeatureKind.logs, [kind])
    first, last = found.blocks[kind.value]
    return list(found.names[first:last]), found.transform(matrix)[:, first:last]


def standardised(values: Matrix) -> Matrix:
    values = values.astype(np.float64)
    return np.asarray(np.nan_to_num((values - np.nanmean(values, axis=0)) / np.nanstd(values, axis=0)))


def test_rates_are_counts_by_days_and_a_missing_count_is_none() -> None:
    matrix = count_rows()
    days = matrix[:, 2:] + 1
    names, found = block_of(B.rates, matrix)
    assert names == ["streams a day", "views a day"]
    np.testing.assert_allclose(found, np.clip(standardised(np.nan_to_num(matrix[:, :2]) / days), -10, 10), atol=1e-4)


def test_logs_of_rates_know_a_missing_count() -> None:
    matrix = count_rows()
    _, found = block_of(B.log_rates, matrix)
    np.testing.assert_allclose(found, standardised(np.log1p(matrix[:, :2]) - np.log(matrix[:, 2:] + 1)), atol=1e-4)


def test_ratios_are_centred_logs() -> None:
    matrix = count_rows()
    names, found = block_of(B.ratios, matrix)
    assert names == ["streams by all counts", "views by all counts"]
    logs = np.log1p(matrix[:, :2])
    n_present = np.isfinite(logs).sum(axis=1, keepdims=True)
    means = np.nansum(logs, axis=1, keepdims=True) / np.maximum(n_present, 1)
    np.testing.assert_allclose(found, standardised(logs - means), atol=1e-4)


def test_ages_alone() -> None:
    matrix = count_rows()
    names, found = block_of(B.ages, matrix)
    assert names == ["age"]
    np.testing.assert_allclose(found, standardised(np.log1p(matrix[:, 2:])), atol=1e-4)


def test_robust_values_are_drawn_in() -> None:
    matrix = count_rows()
    matrix[0, 0] = 1e30
    _, found = block_of(B.robust, matrix)
    assert np.abs(found).max() < 3  # the curve's end
    assert np.median(found[np.isfinite(matrix[:, 0]), 0]) == pytest.approx(0, abs=0.02)


def test_places_are_uniform_and_in_order() -> None:
    matrix = count_rows()
    _, found = block_of(B.quantiles, matrix)
    is_present = np.isfinite(matrix[:, 0])
    order = np.argsort(matrix[is_present, 0])
    places = found[is_present, 0][order]
    assert (np.diff(places) >= 0).all()
    np.testing.assert_allclose(places, np.linspace(-1, 1, len(places)), atol=0.05)
    assert not found[~is_present, 0].any()


def test_pieces_are_passed_one_after_the_other() -> None:
    matrix = count_rows()
    names, found = block_of(B.pieces, matrix)
    pieces = found[:, [name.startswith("streams from") for name in names]]
    assert pieces.shape[1] == 16
    is_present = np.isfinite(matrix[:, 0])
    assert not pieces[~is_present].any()
    assert (np.diff(pieces[is_present], axis=1) <= 0).all()  # a later piece is never fuller than the one before
    np.testing.assert_allclose(pieces[np.nanargmax(matrix[:, 0])], 1, atol=1e-6)


def test_missing_cells_are_counted() -> None:
    matrix = count_rows()
    names, found = block_of(B.patterns, matrix)
    assert names == ["missing cells"]
    np.testing.assert_allclose(found, standardised(np.isnan(matrix).sum(axis=1, keepdims=True)), atol=1e-4)


@pytest.mark.parametrize("kind", list(B))
def test_a_table_without_such_columns_has_an_empty_block(kind: FeatureBlock) -> None:
    genre = COLUMNS[4:5]
    matrix = np.zeros((3, 1), dtype=np.float32)
    assert fit_block(kind, Training(matrix=matrix, columns=genre)) is None
    names, found = block_of(kind, matrix, genre)
    assert (names, found.shape) == ([], (3, 0))


@pytest.mark.parametrize("kind", list(B))
def test_a_column_that_is_all_missing_is_harmless(kind: FeatureBlock) -> None:
    matrix = count_rows()
    matrix[:, 1] = np.nan
    assert np.isfinite(block_of(kind, matrix)[1]).all()


@cache
def everything() -> Preprocessing:
    return fit_features(some_rows(), COLUMNS, FeatureKind.logs, list(B))


@settings(deadline=None, max_examples=15)
@given(arrays(np.float32, (7, 6), elements=st.floats(width=32)))
def test_no_cell_makes_a_feature_that_is_no_number(cells: Matrix) -> None:
    assert np.isfinite(everything().transform(cells)).all()


def test_blocks_lie_side_by_side_in_the_order_asked_for() -> None:
    found = everything()
    assert list(found.blocks) == ["logs", *(kind.value for kind in B)]
    ends = [0, *(last for _, last in found.blocks.values())]
    assert [first for first, _ in found.blocks.values()] == ends[:-1]
    assert ends[-1] == len(found.names) == found.model.output_shape[1]


@pytest.mark.parametrize(("n_pieces", "n_found"), [(1, 1), (3, 3), (300, 5)])
def test_no_more_pieces_than_asked_for_or_than_lie_between_values(n_pieces: int, n_found: int) -> None:
    matrix = np.repeat(np.arange(1, 7, dtype=np.float32)[:, None], 9, axis=0)
    found = fit_features(matrix, COUNTS[:1], FeatureKind.logs, [B.pieces], n_pieces)
    first, last = found.blocks["pieces"]
    assert last - first == n_found
