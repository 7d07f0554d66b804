"""A study's journal file: one line per operation, whole lines only, whenever the process dies.

Owns: appending, cutting back a torn last line, telling a journal from another file. Does not own: exclusion (locks).
Optuna's own file backend reads a torn line plus an append as damage for ever, and its lock outlives a killed holder.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, final

from optuna.storages.journal import BaseJournalBackend

from songpop.errors import StoreError

_START = b'{"op_code":'
_CREATE_STUDY = 0  # the first operation of every study
_LAST_OPERATION = 10  # of Optuna 5.0; a greater one was written by a newer version


@final
class HeldJournal(BaseJournalBackend):
    """A journal with one reader and writer, who holds the sweep's lock."""

    def __init__(self, path: Path) -> None:
        """Open or make the file, and cut back a last line that a killed writer left torn.

        Raises:
            StoreError: if the file is not a journal, or of a newer version; it is then left as it is.
            OSError: if it cannot be read or written.
        """
        mend(path)
        # Open as long as the study; unbuffered, so that what is written is what was acknowledged.
        self._file = path.open("a+b", buffering=0)
        self._n_read = 0
        self._offset = 0
        self._syncs = True

    def read_logs(self, log_number_from: int) -> Iterator[dict[str, Any]]:
        """Yield the operations from number `log_number_from` on."""
        number, offset = (self._n_read, self._offset) if log_number_from == self._n_read else (0, 0)
        self._file.seek(offset)
        for line in self._file.readall().split(b"\n")[:-1]:
            number, offset = number + 1, offset + len(line) + 1
            if number > log_number_from:
                yield json.loads(line)
        self._n_read, self._offset = number, offset

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        """Append whole lines, durably, or nothing.

        Raises:
            OSError: if the disk takes no more; the file is then as it was before.
        """
        data = "".join(json.dumps(log, separators=(",", ":")) + "\n" for log in logs).encode()
        size = os.fstat(self._file.fileno()).st_size
        try:
            while data:
                data = data[self._file.write(data) :]
            if self._syncs:
                os.fsync(self._file.fileno())
        except BaseException:  # an interrupt tears a line as well as a full disk does
            os.ftruncate(self._file.fileno(), size)
            raise

    @contextmanager
    def one_sync(self) -> Iterator[None]:
        """Make all that is appended in the block durable at once, at its end.

        Raises:
            OSError: if the disk takes no more; whole lines that were written before may then be there or not.
        """
        self._syncs = False
        try:
            yield
        finally:
            self._syncs = True
            os.fsync(self._file.fileno())

    def close(self) -> None:
        """Close the file."""
        self._file.close()


@final
class FoundJournal(BaseJournalBackend):
    """A journal that is read and left as it is; a torn last line is not seen."""

    def __init__(self, path: Path) -> None:
        """Take a file that `torn_bytes` has taken for a journal."""
        self._lines = path.read_bytes().split(b"\n")[:-1]

    def read_logs(self, log_number_from: int) -> Iterator[dict[str, Any]]:
        """Yield the operations from number `log_number_from` on."""
        return (json.loads(line) for line in self._lines[log_number_from:])

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        """Refuse.

        Raises:
            NotImplementedError: always.
        """
        raise NotImplementedError


def mend(path: Path) -> None:
    """Cut a torn last line back to the last newline; do nothing to a whole journal or a missing one.

    Raises:
        StoreError: if the file is not a journal, or of a newer version.
        OSError: if it cannot be read or written.
    """
    if not path.exists():
        return
    if n_torn := torn_bytes(path):
        with path.open("r+b") as file:
            file.truncate(path.stat().st_size - n_torn)
            os.fsync(file.fileno())


def torn_bytes(path: Path) -> int:
    """Return the length of a last line that a killed writer left torn; 0: every line is whole.

    Raises:
        StoreError: if the file is not a journal, or of a newer version.
        OSError: if it cannot be read.
    """
    whole, newline, tail = path.read_bytes().rpartition(b"\n")
    for number, line in enumerate(whole.split(b"\n") if newline else (), start=1):
        _check_line(path, number, line)
    if tail and not _is_torn(tail):
        raise _not_a_journal(path, whole.count(b"\n") + 2 if newline else 1)
    return len(tail)


def _check_line(path: Path, number: int, line: bytes) -> None:
    try:
        operation = json.loads(line)["op_code"]
    except (ValueError, KeyError, TypeError) as error:
        raise _not_a_journal(path, number) from error
    if number == 1 and operation in range(_CREATE_STUDY + 1, _LAST_OPERATION + 1):
        raise _not_a_journal(path, number)  # its head is lost: Optuna would drop all that follows, silently
    if not isinstance(operation, int) or operation > _LAST_OPERATION:
        raise StoreError(
            f"the study journal {path} was written by a newer version: its line {number} has the operation "
            f"{operation!r}. Update songpop, or start anew with another search.name=…"
        )


def _is_torn(tail: bytes) -> bool:
    # After a power cut, a file system may also have left zeros where the line should be.
    return tail.startswith(_START) or _START.startswith(tail) or not tail.strip(b"\0")


def _not_a_journal(path: Path, number: int) -> StoreError:
    return StoreError(
        f"{path} must be a study journal, but its line {number} is none. "
        "Restore the file from a copy, or start anew with another search.name=…"
    )
