"""Outputs that are closed, full or poor in letters, and a Ctrl-C that Python would lose."""

import signal
import subprocess
import sys
import time

import pytest

from songpop import cli

SONGPOP = f"{sys.executable} -m songpop"


@pytest.mark.parametrize(
    ("line", "status", "told"),
    [
        (f"{SONGPOP} --help | true; exit ${{PIPESTATUS[0]}}", 0, ""),
        (f"{SONGPOP} check --cfg job | head -1; exit ${{PIPESTATUS[0]}}", 0, ""),
        (f"{SONGPOP} --help > /dev/full", 5, "No space left on device"),
        (f"{SONGPOP} --help >&-", 0, ""),
        (f"{SONGPOP} nonsense 2>&-", 2, ""),
        (f"PYTHONIOENCODING=ascii {SONGPOP} --help", 0, ""),
    ],
)
def test_outputs(line: str, status: int, told: str) -> None:
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=False)
    assert done.returncode == status, done.stderr
    assert told in done.stderr
    assert len(done.stderr.splitlines()) == (1 if told else 0)


def test_a_ctrl_c_in_a_finalizer_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    class Dying:
        def __del__(self) -> None:
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(sys, "unraisablehook", cli._send_again)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may have muted it
    try:
        with pytest.raises(KeyboardInterrupt):
            _delete_and_wait(Dying())
    finally:
        signal.signal(signal.SIGINT, before)


def _delete_and_wait(_dying: object) -> None:
    del _dying
    time.sleep(10)


def test_an_error_that_nobody_foresaw_is_told_as_a_bug(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object, **__: object) -> int:
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr("songpop.cli.commands.run_with_hydra", broken)
    assert cli.run(["history"]) == 1
    assert "ZeroDivisionError" in capsys.readouterr().err
    assert cli.run(["history", "--debug"]) == 1
    assert "Traceback" in capsys.readouterr().err
