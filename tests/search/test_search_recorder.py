import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from search_fakes import FakeTracker, opened, result_of

from songpop.contracts import FinishedTrial, TrialResult, TrialSpec
from songpop.errors import StoreError, UnreachableError
from songpop.search.recorder import Recorder


def ended(backend: Any) -> TrialResult:
    spec = backend.ask()
    assert isinstance(spec, TrialSpec)
    result = result_of(spec, [0.5])
    backend.tell(result)
    return result


def test_leaving_waits_until_everything_is_kept_in_order(tmp_path: Path) -> None:
    backend, tracker, kept = opened(tmp_path, n_trials=200), FakeTracker(), []

    def on_kept(trial: FinishedTrial, result: TrialResult, n_behind: int) -> None:
        assert trial.trial == result.spec.trial
        kept.append((trial.trial, n_behind))

    with Recorder(backend, lambda: tracker, on_kept) as recorder:
        for _ in range(200):
            recorder.wait_for_place()
            recorder.put(ended(backend), {})
    assert [number for number, _ in kept] == list(range(200))
    assert kept[-1][1] == 0
    assert len(backend.finished()) == 200


def record_one(backend: Any, tracker: FakeTracker) -> None:
    with Recorder(backend, lambda: tracker, lambda *_: None) as recorder:
        recorder.wait_for_place()
        recorder.put(ended(backend), {})
        if isinstance(tracker, Breaking):
            raise ZeroDivisionError


class Failing(FakeTracker):
    def record_all(self, trials: Sequence[tuple[TrialResult, Mapping[str, Any]]]) -> list[str]:
        raise StoreError("the store is full")


class Breaking(Failing):
    """The store fails, and so does the search."""


def test_a_store_that_fails_is_told_where_the_search_waits(tmp_path: Path) -> None:
    backend = opened(tmp_path, n_trials=2)
    with pytest.raises(StoreError, match="full"):
        record_one(backend, Failing())
    assert backend.finished() == ()


def test_an_error_of_the_search_is_not_hidden_by_one_of_the_store(tmp_path: Path) -> None:
    backend = opened(tmp_path, n_trials=2)
    with pytest.raises(ZeroDivisionError):
        record_one(backend, Breaking())


class Waiting(FakeTracker):
    """The store does not answer, and is waited for."""

    def __init__(self) -> None:
        super().__init__()
        self.begun, self.hurried = threading.Event(), threading.Event()

    def record_all(self, trials: Sequence[tuple[TrialResult, Mapping[str, Any]]]) -> list[str]:
        self.begun.set()
        assert self.hurried.wait(60)
        raise UnreachableError("the store is away")


def interrupted(recorder: Recorder, result: TrialResult, tracker: Waiting) -> None:
    recorder.put(result, {})
    assert tracker.begun.wait(60)
    raise KeyboardInterrupt


def test_ctrl_c_ends_the_waiting_for_a_store(tmp_path: Path) -> None:
    """What was not recorded is not kept either: it is trained again."""
    backend, tracker = opened(tmp_path, n_trials=2), Waiting()
    recorder = Recorder(backend, lambda: tracker, lambda *_: None, tracker.hurried.set)
    with pytest.raises(KeyboardInterrupt), recorder:
        interrupted(recorder, ended(backend), tracker)
    assert not recorder.has_kept_all
    assert backend.finished() == ()
    backend.close()
