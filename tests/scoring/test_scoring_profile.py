"""What a table looked like: quantiles, rates, bins, and the file that holds them."""

from pathlib import Path

import numpy as np
import pytest
from small_models import PROFILE, RECIPE, songs

from songpop.contracts import Column, ColumnKind
from songpop.data.cells import matrix_of
from songpop.errors import ArtifactError
from songpop.scoring.profile import N_BACKGROUND, N_BINS, Profile, bins_of, n_missing, rates_of

COLUMNS = (
    Column(name="Views", kind=ColumnKind.COUNT),
    Column(name="Age", kind=ColumnKind.AGE),
    Column(name="Empty", kind=ColumnKind.NUMBER),
    Column(name="Season", kind=ColumnKind.CYCLE, period=7.0),
)
MATRIX = np.array([[k * 10, k, np.nan, np.nan] for k in range(100)], dtype=np.float32)


def profile() -> Profile:
    return Profile.of(MATRIX, COLUMNS, np.random.default_rng(0))


def test_the_bins_of_the_table_itself_are_alike() -> None:
    found = profile()
    assert found.counts.shape == (4, N_BINS + 1)
    assert found.counts[0].tolist() == [10] * N_BINS + [0]
    assert found.counts[2].tolist() == [0] * N_BINS + [100]
    assert found.counts.sum(axis=1).tolist() == [100] * 4


def test_values_beyond_the_table_lie_in_the_outer_bins() -> None:
    beyond = np.array([[-1e9, 0, 0, 0], [1e9, 0, 0, 0], [np.nan, 0, 0, 0]], dtype=np.float32)
    assert bins_of(beyond, profile().levels)[0].tolist() == [1] + [0] * (N_BINS - 2) + [1, 1]


def test_rates_are_counts_by_days_today_included() -> None:
    rates = rates_of(MATRIX, COLUMNS)
    np.testing.assert_allclose(rates[:, 0], MATRIX[:, 0] / (MATRIX[:, 1] + 1))
    assert np.isnan(rates[:, 1:]).all()
    assert np.isnan(rates_of(MATRIX[:, :1], COLUMNS[:1])).all()


def test_columns_made_for_blocks_are_not_missed() -> None:
    assert n_missing(MATRIX, COLUMNS).tolist() == [1] * 100
    assert profile().max_missing == 1


def test_the_background_is_some_rows_of_the_table() -> None:
    found = profile().background
    assert found.shape == (N_BACKGROUND, 4)
    assert set(found[:, 0].tolist()) < set(MATRIX[:, 0].tolist())
    assert Profile.of(MATRIX[:3], COLUMNS, np.random.default_rng(0)).background.shape == (3, 4)


def test_the_file_holds_all(tmp_path: Path) -> None:
    PROFILE.save(tmp_path)
    found = Profile.load(tmp_path)
    assert found is not None
    for name, value in vars(PROFILE).items():
        np.testing.assert_array_equal(getattr(found, name), value)


def test_the_same_table_gives_the_same_bytes(tmp_path: Path) -> None:
    contents = []
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        made = Profile.of(matrix_of(songs(50), RECIPE, strict=True), RECIPE.columns, np.random.default_rng(0))
        made.save(tmp_path / name)
        contents.append((tmp_path / name / "profile.npz").read_bytes())
    assert contents[0] == contents[1]


def test_a_model_of_an_earlier_version_has_none(tmp_path: Path) -> None:
    assert Profile.load(tmp_path) is None


@pytest.mark.parametrize("damage", ["nonsense", "empty", "cut", "a byte"])
def test_a_damaged_file(damage: str, tmp_path: Path) -> None:
    PROFILE.save(tmp_path)
    whole = (tmp_path / "profile.npz").read_bytes()
    changed = whole[:200] + bytes([whole[200] ^ 0xFF]) + whole[201:]
    contents = {"nonsense": b"PK nonsense", "empty": b"", "cut": whole[:-30], "a byte": changed}
    (tmp_path / "profile.npz").write_bytes(contents[damage])
    with pytest.raises(ArtifactError, match=r"profile.npz.*cannot be read.*Restore it from a copy"):
        Profile.load(tmp_path)
