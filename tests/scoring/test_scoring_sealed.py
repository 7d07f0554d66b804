"""The sealed rows and what simple models say of them travel with a model."""

import numpy as np
import pytest
from small_models import sealed_of, songs

from songpop.errors import ArtifactError
from songpop.scoring.sealed import SealedRows
from songpop.settings import BASELINES


def test_rows_survive_as_text(tmp_path) -> None:
    sealed = sealed_of(songs(20, seed=2), 7, range(3))
    sealed.save(tmp_path)
    found = SealedRows.load(tmp_path)
    assert found.rows.to_dict() == sealed.rows.to_dict()
    for name in ("label", "song_keys", "trained_keys"):
        np.testing.assert_array_equal(getattr(found, name), getattr(sealed, name))
    assert list(found.baselines) == list(sealed.baselines) == list(BASELINES)
    for name in BASELINES:
        np.testing.assert_array_equal(found.baselines[name], sealed.baselines[name])


def test_the_same_rows_give_the_same_bytes(tmp_path) -> None:
    sealed = sealed_of(songs(20, seed=2), 7, range(3))
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        sealed.save(tmp_path / name)
    assert (tmp_path / "a" / "sealed.csv.gz").read_bytes() == (tmp_path / "b" / "sealed.csv.gz").read_bytes()


def test_a_model_of_an_earlier_version_has_no_baselines(tmp_path) -> None:
    sealed_of(songs(20, seed=2), 7, range(3)).save(tmp_path)
    with np.load(tmp_path / "sealed.npz") as arrays:
        kept = {name: arrays[name] for name in ("label", "song_keys", "trained_keys")}
    np.savez_compressed(tmp_path / "sealed.npz", **kept)
    assert SealedRows.load(tmp_path).baselines == {}


def test_damaged_rows(tmp_path) -> None:
    sealed_of(songs(20, seed=2), 7, range(3)).save(tmp_path)
    (tmp_path / "sealed.npz").write_bytes(b"PK")
    with pytest.raises(ArtifactError, match=r"sealed rows in .* cannot be read"):
        SealedRows.load(tmp_path)
