"""Finding the present champion."""

import pytest
from trials import FixedJudge, logged_candidate

from songpop.errors import ArtifactError, GateError
from songpop.settings import GateSettings, RegistrySettings
from songpop.tracking.champion import champion_of, find_champion
from songpop.tracking.registry import promote

SETTINGS = RegistrySettings()


@pytest.fixture
def crowned(store, tmp_path):
    promote(store, SETTINGS, GateSettings(), logged_candidate(store, tmp_path, "first"), FixedJudge({}))
    return store


def test_the_champion_and_its_files(crowned) -> None:
    champion = champion_of(crowned, SETTINGS)
    assert (champion.version, champion.facts.sweep) == (1, "first")
    assert (champion.folder / "model.keras").read_text() == "weights of first"


def test_no_champion_yet(store) -> None:
    assert find_champion(store, SETTINGS) is None
    with pytest.raises(GateError, match=r"no champion yet. Run: songpop sweep, then songpop promote"):
        champion_of(store, SETTINGS)


@pytest.mark.parametrize(
    ("delete", "remedy"),
    [
        # A rollback to a version that is no more would be refused.
        (lambda client: client.delete_model_version("songpop", "1"), "No earlier champion is left.*songpop promote"),
        (lambda client: client.delete_registered_model_alias("songpop", "champion"), "songpop rollback"),
    ],
)
def test_an_alias_that_points_to_nothing(delete, remedy, crowned) -> None:
    delete(crowned.client)
    with pytest.raises(GateError, match=rf"'champion' of 'songpop' points to nothing.*{remedy}"):
        champion_of(crowned, SETTINGS)


def test_a_champion_whose_file_was_swapped(crowned) -> None:
    (champion_of(crowned, SETTINGS).folder / "model.keras").write_text("other weights")
    with pytest.raises(ArtifactError, match=r"model.keras is not the one that was logged.*songpop rollback"):
        champion_of(crowned, SETTINGS)
