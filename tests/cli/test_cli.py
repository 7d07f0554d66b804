"""The command line as a person meets it: help, mistakes, completion, exit statuses."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from songpop.cli import COMMANDS, run


def songpop(*words: str, cwd: Path, **env: str) -> subprocess.CompletedProcess[str]:
    """Run the program in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "songpop", *words],
        capture_output=True,
        text=True,
        cwd=cwd,
        env={**os.environ, **env},
        check=False,
    )


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"]) == 0
    shown = capsys.readouterr().out
    assert all(f"  {name} " in shown for name in COMMANDS)


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        ([], 2, ""),
        (["swep"], 2, "Did you mean `sweep`?"),
        (["promote", "foo=1"], 2, "`foo` is no key of this command. Use one of sweep"),
        (["sweep", "data=songs"], 2, "data.path"),
        (["sweep", "data=songs", "data.path=/nowhere.csv"], 3, "/nowhere.csv"),
    ],
)
def test_mistakes(words: list[str], status: int, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(words) == status
    error = capsys.readouterr().err
    assert message in error
    assert "Traceback" not in error


def test_nothing_is_written_before_the_first_mistake_is_found(tmp_path: Path) -> None:
    done = songpop("sweep", "data=songs", "data.path=nowhere.csv", cwd=tmp_path)
    assert done.returncode == 3
    assert done.stdout == ""
    assert list(tmp_path.iterdir()) == []


def test_hydra_shows_the_configuration(tmp_path: Path) -> None:
    done = songpop("sweep", "--cfg", "job", "search.n_trials=7", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "n_trials: 7" in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_debug_shows_the_traceback(tmp_path: Path) -> None:
    done = songpop("promote", "--debug", "foo=1", cwd=tmp_path)
    assert done.returncode != 0
    assert "Traceback" in done.stderr
