"""What a worker says over its pipe, in a thread of this process."""

import threading
from dataclasses import replace
from multiprocessing import Pipe
from typing import Any

import pytest
from engine_suite import SPEC, small_task, spec_with

from songpop.engines import worker
from songpop.engines.messages import Ended, Failure, Reported, Start, Stop
from songpop.errors import SettingsError


@pytest.fixture
def ends(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(worker, "_end_with", lambda lifeline: None)
    monkeypatch.setattr(worker.signal, "signal", lambda *_: None)  # only a main thread may
    ours, theirs = Pipe()
    lifeline, held = Pipe(duplex=False)
    threading.Thread(target=worker.work, args=(theirs, lifeline), daemon=True).start()
    ours.send(small_task())
    yield ours
    held.close()
    ours.close()


def test_an_epoch_is_reported_decided_and_ended(ends: Any) -> None:
    hello = ends.recv()
    assert isinstance(hello, Ended)
    assert hello.results == ()
    ends.send(Start(specs=(SPEC, replace(SPEC, trial=4))))
    reported = ends.recv()
    assert isinstance(reported, Reported)
    assert [(r.trial, r.epoch) for r in reported.reports] == [(3, 1), (4, 1)]
    ends.send(Stop(trials=frozenset({4})))
    ended = ends.recv()
    assert isinstance(ended, Ended)
    assert [result.spec.trial for result in ended.results] == [4]
    assert (ended.n_traces, ended.filled_share) == (0, 1.0)
    ends.send(Start(specs=()))
    assert [r.epoch for r in ends.recv().reports] == [2]


def test_what_the_user_can_mend_comes_back_as_it_is(ends: Any) -> None:
    ends.recv()
    ends.send(Start(specs=(spec_with(dropout_first=2.0),)))
    failure = ends.recv()
    assert isinstance(failure, Failure)
    assert isinstance(failure.error, SettingsError)
    assert "dropout_first" in str(failure.error)
    assert not failure.is_memory
