"""The judge compares two models on rows that neither was trained on, and looks at one by every gate."""

import numpy as np
import pytest
from small_models import saved_folder, sealed_of, songs

from songpop.errors import ArtifactError
from songpop.scoring.judge import SealedJudge
from songpop.scoring.model_gates import MODEL_CHECKS
from songpop.settings import GateSettings
from songpop.tracking.gates import MODEL_GATES


def test_the_better_model_has_the_lower_loss(model_folder, tmp_path) -> None:
    worse = saved_folder(tmp_path / "worse", sign=-1.0)
    found = SealedJudge().compare(champion=worse, candidate=model_folder)
    assert (found.n_sealed, found.n_rows) == (200, 200)
    assert found.candidate_log_loss < 0.6 < found.champion_log_loss
    difference = found.candidate_log_loss - found.champion_log_loss
    assert found.low < difference < found.high < 0
    assert SealedJudge().compare(champion=worse, candidate=model_folder) == found  # whoever asks, and however often


@pytest.mark.parametrize(("trained", "n_rows"), [(range(1_000, 1_150), 50), (range(900, 2_000), 0)])
def test_rows_that_the_champion_knows_do_not_count(trained, n_rows, model_folder, model_template) -> None:
    sealed_of(songs(200, seed=2), 5_000, trained).save(model_folder)
    found = SealedJudge().compare(champion=model_folder, candidate=model_template)
    assert (found.n_sealed, found.n_rows) == (200, n_rows)
    assert np.isnan(found.champion_log_loss) == (n_rows == 0)


def test_it_has_a_check_for_every_gate(model_folder) -> None:
    assert tuple(MODEL_CHECKS) == MODEL_GATES
    judge = SealedJudge()
    assert judge.check("size", model_folder, GateSettings()).is_passed


def test_a_model_that_cannot_be_scored(model_folder) -> None:
    (model_folder / "sealed.npz").write_bytes(b"PK")
    with pytest.raises(ArtifactError, match=r"sealed rows in .* cannot be read"):
        SealedJudge().check("size", model_folder, GateSettings())
