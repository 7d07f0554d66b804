"""The judge compares two models on rows that neither was trained on."""

import numpy as np
import pytest
from small_models import saved_folder, sealed_of, songs

from songpop.errors import ArtifactError
from songpop.scoring.sealed import SealedJudge, SealedRows

JUDGE = SealedJudge()


def test_rows_survive_as_text(tmp_path) -> None:
    sealed = sealed_of(songs(20, seed=2), 7, range(3))
    sealed.save(tmp_path)
    found = SealedRows.load(tmp_path)
    assert found.rows.to_dict() == sealed.rows.to_dict()
    for name in ("label", "song_keys", "trained_keys"):
        np.testing.assert_array_equal(getattr(found, name), getattr(sealed, name))


def test_the_same_rows_give_the_same_bytes(tmp_path) -> None:
    sealed = sealed_of(songs(20, seed=2), 7, range(3))
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        sealed.save(tmp_path / name)
    assert (tmp_path / "a" / "sealed.csv.gz").read_bytes() == (tmp_path / "b" / "sealed.csv.gz").read_bytes()


def test_the_better_model_has_the_lower_loss(model_folder, tmp_path) -> None:
    worse = saved_folder(tmp_path / "worse", sign=-1.0)
    found = JUDGE.compare(champion=worse, candidate=model_folder)
    assert (found.n_sealed, found.n_rows) == (200, 200)
    assert found.candidate_log_loss < 0.6 < found.champion_log_loss


@pytest.mark.parametrize(("trained", "n_rows"), [(range(1_000, 1_150), 50), (range(900, 2_000), 0)])
def test_rows_that_the_champion_knows_do_not_count(trained, n_rows, model_folder, model_template) -> None:
    sealed_of(songs(200, seed=2), 5_000, trained).save(model_folder)
    found = JUDGE.compare(champion=model_folder, candidate=model_template)
    assert (found.n_sealed, found.n_rows) == (200, n_rows)
    assert np.isnan(found.champion_log_loss) == (n_rows == 0)


def test_check(model_folder) -> None:
    JUDGE.check(model_folder)
    (model_folder / "sealed.npz").write_bytes(b"PK")
    with pytest.raises(ArtifactError, match=r"sealed rows in .* cannot be read"):
        JUDGE.check(model_folder)
