"""The registry's descriptions follow the champion, spare a person's words, and decide nothing."""

from pathlib import Path

import pytest
from quick import Notebook

from songpop.app.card_keeper import missing_card, told_if_not_written, write_cards
from songpop.app.model_card import is_card_of
from songpop.app.records import SweepOutcome
from songpop.errors import StoreError
from songpop.settings import RegistrySettings, TrackingSettings
from songpop.tracking.candidate import candidate_of, version_of
from songpop.tracking.records import MODEL_ID
from songpop.tracking.store import Store, open_store
from songpop.tracking.sweeps import find_sweep

SETTINGS = RegistrySettings()


@pytest.fixture
def store(own_root: Path, outcome: SweepOutcome) -> Store:
    """A finished sweep whose model is version 1, and champion, and nobody has described it; version 2 is the same."""
    found = open_store(TrackingSettings(), own_root)
    candidate = candidate_of(found, find_sweep(found))
    version_of(found, SETTINGS.model, candidate)
    tags = {**candidate.facts.to_tags(), MODEL_ID: candidate.model_id}
    found.client.create_model_version(SETTINGS.model, source=candidate.location, tags=tags)
    crown(found, 1)
    return found


def crown(store: Store, version: int) -> None:
    store.client.set_registered_model_alias(SETTINGS.model, SETTINGS.alias, str(version))


def described(store: Store) -> list[str]:
    """The descriptions of the registered model and of both versions."""
    client = store.client
    versions = [client.get_model_version(SETTINGS.model, number).description for number in "12"]
    return [text or "" for text in (client.get_registered_model(SETTINGS.model).description, *versions)]


def test_the_models_card_is_its_champions(store: Store) -> None:
    write_cards(store, SETTINGS, 1)
    model, first, second = described(store)
    assert is_card_of(model, SETTINGS.model, 1)
    assert first == model
    assert second == ""
    crown(store, 2)
    write_cards(store, SETTINGS, 2, 1)
    model, first, second = described(store)
    assert is_card_of(model, SETTINGS.model, 2)
    assert is_card_of(first, SETTINGS.model, 1)
    assert is_card_of(second, SETTINGS.model, 2)


def test_the_doctor_writes_a_missing_card_and_then_finds_nothing(store: Store) -> None:
    (found,) = missing_card(store, SETTINGS)
    assert found.problem == "its description is not the card of its champion, version 1"
    assert found.mend is not None
    found.mend()
    assert is_card_of(described(store)[0], SETTINGS.model, 1)
    assert not list(missing_card(store, SETTINGS))
    crown(store, 2)
    assert list(missing_card(store, SETTINGS))


def test_a_persons_words_are_no_finding_and_stay(store: Store) -> None:
    write_cards(store, SETTINGS, 1)
    for words in ("Ours since May.", f"Ask Anna before use.\n\n{described(store)[0]}"):
        store.client.update_registered_model(SETTINGS.model, words)
        crown(store, 2)
        assert not list(missing_card(store, SETTINGS))
        write_cards(store, SETTINGS, 2)
        assert described(store)[0] == words


def test_an_empty_description_is_written(store: Store) -> None:
    store.client.update_registered_model(SETTINGS.model, "")
    assert list(missing_card(store, SETTINGS))
    write_cards(store, SETTINGS, 1)
    assert is_card_of(described(store)[0], SETTINGS.model, 1)


def test_without_a_champion_there_is_no_card(store: Store) -> None:
    store.client.delete_registered_model_alias(SETTINGS.model, SETTINGS.alias)
    write_cards(store, SETTINGS, None)
    assert not list(missing_card(store, SETTINGS))
    assert not list(missing_card(store, RegistrySettings(model="unknown")))
    assert "version" not in described(store)[0]


def test_where_the_sweep_is_deleted_the_card_is_made_of_the_versions_tags(store: Store, outcome: SweepOutcome) -> None:
    store.client.delete_run(outcome.parent_run_id)
    write_cards(store, SETTINGS, 1)
    assert is_card_of(described(store)[0], SETTINGS.model, 1)


def test_a_failure_is_told_and_decides_nothing() -> None:
    notebook = Notebook()
    with told_if_not_written(notebook):
        raise StoreError("The disk is full.")
    assert notebook.notes == [
        "What was done stands, but its descriptions in MLflow are not written: The disk is full. songpop doctor writes "
        "those of the registry."
    ]
