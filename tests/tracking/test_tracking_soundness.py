"""An alias that points nowhere or elsewhere, and files that are not those that were registered, are seen."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from trials import FACTS

from songpop.cli import run
from songpop.settings import RegistrySettings
from songpop.tracking.files import digests_of
from songpop.tracking.ledger import SET_ASIDE, Event, LedgerEntry
from songpop.tracking.model_facts import DATA
from songpop.tracking.moves import append
from songpop.tracking.soundness import CHECKS, registry_state
from songpop.tracking.store import Store

SETTINGS = RegistrySettings()


@pytest.fixture
def folders(store: Store, tmp_path: Path) -> list[Path]:
    """The files of two registered versions, the second one champion."""
    store.client.create_registered_model(SETTINGS.model)
    made = []
    for name in ("first", "second"):
        data = tmp_path / name / DATA
        data.mkdir(parents=True)
        (data / "model.keras").write_text(f"weights of {name}")
        facts = replace(FACTS, sweep=name, files=digests_of(data))
        store.client.create_model_version(SETTINGS.model, source=(tmp_path / name).as_uri(), tags=facts.to_tags())
        made.append(data)
    store.client.set_registered_model_alias(SETTINGS.model, SETTINGS.alias, "2")
    return made


def ledger(store: Store, moves: Sequence[tuple[Event, int | None]]) -> None:
    """Write these entries, as promotions, rollbacks and refusals do."""
    for event, version in moves:
        entry = LedgerEntry(
            number=0,
            event=event,
            version=version,
            previous=None,
            sweep="s",
            when="2026-01-01T00:00:00+00:00",
            reason="",
        )
        append(store, SETTINGS.model, entry)


def problems(store: Store) -> list[str]:
    state = registry_state(store, SETTINGS)
    assert state is not None
    return [f"{finding.problem} | {finding.remedy}" for check in CHECKS for finding in check(state)]


BOTH: tuple[tuple[Event, int], ...] = (("promote", 1), ("promote", 2))


def test_no_registered_model(store: Store) -> None:
    assert registry_state(store, SETTINGS) is None


def test_a_sound_registry(store: Store, folders: list[Path]) -> None:
    ledger(store, [*BOTH, ("refuse", None)])
    assert problems(store) == []


@pytest.mark.parametrize("moves", [BOTH[:1], (), (*BOTH, ("rollback", 1))])
def test_an_alias_that_the_ledger_did_not_move(
    moves: Sequence[tuple[Event, int]], store: Store, folders: list[Path]
) -> None:
    ledger(store, moves)
    (problem,) = problems(store)
    told = "version 1" if moves else "nobody"
    assert problem.startswith(f"the alias 'champion' points to version 2, but the ledger says {told} | ")


def test_an_alias_that_points_to_nothing(store: Store, folders: list[Path]) -> None:
    ledger(store, BOTH)
    store.client.delete_model_version(SETTINGS.model, "2")
    (problem,) = problems(store)
    assert "points to nothing" in problem
    assert "songpop rollback" in problem


@pytest.mark.parametrize("value", ["x", "", "[]", "{}", '{"number": "1"}'])
def test_a_tag_of_the_ledger_that_nobody_can_read_is_set_aside(
    value: str, store: Store, folders: list[Path], store_root: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    ledger(store, [*BOTH, ("refuse", None)])
    store.client.set_registered_model_tag(SETTINGS.model, "songpop.ledger.0003", value)
    monkeypatch.chdir(store_root.parent)
    words = ["paths.root=mlruns/../mlruns"]
    for command in ("history", "rollback"):
        assert run([command, *words]) == 5
        told = capsys.readouterr().err
        assert "registered model 'songpop'" in told
        assert "its tag songpop.ledger.0003 is not" in told
        assert f"doctor {words[0]} set it aside." in told
    assert run(["doctor", "mend=false", *words]) == 5
    assert "songpop.ledger.0003 of its" in " ".join(capsys.readouterr().out.replace("│", " ").split())
    assert run(["doctor", *words]) == 0
    assert "2 mended, 0 left" in capsys.readouterr().out  # the other: its empty description
    tags = store.client.get_registered_model(SETTINGS.model).tags
    assert value in {kept for key, kept in tags.items() if key.startswith(SET_ASIDE)}
    assert problems(store) == []
    assert run(["rollback", *words]) == 0


def test_files_of_every_version(store: Store, folders: list[Path]) -> None:
    ledger(store, BOTH)
    (folders[0] / "model.keras").write_text("other weights")
    (folders[1] / "model.keras").unlink()
    first, second = problems(store)
    assert "version 1: " in first
    assert "SHA-256 has changed. | Restore it from a copy, or delete that version." in first
    assert "version 2: " in second
    assert "is missing. | Restore it from a copy, or go back: songpop rollback." in second
