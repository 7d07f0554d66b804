"""Every exception ends as one sentence with a status."""

import errno
import os

import pytest

from songpop.cli import HELP
from songpop.cli.endings import BUG, INTERRUPTED, ending_of
from songpop.errors import ArtifactError, GateError, SettingsError

FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "out.csv")


@pytest.mark.parametrize(
    ("error", "words", "status"),
    [
        (SettingsError("`a.b` must be 1."), "`a.b` must be 1.", 2),
        (GateError("Refused."), "Refused.", 4),
        (ArtifactError("Changed."), "Changed.", 5),
        (KeyboardInterrupt(), "the same command goes on", INTERRUPTED),
        (KeyboardInterrupt("interrupted; nothing was written."), "nothing was written", INTERRUPTED),
        (MemoryError(), "too little memory", BUG),
        (FULL, "out.csv could not be read or written: No space left on device.", 5),
        (OSError(errno.EIO, "Input/output error"), "a file or the output could not be read or written", 5),
        (OSError("without a number"), "a bug of songpop, not of yours (OSError: without a number)", BUG),
        (ZeroDivisionError("division by zero"), "(ZeroDivisionError: division by zero)", BUG),
        (ValueError("first line\nsecond line"), "(ValueError: first line)", BUG),
        (RuntimeError(), "(RuntimeError: )", BUG),
    ],
)
def test_a_sentence_and_a_status(error: BaseException, words: str, status: int) -> None:
    sentence, ended = ending_of(error)
    assert words in sentence
    assert "\n" not in sentence
    assert ended == status


def test_a_bug_asks_for_the_traceback() -> None:
    assert "--debug" in ending_of(KeyError("x"))[0]


def test_the_help_knows_how_an_interruption_ends() -> None:
    assert f"{INTERRUPTED} interrupted" in HELP
