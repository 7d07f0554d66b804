import json
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from songpop.errors import StoreError
from songpop.search.journal import HeldJournal, mend

LINES = [{"op_code": 0, "study_name": "é" * 10}, {"op_code": 4, "n": 1}, {"op_code": 4, "n": 2}]
WHOLE = "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in LINES).encode()


@contextmanager
def disk_of(n_bytes: int) -> Iterator[None]:
    """The kernel lets no file grow beyond `n_bytes`: the same OSError, and the same torn write, as a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_what_is_appended_is_read(tmp_path: Path) -> None:
    journal = HeldJournal(tmp_path / "a.journal")
    assert list(journal.read_logs(0)) == []
    journal.append_logs(LINES[:2])
    assert list(journal.read_logs(0)) == LINES[:2]
    journal.append_logs(LINES[2:])
    assert list(journal.read_logs(2)) == LINES[2:]
    assert list(journal.read_logs(1)) == LINES[1:]
    journal.close()
    assert list(HeldJournal(tmp_path / "a.journal").read_logs(0)) == LINES
    assert (tmp_path / "a.journal").read_bytes() == WHOLE


@pytest.mark.parametrize("n_bytes", range(len(WHOLE) + 1))
def test_a_line_torn_anywhere_is_cut_back(tmp_path: Path, n_bytes: int) -> None:
    path = tmp_path / "a.journal"
    path.write_bytes(WHOLE[:n_bytes])
    journal = HeldJournal(path)
    journal.append_logs(LINES[2:])
    n_whole = WHOLE[:n_bytes].count(b"\n")
    assert list(journal.read_logs(0)) == [*LINES[:n_whole], LINES[2]]


def test_zeros_after_a_power_cut_are_cut_back(tmp_path: Path) -> None:
    path = tmp_path / "a.journal"
    path.write_bytes(WHOLE + b"\0" * 100)
    mend(path)
    assert path.read_bytes() == WHOLE


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"Track,Artist\nA,B\n", "must be a study journal, but its line 1 is none"),
        (b"\x89PNG\r\n\x1a\n\0\0", "line 1 is none"),
        (b"no newline", "line 1 is none"),
        (WHOLE + b"[1, 2]\n", "line 4 is none"),
        (WHOLE + b"{}\n", "line 4 is none"),
        (WHOLE + b"garbage", "line 4 is none"),
        (WHOLE[:-9] + b"\n" + WHOLE, "line 3 is none"),
        (WHOLE + b'{"op_code":99}\n', "written by a newer version: its line 4"),
    ],
)
def test_another_file_is_refused_and_left_alone(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "a.journal"
    path.write_bytes(content)
    with pytest.raises(StoreError, match=message):
        HeldJournal(path)
    assert path.read_bytes() == content


def test_a_full_disk_leaves_whole_lines_only(tmp_path: Path) -> None:
    path = tmp_path / "a.journal"
    journal = HeldJournal(path)
    journal.append_logs(LINES)
    with disk_of(len(WHOLE) + 5), pytest.raises(OSError):
        journal.append_logs(LINES)
    assert path.read_bytes() == WHOLE
    journal.append_logs(LINES)
    assert list(journal.read_logs(3)) == LINES
