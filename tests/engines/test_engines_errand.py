"""A function that runs in another process answers, refuses, breaks and dies as it would here."""

import os
import signal

import numpy as np
import pytest

from songpop.engines.errand import Errand
from songpop.errors import DataError, EngineError

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def test_it_runs_in_another_process_and_answers() -> None:
    with Errand(os.getpid) as errand, Errand(np.add, np.arange(3), 1) as sum_of:
        assert errand.answer() != os.getpid()
        assert sum_of.answer().tolist() == [1, 2, 3]


def test_what_it_refuses_is_raised_here() -> None:
    with Errand(refuse, "x") as errand, pytest.raises(DataError) as caught:
        errand.answer()
    assert str(caught.value) == "x must be y"


def test_a_bug_is_one_sentence_and_its_traceback_a_note() -> None:
    with Errand(int, "seven") as errand, pytest.raises(EngineError, match="but it did: ValueError") as caught:
        errand.answer()
    assert "Traceback" in caught.value.__notes__[0]


def test_a_process_that_dies_is_an_error() -> None:
    with Errand(os.abort) as errand, pytest.raises(EngineError, match="ended with exit code -6"):
        errand.answer()


def test_nothing_is_left_when_nobody_waits() -> None:
    with Errand(signal.pause) as errand:
        pid = errand._process.pid
    assert pid is not None
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def refuse(name: str) -> None:
    raise DataError(f"{name} must be y")
