"""The facts of a model survive as tags, and its files are known again."""

import shutil

import pytest
from trials import FACTS, logged_candidate

from songpop.errors import ArtifactError
from songpop.settings import TrackingSettings
from songpop.tracking.model_facts import LEAKS, ModelFacts, checked_folder, leaks_of
from songpop.tracking.store import open_store


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


def test_a_store_that_was_moved_says_so_and_a_link_helps(store, tmp_path) -> None:
    candidate = logged_candidate(store, tmp_path, "s")
    moved = tmp_path / "elsewhere"
    store.root.rename(moved)
    there = open_store(TrackingSettings(), moved)
    with pytest.raises(ArtifactError, match=r"That is not in .*elsewhere: a store that was moved or copied.*ln -s"):
        checked_folder(there, candidate.location, candidate.facts)
    store.root.symlink_to(moved)
    assert checked_folder(there, candidate.location, candidate.facts).is_dir()


def test_a_folder_that_was_removed_from_its_place_is_not_a_moved_store(store, tmp_path) -> None:
    candidate = logged_candidate(store, tmp_path, "s")
    shutil.rmtree(store.root / "artifacts")
    with pytest.raises(ArtifactError) as told:
        checked_folder(store, candidate.location, candidate.facts)
    assert "cannot be read from there. Restore the folder from a copy" in str(told.value)


@pytest.mark.parametrize(
    ("tags", "leaks"),
    [
        ({}, ()),
        ({LEAKS: "[]"}, ()),
        ({LEAKS: '["Track Score"]'}, ("Track Score",)),
        ({LEAKS: "changed by hand"}, ("changed by hand",)),
        ({LEAKS: "7"}, ("7",)),
    ],
)
def test_what_leaked_is_told_also_where_the_tag_was_changed(tags: dict[str, str], leaks: tuple[str, ...]) -> None:
    assert leaks_of(tags) == leaks
