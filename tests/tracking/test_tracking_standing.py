"""Alias and ledger are read together, and it is said where they do not agree."""

import time
from dataclasses import replace

import pytest
from trials import FixedJudge, logged_candidate

from songpop.settings import GateSettings, RegistrySettings
from songpop.tracking.ledger import LedgerEntry
from songpop.tracking.moves import append
from songpop.tracking.registry import promote
from songpop.tracking.standing import disagreement, settled, standing

SETTINGS = RegistrySettings()


@pytest.fixture
def crowned(store, tmp_path):
    promote(store, SETTINGS, GateSettings(), logged_candidate(store, tmp_path, "first"), FixedJudge({}))
    return store


def test_nothing_yet(store) -> None:
    found = standing(store, SETTINGS)
    assert (found.current, found.version, found.entries) == (None, None, ())
    assert disagreement(found, "champion") is None


def test_alias_and_ledger_agree(crowned) -> None:
    found = standing(crowned, SETTINGS)
    assert (found.current, [entry.version for entry in found.moves]) == (1, [1])
    assert found.version is not None
    assert disagreement(found, "champion") is None


def cut_off(store) -> None:
    """What a kill between the two writes leaves on a server: an entry whose alias never moved."""
    entry = LedgerEntry(
        number=0, event="promote", version=2, previous=1, sweep="second", when="2026-01-01T00:00:00+00:00", reason=""
    )
    append(store, "songpop", entry)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            lambda store: store.client.delete_registered_model_alias("songpop", "champion"),
            "points to nothing: its version 1, or the alias itself, was deleted. Give it back with songpop rollback",
        ),
        (
            lambda store: store.client.delete_model_version("songpop", "1"),
            "was deleted. No earlier champion is left to go back to. Give it to another model: songpop promote sweep=",
        ),
        (
            cut_off,
            "points to version 1, by the ledger's last move to version 2: it was moved by hand, or a move was cut",
        ),
    ],
)
def test_where_they_do_not_agree(change, words: str, crowned) -> None:
    change(crowned)
    assert words in str(disagreement(standing(crowned, SETTINGS), "champion"))


def test_an_alias_without_any_entry(crowned) -> None:
    crowned.client.set_registered_model_alias("songpop", "best", "1")
    settings = RegistrySettings(alias="best")
    assert "by the ledger's last move nowhere" in str(disagreement(standing(crowned, settings), "best"))


def test_only_on_a_server_a_move_between_its_writes_is_waited_for(crowned, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("songpop.tracking.standing.SETTLE_S", 0.3)
    cut_off(crowned)
    for store, least_s, most_s in ((crowned, 0.0, 0.25), (replace(crowned, engine=None), 0.3, 5.0)):
        began = time.monotonic()
        assert settled(store, SETTINGS).current == 1
        assert least_s <= time.monotonic() - began < most_s
