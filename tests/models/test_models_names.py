"""Occurrences of names: by hand, without the row itself, the same meaning in training and in prediction."""

from functools import cache
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from songpop.contracts import Column, ColumnKind, Matrix
from songpop.models.export import load_plain, save_model
from songpop.models.features import Preprocessing, fit_features
from songpop.models.fitting import Training, transform
from songpop.models.names import occurrences
from songpop.settings import FeatureBlock, FeatureKind

nan = np.nan
COLUMNS = (
    Column(name="streams", kind=ColumnKind.COUNT),
    Column(name="Artist name", kind=ColumnKind.NAME, categories=("ada", "bo", "cy", "dee", "eve")),
)
CODES = [0, 0, 0, 1, 1, 2, nan]  # three of ada, two of bo, one of cy, none of dee and eve


def rows_of(codes: object) -> Matrix:
    found = np.asarray(codes, dtype=np.float32)
    return np.stack([np.arange(1, len(found) + 1, dtype=np.float32), found], axis=1)


def fitted(codes: object = CODES) -> Preprocessing:
    return fit_features(rows_of(codes), COLUMNS, FeatureKind.logs, [FeatureBlock.names])


@cache
def fitted_once() -> Preprocessing:
    return fitted()


def scores_of(found: Preprocessing, matrix: Matrix, is_fitted: object = None) -> Matrix:
    first, last = found.blocks["names"]
    assert found.names[first:last] == ("other rows of Artist name",)
    return found.transform(matrix, None if is_fitted is None else np.asarray(is_fitted, dtype=bool))[:, first]


OTHERS = np.log1p([2, 2, 2, 1, 1, 0, 0])  # of the training rows
MEAN, SPREAD = OTHERS.mean(), OTHERS.std()


def test_a_training_row_does_not_count_itself() -> None:
    found = scores_of(fitted(), rows_of(CODES), np.ones(7))
    np.testing.assert_allclose(found, (OTHERS - MEAN) / SPREAD, atol=1e-5)
    np.testing.assert_allclose([found.mean(), found.std()], [0, 1], atol=1e-6)


def test_a_new_row_counts_all_of_them_on_the_scale_of_training() -> None:
    found = scores_of(fitted(), rows_of([0, 1, 2, 3, nan]))
    np.testing.assert_allclose(found, (np.log1p([3, 2, 1, 0, 0]) - MEAN) / SPREAD, atol=1e-5)


def test_some_rows_may_be_known_and_others_new() -> None:
    found = scores_of(fitted(), rows_of([0, 0, 2]), [True, False, True])
    np.testing.assert_allclose(found, (np.log1p([2, 3, 0]) - MEAN) / SPREAD, atol=1e-5)


@settings(deadline=None, max_examples=15)
@given(st.lists(st.sampled_from([0, 1, 2, 3, nan]), min_size=6, max_size=6), st.integers(0, 5))
def test_leaving_a_row_out_of_the_fit_says_what_training_said(codes: list[float], row: int) -> None:
    """What a training row is given is what a model of the other rows would count for it, on another scale."""
    codes = [*codes, 4, 4, 4, 1, 0, 0, nan]  # so that no fit is constant, with or without the row
    whole, others = (_logs(chosen) for chosen in (codes, [*codes[:row], *codes[row + 1 :]]))
    np.testing.assert_allclose(whole(codes[row], is_fitted=True), others(codes[row], is_fitted=False), atol=1e-5)


def _logs(codes: list[float]):  # type: ignore[no-untyped-def]
    """The feature before it is standardised, by the place of two known points."""
    found = fitted(codes)
    unknown, ada = scores_of(found, rows_of([nan, 0]))
    n_ada = codes.count(0)

    def of(code: float, *, is_fitted: bool) -> float:
        value = scores_of(found, rows_of([code]), [is_fitted])[0]
        return float((value - unknown) / (ada - unknown) * np.log1p(n_ada))

    return of


def test_where_no_name_repeats_there_is_nothing_to_learn() -> None:
    found = fitted([0, 1, 2, 3, nan])
    assert found.blocks["names"] == (len(found.names),) * 2
    assert found.fitted_rows is None


def test_without_a_column_of_names_there_is_no_block() -> None:
    assert occurrences(Training(matrix=rows_of(CODES)[:, :1], columns=COLUMNS[:1])) is None
    empty = (COLUMNS[0], Column(name="Artist name", kind=ColumnKind.NAME))
    assert occurrences(Training(matrix=rows_of([nan, nan]), columns=empty)) is None


def test_codes_are_no_quantities() -> None:
    plain = fit_features(rows_of(CODES), COLUMNS, FeatureKind.logs, [b for b in FeatureBlock if b.value != "names"])
    assert not any("Artist" in name for name in plain.names)
    assert plain.fitted_rows is None
    one, other = (plain.transform(rows_of([code])) for code in (0, 4))
    assert np.array_equal(one, other)


@settings(deadline=None, max_examples=15)
@given(arrays(np.float32, (6, 2), elements=st.floats(width=32, allow_subnormal=False)))  # TensorFlow takes those as 0
def test_any_cell_is_finite_and_unknown_ones_count_nothing(cells: Matrix) -> None:
    found = fitted_once()
    scores = scores_of(found, cells)
    assert np.isfinite(found.transform(cells, np.ones(6, dtype=bool))).all()
    is_unknown = ~np.isfinite(cells[:, 1]) | (cells[:, 1] < 0) | (cells[:, 1] > 4)
    np.testing.assert_allclose(scores[is_unknown], -MEAN / SPREAD, atol=1e-5)


def test_the_file_knows_the_counts_and_no_name(tmp_path: Path) -> None:
    names = tuple(f"Zyx{k}" for k in range(3_000))
    columns = (COLUMNS[0], Column(name="Artist name", kind=ColumnKind.NAME, categories=names))
    rng = np.random.default_rng(0)
    matrix = rows_of(rng.integers(0, 3_000, 4_000))
    found = fit_features(matrix, columns, FeatureKind.logs, [FeatureBlock.names])
    save_model(found.model, tmp_path / "model.keras")
    loaded = load_plain(tmp_path / "model.keras")  # safe mode
    new = rows_of([*rng.integers(0, 3_000, 200), nan])
    assert np.array_equal(transform(loaded, new), found.transform(new))
    assert not any(b"Zyx" in path.read_bytes() for path in _unpacked(tmp_path / "model.keras"))


def _unpacked(file: Path) -> list[Path]:
    import zipfile

    with zipfile.ZipFile(file) as archive:
        archive.extractall(file.parent / "inside")
    return [path for path in (file.parent / "inside").rglob("*") if path.is_file()]
