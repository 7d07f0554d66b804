"""A file that is written whole or not at all, however its writer ends and however many write it at once.

Owns: the partial file beside it, and what killed writers left of theirs. Does not own: what is written.
"""

import fcntl
import glob
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

MAX_NAME = 200  # bytes of the file's name in the name of its partial file: a file system takes 255


@contextmanager
def written_whole(path: Path) -> Iterator[BinaryIO]:
    """Open a partial file, which takes the place of `path` at the end and is gone where something fails.

    Of several writers at once the last one wins, with its whole file.

    Raises:
        OSError: if it cannot be written.
    """
    stem = "." + path.name.encode()[:MAX_NAME].decode(errors="ignore")
    _remove_left_behind(path.parent, stem)
    partial, file = _opened(path.parent, stem)
    try:
        with file:
            yield file
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)  # gone where all went well


def _opened(folder: Path, stem: str) -> tuple[Path, BinaryIO]:
    """Return a new file, locked; before it is, another writer may take it for left behind: then another one."""
    while True:
        partial = folder / f"{stem}.{uuid.uuid4().hex[:12]}.partial"
        file = partial.open("xb")
        with suppress(OSError):  # a file system without locks: then nobody removes it
            fcntl.flock(file, fcntl.LOCK_EX)
        if partial.exists():
            return partial, file
        file.close()


def _remove_left_behind(folder: Path, stem: str) -> None:
    """Remove the partial files of killed writers: a living one holds the lock of its own."""
    for left in folder.glob(f"{glob.escape(stem)}.*.partial"):
        with suppress(OSError), left.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            left.unlink()
