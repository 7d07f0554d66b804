from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from songpop.contracts import Column, ColumnKind, Matrix
from songpop.errors import DataError
from songpop.models.features import Preprocessing, fit_features
from songpop.settings import FeatureKind

K = ColumnKind
COLUMNS = (
    Column(name="streams", kind=K.COUNT),
    Column(name="tempo", kind=K.NUMBER),
    Column(name="explicit", kind=K.FLAG),
    Column(name="age", kind=K.AGE),
    Column(name="genre", kind=K.CATEGORY, categories=("pop", "rock", "jazz")),
    Column(name="constant", kind=K.NUMBER),
)
nan, inf = np.nan, np.inf
KINDS = list(FeatureKind)


def some_rows(n_rows: int = 400, share_missing: float = 0.2) -> Matrix:
    rng = np.random.default_rng(0)
    cells = [
        10 ** rng.uniform(0, 10, n_rows),
        rng.normal(2000, 3, n_rows),
        rng.integers(0, 2, n_rows),
        rng.integers(0, 9000, n_rows),
        rng.integers(0, 3, n_rows),
        np.full(n_rows, 7.3),
    ]
    matrix = np.stack(cells, axis=1).astype(np.float32)
    matrix[rng.random(matrix.shape) < share_missing] = nan
    return matrix


@pytest.fixture(scope="module", params=KINDS, ids=lambda k: k.value)
def fitted(request: pytest.FixtureRequest) -> tuple[FeatureKind, Preprocessing]:
    return request.param, fit_features(some_rows(), COLUMNS, request.param)


def test_logs_by_hand() -> None:
    matrix = some_rows()
    found = fit_features(matrix, COLUMNS, FeatureKind.logs)
    named = dict(zip(found.names, found.transform(matrix).T, strict=True))
    assert list(named) == [
        *("streams", "tempo", "explicit", "age", "constant"),
        *("genre = pop", "genre = rock", "genre = jazz"),
        *(f"{c} is missing" for c in ("streams", "tempo", "explicit", "age", "constant")),
    ]
    for k, name in ((0, "streams"), (3, "age")):
        logs = np.log1p(matrix[:, k].astype(np.float64))
        expected = np.nan_to_num((logs - np.nanmean(logs)) / np.nanstd(logs))
        np.testing.assert_allclose(named[name], expected, atol=2e-5)
    tempo = matrix[:, 1].astype(np.float64)
    np.testing.assert_allclose(named["tempo"], np.nan_to_num((tempo - np.nanmean(tempo)) / np.nanstd(tempo)), atol=1e-4)
    np.testing.assert_array_equal(named["streams is missing"], np.isnan(matrix[:, 0]))
    np.testing.assert_array_equal(named["genre = rock"], matrix[:, 4] == 1)
    np.testing.assert_array_equal(named["genre = pop"], matrix[:, 4] == 0)  # a missing genre is none of them
    assert not named["constant"].any()


def test_published_by_hand() -> None:
    matrix = some_rows()
    matrix[0, 0], matrix[1, 0] = 1e10, 0.0
    features = fit_features(matrix, COLUMNS, FeatureKind.published).transform(matrix)
    assert features.shape == (400, 5 + 3)
    streams = matrix[:, 0].astype(np.float64)
    filled = np.where(np.isnan(streams), np.nanmean(streams), streams)
    np.testing.assert_allclose(features[:, 0], filled / 1e10, atol=1e-6)
    assert features[:, :4].min() == 0
    assert features[:, :4].max() == pytest.approx(1)
    assert not any("missing" in name for name in fit_features(matrix, COLUMNS, FeatureKind.published).names)


def test_large_counts_keep_their_order() -> None:
    matrix = np.asarray([[1.0], [9.99e9], [1e10]], dtype=np.float32)
    features = fit_features(matrix, COLUMNS[:1], FeatureKind.logs).transform(matrix)[:, 0]
    assert features[0] < features[1] < features[2]


def test_no_missing_value_no_flag() -> None:
    matrix = some_rows(share_missing=0.0)
    assert not any("missing" in n for n in fit_features(matrix, COLUMNS, FeatureKind.logs).names)
    model = fit_features(matrix, COLUMNS, FeatureKind.logs)
    assert model.model.output_shape == (None, 5 + 3)
    assert not model.transform(np.full((1, 6), nan, dtype=np.float32)).any()  # the mean, and no genre


@cache
def model_of_logs() -> Preprocessing:
    return fit_features(some_rows(), COLUMNS, FeatureKind.logs)


@settings(deadline=None, max_examples=15)
@given(arrays(np.float32, (7, 6), elements=st.floats(width=32)))
def test_no_cell_makes_a_feature_that_is_no_number(cells: Matrix) -> None:
    assert np.isfinite(model_of_logs().transform(cells)).all()


def test_infinite_is_missing(fitted: tuple[FeatureKind, Preprocessing]) -> None:
    rows = np.stack([np.full(6, cell, dtype=np.float32) for cell in (nan, inf, -inf)])
    features = fitted[1].transform(rows)
    np.testing.assert_array_equal(features[0], features[1])
    np.testing.assert_array_equal(features[0], features[2])


def test_compiled_and_eager_agree_on_missing_cells(fitted: tuple[FeatureKind, Preprocessing]) -> None:
    """Keras' compiled predict once turned rows with NaN wrong."""
    _, model = fitted
    matrix = some_rows(share_missing=0.5)
    matrix[:3] = nan
    compiled = model.model.predict(matrix, verbose=0)
    assert np.isfinite(compiled).all()
    np.testing.assert_allclose(compiled, model.transform(matrix), atol=1e-6)
    for k in range(4):  # a row alone, and a row in a batch
        np.testing.assert_allclose(model.transform(matrix[k : k + 1])[0], compiled[k], atol=1e-6)


def test_no_rows(fitted: tuple[FeatureKind, Preprocessing]) -> None:
    _, model = fitted
    assert model.transform(np.empty((0, 6), dtype=np.float32)).shape == (0, model.model.output_shape[1])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "columns", [COLUMNS[4:5], COLUMNS[:1], COLUMNS[4:]], ids=["category only", "count only", "both"]
)
def test_few_columns(kind: FeatureKind, columns: tuple[Column, ...]) -> None:
    matrix = np.zeros((3, len(columns)), dtype=np.float32)
    features = fit_features(matrix, columns, kind).transform(matrix)
    assert features.shape == (3, len(fit_features(matrix, columns, kind).names))
    assert np.isfinite(features).all()


@pytest.mark.parametrize("kind", KINDS)
def test_a_column_that_is_all_missing_is_harmless(kind: FeatureKind) -> None:
    matrix = np.full((3, 1), nan, dtype=np.float32)
    model = fit_features(matrix, COLUMNS[:1], kind)
    assert model.transform(np.asarray([[nan], [0.0]], dtype=np.float32))[:, 0].tolist() == [0.0, 0.0]


def test_nothing_of_songpop_is_inside(fitted: tuple[FeatureKind, Preprocessing]) -> None:
    config = str(fitted[1].model.get_config())
    assert "songpop" not in config
    assert "Lambda" not in config


@pytest.mark.parametrize(
    ("shape", "message"), [((3, 5), "one column for each of the 6"), ((0, 6), "needs rows and columns")]
)
def test_matrices_that_cannot_be_meant(shape: tuple[int, int], message: str) -> None:
    with pytest.raises(DataError, match=message):
        fit_features(np.zeros(shape, dtype=np.float32), COLUMNS, FeatureKind.logs)
