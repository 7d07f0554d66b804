"""Descriptions: written again as often as there is news, and never over what a person wrote."""

import pytest
from mlflow.utils.mlflow_tags import MLFLOW_RUN_NOTE

from songpop.tracking.notes import (
    FIRST_WORDS,
    MAX_MODEL_NOTE,
    MAX_RUN_NOTE,
    marked,
    write_model_note,
    write_run_note,
    write_version_note,
)
from songpop.tracking.store import Store


@pytest.fixture
def run_id(store: Store) -> str:
    return str(store.client.create_run(store.experiment_id).info.run_id)


def note_of(store: Store, run_id: str) -> str | None:
    tags = store.client.get_run(run_id).data.tags
    return tags.get(MLFLOW_RUN_NOTE)


def test_a_run_is_described_anew(store: Store, run_id: str) -> None:
    for text in ("first", "second\n\nwith a line"):
        assert write_run_note(store, run_id, text)
        assert note_of(store, run_id) == marked(text)


@pytest.mark.parametrize("edited", ["mine", marked("ours").replace("ours", "ours, and a word of mine")])
def test_what_a_person_wrote_stays(store: Store, run_id: str, edited: str) -> None:
    store.client.set_tag(run_id, MLFLOW_RUN_NOTE, edited)
    assert not write_run_note(store, run_id, "ours again")
    assert note_of(store, run_id) == edited


def test_the_longest_description_is_kept_whole(store: Store, run_id: str) -> None:
    assert write_run_note(store, run_id, "x" * MAX_RUN_NOTE)
    assert note_of(store, run_id) == marked("x" * MAX_RUN_NOTE)
    assert len(marked("x" * MAX_RUN_NOTE)) <= 8_000
    assert len(marked("x" * MAX_MODEL_NOTE)) <= 5_000


@pytest.mark.parametrize("before", [None, FIRST_WORDS, "LEAK: Track Score gives the label away", marked("older")])
def test_models_and_versions_too(store: Store, before: str | None) -> None:
    store.client.create_registered_model("songpop", description=before)
    store.client.create_model_version("songpop", source="file:///nowhere", description=before)
    assert write_model_note(store, "songpop", "the card")
    assert write_version_note(store, "songpop", 1, "its card")
    assert store.client.get_registered_model("songpop").description == marked("the card")
    assert store.client.get_model_version("songpop", "1").description == marked("its card")


def test_a_persons_words_on_a_model_stay(store: Store) -> None:
    store.client.create_registered_model("songpop", description="ours, says the label")
    store.client.create_model_version("songpop", source="file:///nowhere", description="do not use")
    assert not write_model_note(store, "songpop", "the card")
    assert not write_version_note(store, "songpop", 1, "its card")
    assert store.client.get_model_version("songpop", "1").description == "do not use"
