"""The facts of a model survive as tags, and its files are known again."""

import pytest
from trials import FACTS, logged_candidate

from songpop.errors import ArtifactError
from songpop.tracking.model_facts import ModelFacts, checked_folder


def test_tags_and_back() -> None:
    assert ModelFacts.from_tags(FACTS.to_tags()) == FACTS


@pytest.mark.parametrize("change", [{"songpop.leaks": None}, {"songpop.test": "not JSON"}, {"songpop.files": "[1]"}])
def test_tags_changed_by_hand(change) -> None:
    tags = {key: value for key, value in {**FACTS.to_tags(), **change}.items() if value is not None}
    with pytest.raises(ArtifactError, match="tags that say where it comes from"):
        ModelFacts.from_tags(tags)


def test_unchanged_folder(store, tmp_path) -> None:
    candidate = logged_candidate(store, tmp_path, "s")
    folder = checked_folder(store, candidate.location, candidate.facts)
    assert (folder / "model.keras").read_text() == "weights of s"


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (lambda file: file.write_text("other weights"), r"model.keras is not the one that was logged.*sweep again"),
        (lambda file: file.unlink(), r"model.keras is missing"),
        (lambda file: file.write_bytes(file.read_bytes()[:5]), r"SHA-256 has changed"),
    ],
)
def test_changed_files(harm, message, store, tmp_path) -> None:
    candidate = logged_candidate(store, tmp_path, "s")
    harm(checked_folder(store, candidate.location, candidate.facts) / "model.keras")
    with pytest.raises(ArtifactError, match=message):
        checked_folder(store, candidate.location, candidate.facts)
