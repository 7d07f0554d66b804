"""A file is written whole or not at all, also by two writers at once, and after one was killed."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from songpop.scoring.whole_output import written_whole


def test_two_writers_at_once_have_a_whole_file_each(tmp_path: Path) -> None:
    path = tmp_path / "[a]*.csv"
    with written_whole(path) as one:
        one.write(b"one")
        with written_whole(path) as two:
            two.write(b"two")
        assert path.read_text() == "two"
    assert path.read_text() == "one"
    assert list(tmp_path.iterdir()) == [path]


def test_an_error_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / f"{'ä' * 120}.csv"  # as long as a name can be
    path.write_text("before")
    with pytest.raises(ZeroDivisionError), written_whole(path) as file:
        file.write(bytes(1 // 0))
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_what_a_killed_writer_left_is_removed(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    killed = (
        "import os, pathlib, signal; from songpop.scoring.whole_output import written_whole\n"
        f"with written_whole(pathlib.Path({str(path)!r})): os.kill(os.getpid(), signal.SIGKILL)"
    )
    assert subprocess.run([sys.executable, "-c", killed], check=False).returncode == -signal.SIGKILL
    assert [left.suffix for left in tmp_path.iterdir()] == [".partial"]
    with written_whole(path) as file:
        file.write(b"whole")
    assert list(tmp_path.iterdir()) == [path]
