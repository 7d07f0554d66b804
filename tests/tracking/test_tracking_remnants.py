"""Damaged versions and deleted registered models: what is known is said, and the remedy works."""

import re

import pytest
from trials import FixedJudge, logged_candidate

from songpop.cli import run
from songpop.errors import ArtifactError
from songpop.settings import GateSettings, RegistrySettings
from songpop.tracking.champion import champion_of
from songpop.tracking.registry import promote
from songpop.tracking.remnants import facts_of, lost_tags, told_deleted

SETTINGS = RegistrySettings()
JUDGE = FixedJudge({"first": 0.3, "second": 0.2})


@pytest.fixture
def crowned(store, tmp_path):
    for name in ("first", "second"):
        promote(store, SETTINGS, GateSettings(), logged_candidate(store, tmp_path, name), JUDGE)
    return store


def version(store, number: str = "2"):
    return store.client.get_model_version("songpop", number)


@pytest.mark.parametrize("lost", [["songpop.sweep"], ["songpop.files", "songpop.model_id"]])
def test_tags_that_a_version_lost_are_copied_back(lost, crowned, capsys) -> None:
    before = version(crowned).tags
    for key in lost:
        crowned.client.delete_model_version_tag("songpop", "2", key)
    with pytest.raises(ArtifactError, match=rf"Version 2 of 'songpop' is damaged.*{lost[0]} is missing.*doctor"):
        champion_of(crowned, SETTINGS)
    words = f"paths.root='{crowned.root}'"
    assert run(["doctor", words]) == 0
    assert "2 mended, 0 left" in capsys.readouterr().out  # the tags, and the card that it never had
    assert version(crowned).tags == before
    assert champion_of(crowned, SETTINGS).version == 2


def test_where_the_logged_model_is_damaged_as_well_no_doctor_is_named(crowned, capsys) -> None:
    model_id = version(crowned).tags["songpop.model_id"]
    crowned.client.delete_model_version_tag("songpop", "2", "songpop.sweep")
    crowned.client.delete_logged_model_tag(model_id, "songpop.sweep")
    assert lost_tags(crowned, version(crowned)) == {}
    with pytest.raises(ArtifactError) as told:
        facts_of(crowned, version(crowned))
    assert "doctor" not in str(told.value)
    assert "KeyError" not in str(told.value)
    assert run(["doctor", f"paths.root='{crowned.root}'"]) == 5
    assert re.search(r"model songpop: Restore them .* songpop rollback paths\.root=", capsys.readouterr().out)
    crowned.client.delete_model_version("songpop", "2")
    assert run(["rollback", f"paths.root='{crowned.root}'"]) == 0


def test_a_deleted_registered_model(crowned, capsys) -> None:
    crowned.client.delete_registered_model("songpop")
    told = told_deleted(crowned, "songpop")
    assert told is not None
    assert "version 1 was of sweep 'first', version 2 was of sweep 'second'" in told
    words = f"paths.root='{crowned.root}'"
    for command, status in (("history", 0), ("doctor", 5), ("predict input=sample output=x.csv", 4)):
        assert run([*command.split(), words]) == status
        shown = " ".join("".join(capsys.readouterr()).split())
        assert "promote sweep=second paths.root=" in shown
        assert "never had" not in shown
    assert told_deleted(crowned, "other") is None
    promote(crowned, SETTINGS, GateSettings(), logged_candidate(crowned, crowned.root, "third"), JUDGE)
    assert run(["history", words]) == 0
    assert "was deleted" not in capsys.readouterr().out
