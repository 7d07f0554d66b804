"""The alias moves from the champion that was expected or not at all, and no entry is ever replaced."""

from pathlib import Path

import pytest
from racing import SETTINGS, Race, run_race
from trials import FixedJudge, logged_candidate

from songpop.settings import GateSettings
from songpop.tracking.candidate import ensure_registered, version_of
from songpop.tracking.ledger import LedgerEntry, entries_of
from songpop.tracking.moves import LostRaceError, append, move
from songpop.tracking.registry import chronicle, history, promote

N_ROUNDS = 50


def entry(version: int | None, previous: int | None = None) -> LedgerEntry:
    return LedgerEntry(
        number=0, event="promote" if version else "refuse", version=version, previous=previous, sweep="s",
        when="2026-01-01T00:00:00+00:00", reason="there was no champion",
    )  # fmt: skip


@pytest.fixture
def versions(store, tmp_path):
    """A registered model of three versions, without a champion."""
    for name in ("a", "b", "c"):
        version_of(store, "songpop", logged_candidate(store, tmp_path, name))
    return store


def alias(store) -> dict[str, int]:
    return {name: int(version) for name, version in store.client.get_registered_model("songpop").aliases.items()}


def test_a_move_from_the_expected_champion(versions) -> None:
    assert move(versions, "songpop", entry(1), None).number == 1
    assert move(versions, "songpop", entry(2, 1), 1).number == 2
    assert alias(versions) == {"champion": 2}
    assert [told.key for told in entries_of(versions.client.get_registered_model("songpop").tags, "songpop")] == [
        "songpop.ledger.0001", "songpop.ledger.0002",
    ]  # fmt: skip


@pytest.mark.parametrize("expected", [None, 1, 3])
def test_a_move_from_another_champion_changes_nothing(expected: int | None, versions) -> None:
    move(versions, "songpop", entry(2), None)
    before = versions.client.get_registered_model("songpop").tags
    with pytest.raises(LostRaceError):
        move(versions, "songpop", entry(3, expected), expected)
    assert alias(versions) == {"champion": 2}
    assert versions.client.get_registered_model("songpop").tags == before


def test_a_deleted_alias_is_no_expected_champion(versions) -> None:
    move(versions, "songpop", entry(2), None)
    versions.client.delete_registered_model_alias("songpop", "champion")
    with pytest.raises(LostRaceError):
        move(versions, "songpop", entry(3, 2), 2)
    assert alias(versions) == {}


def test_a_number_that_is_taken_is_left_to_its_owner(versions, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process writes its entry between our reading and our writing."""
    stale = versions.client.get_registered_model("songpop")
    append(versions, "songpop", entry(None))
    read = versions.client.get_registered_model
    monkeypatch.setattr(
        versions.client, "get_registered_model", lambda name, seen=[]: read(name) if seen else seen.append(1) or stale
    )
    written = move(versions, "songpop", entry(1), None)
    monkeypatch.undo()
    assert (written.number, alias(versions)) == (2, {"champion": 1})
    assert [told.event for told in entries_of(read("songpop").tags, "songpop")] == ["refuse", "promote"]


def test_two_first_refusals_at_once_share_the_registered_model(store) -> None:
    ensure_registered(store, "songpop")
    ensure_registered(store, "songpop")
    assert append(store, "songpop", entry(None)).number == 1


# ── races of two processes ──────────────────────────────────────────────────────────────────────────────────


def sqlite_race(store, folder: Path, n_rounds: int, second: float) -> Race:
    """Each round's A is better than all before by 0.01; B differs from A by `second`."""
    losses = {"base": 0.9}
    for number in range(n_rounds):
        losses[f"a{number:02d}"] = 0.89 - number * 0.01
        losses[f"b{number:02d}"] = losses[f"a{number:02d}"] + second
    promote(store, SETTINGS, GateSettings(), logged_candidate(store, folder, "base"), FixedJudge(losses))
    names = [[f"{letter}{number:02d}" for number in range(n_rounds)] for letter in "ab"]
    for number in range(0, n_rounds, 2):  # the better one comes from either side
        names[0][number], names[1][number] = names[1][number], names[0][number]
    return Race(uri=store.uri, folder=folder, names=names, losses=losses, max_sleep_s=0.02)


@pytest.mark.survive
@pytest.mark.timeout(300)
def test_fifty_rounds_of_a_better_and_a_worse_one(store, tmp_path) -> None:
    race = sqlite_race(store, tmp_path, N_ROUNDS, 0.015)  # worse than the champion so far
    told = run_race(race)
    for number, (one, other) in enumerate(zip(*told, strict=True)):
        assert {one.champion, other.champion} == {f"a{number:02d}"}
        assert sorted([one.ended, other.ended]) == ["promoted", "refused"]
    entries = history(store, SETTINGS)[1:]
    assert [told.number for told in entries] == list(range(2, 2 * N_ROUNDS + 2))
    assert sum(told.event == "promote" for told in entries) == N_ROUNDS
    assert sum(told.event == "refuse" for told in entries) == N_ROUNDS
    assert all(told.sweep.startswith("a") == (told.event == "promote") for told in entries)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_two_good_ones_never_leave_the_worse(store, tmp_path) -> None:
    told = run_race(sqlite_race(store, tmp_path, 10, 0.005))  # better than the champion so far, but not than A
    for number, (one, other) in enumerate(zip(*told, strict=True)):
        assert {one.champion, other.champion} == {f"a{number:02d}"}
    entries = history(store, SETTINGS)[1:]
    assert len(entries) == 2 * 10
    moves = [told for told in entries if told.event == "promote"]
    assert [told.previous for told in moves] == [1, *(told.version for told in moves[:-1])]  # a chain, without a gap
    assert len({told_round.ended for told_round in told[0] + told[1]}) == 2
    assert chronicle(store, SETTINGS).note is None
