"""A store that does not answer is tried again for a while, and the person is told twice, not each time."""

import threading
from collections.abc import Callable

import pytest

from songpop.errors import StoreError, UnreachableError
from songpop.tracking import patience
from songpop.tracking.patience import Patience, patient


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "FIRST_PAUSE_S", 0.001)


def failing(n_times: int, error: Exception) -> tuple[Callable[[bool], str], list[bool]]:
    """An attempt that fails so many times, and what it was told."""
    told: list[bool] = []

    def attempt(is_again: bool) -> str:
        told.append(is_again)
        if len(told) <= n_times:
            raise error
        return "done"

    return attempt, told


def test_a_store_that_answers_again() -> None:
    notes: list[str] = []
    attempt, told = failing(3, UnreachableError("the store is away."))
    assert Patience(60, notes.append).keep_trying(attempt) == "done"
    assert told == [False, True, True, True]
    assert len(notes) == 2
    assert notes[0] == ("the store is away. Trying again for up to 60 s (tracking.patience_s).")
    assert "answers again" in notes[1]


def test_a_store_that_stays_away() -> None:
    attempt, told = failing(10_000, UnreachableError("the store is away."))
    with pytest.raises(UnreachableError, match=r"the store is away. It was waited for during tracking.patience_s=0.05"):
        Patience(0.05).keep_trying(attempt)
    assert len(told) > 2


@pytest.mark.parametrize(("limit_s", "error"), [(0, UnreachableError("away")), (60, StoreError("the disk is full"))])
def test_what_waiting_does_not_help(limit_s: float, error: StoreError) -> None:
    attempt, told = failing(9, error)
    with pytest.raises(type(error), match=str(error)):
        Patience(limit_s).keep_trying(attempt)
    assert told == [False]


def test_giving_up_ends_the_waiting_of_another_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "FIRST_PAUSE_S", 60.0)
    one = Patience(600)
    attempt, told = failing(9, UnreachableError("away"))
    threading.Timer(0.05, one.give_up).start()
    with pytest.raises(UnreachableError, match=r"^away$"):
        one.keep_trying(attempt)
    assert told == [False]


def test_a_patient_action_is_repeated() -> None:
    class Holder:
        patience = Patience(60)
        n_calls = 0

    @patient
    def act(holder: Holder, word: str) -> str:
        holder.n_calls += 1
        if holder.n_calls < 3:
            raise UnreachableError("away")
        return word

    assert act(Holder(), word="done") == "done"
