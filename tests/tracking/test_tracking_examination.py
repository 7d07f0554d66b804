"""All gates of an attempt: which there are, and what the champion changes about them."""

import pytest
from trials import FixedJudge, logged_candidate

from songpop.settings import BASELINES, GateSettings, RegistrySettings
from songpop.tracking.candidate import version_of
from songpop.tracking.examination import AGAINST, Examination
from songpop.tracking.gates import MODEL_GATES, refused_names
from songpop.tracking.openings import openings
from songpop.tracking.reference import Reference

JUDGE = FixedJudge({"old": 0.3, "new": 0.2})


@pytest.fixture
def examine(store, tmp_path):
    """The examination of a candidate, and the version that is champion."""

    def make(champion=None, **facts):
        old = version_of(store, "songpop", logged_candidate(store, tmp_path, "old", **(champion or {})))
        candidate = logged_candidate(store, tmp_path, "new", **facts)
        examination = Examination(store, RegistrySettings(), GateSettings(), candidate, JUDGE)
        return examination, store.client.get_model_version("songpop", str(old))

    return make


def test_alone_and_against_nobody(examine) -> None:
    examination, _ = examine()
    assert [gate.name for gate in examination.alone()] == ["leaks", "record", "tested", "seeds", "digest", *MODEL_GATES]
    gates = examination.against(Reference(version=None, why="there was no champion"))
    assert [(gate.name, gate.is_passed) for gate in gates] == [(name, True) for name in AGAINST]
    assert (examination.reason, examination.comparison) == ("there was no champion", None)


def test_against_a_champion(store, examine) -> None:
    examination, version = examine()
    examination.alone()
    assert refused_names(examination.against(Reference(version=version))) == []
    assert examination.reason == "log loss 0.2000 against 0.3000 on 500 sealed rows (opened 1 time)"
    examination.against(Reference(version=version))  # the champion changed: a second look
    assert examination.comparison.n_test_openings == 2
    examination.against(Reference(version=version, why="version 2 was deleted"))
    assert examination.reason.endswith("(opened 3 times); compared with version 1, since version 2 was deleted")
    assert examination.compared_with == 1
    nobody = examination.against(Reference(version=None, why="no champion was left: Version 1 was deleted"))
    assert nobody[2].sentence == "Nothing to compare with: no champion was left: Version 1 was deleted."
    assert (examination.comparison, examination.compared_with) == (None, None)


@pytest.mark.parametrize(
    ("asked", "is_generated", "counted"),
    [
        (BASELINES, False, BASELINES),
        (BASELINES, True, BASELINES[:2]),
        (BASELINES[2:], True, ()),  # what is not asked for is not asked of generated songs either
    ],
)
def test_fewer_baselines_count_for_generated_songs(asked, is_generated, counted, store, tmp_path) -> None:
    class Listening(FixedJudge):
        def check(self, gate, folder, settings):
            assert tuple(settings.baselines) == counted
            return super().check(gate, folder, settings)

    candidate = logged_candidate(store, tmp_path, "new", is_generated=is_generated)
    settings = GateSettings(baselines=list(asked))
    gates = Examination(store, RegistrySettings(), settings, candidate, Listening({})).alone()
    assert refused_names(gates) == []


@pytest.mark.parametrize(
    ("champion", "facts", "refused"),
    [
        ({}, {"label_rule": "Streams above_median"}, ["question", "champion"]),
        ({}, {"is_generated": True}, ["generated", "champion"]),
        ({"is_generated": True}, {}, []),
        ({"is_generated": True}, {"is_generated": True}, []),
    ],
)
def test_models_of_another_kind(champion, facts, refused, store, examine) -> None:
    examination, version = examine(champion, **facts)
    examination.alone()
    assert refused_names(examination.against(Reference(version=version))) == refused
    assert (openings(store) == {}) is (examination.comparison is None)  # where nothing is compared, nobody looks


def test_a_version_whose_tags_were_removed_refuses(store, examine) -> None:
    examination, version = examine()
    examination.alone()
    for key in version.tags:
        store.client.delete_model_version_tag("songpop", version.version, key)
    bare = store.client.get_model_version("songpop", version.version)
    assert refused_names(examination.against(Reference(version=bare))) == list(AGAINST)


def test_without_its_files_nothing_is_compared(store, examine) -> None:
    examination, version = examine()
    for file in (store.root / "artifacts").rglob("model.keras"):
        if file.read_text() == "weights of new":
            file.unlink()
    assert refused_names(examination.alone()) == ["digest", *MODEL_GATES]
    assert refused_names(examination.against(Reference(version=version))) == ["champion"]
    assert openings(store) == {}
