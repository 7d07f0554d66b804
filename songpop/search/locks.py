"""One sweep of a name at a time: a lock that the kernel releases, however its holder ends."""

import fcntl
from pathlib import Path
from typing import final

from songpop.errors import StoreError


class HeldError(StoreError):
    """Another process holds the lock: a sweep of the name is running."""


@final
class SweepLock:
    """Held from its making to `release`; the file stays, since removing it would race with the next holder."""

    def __init__(self, path: Path) -> None:
        """Take the lock.

        Args:
            path: the lock file, made if absent.

        Raises:
            HeldError: if another process holds it.
            StoreError: if the file cannot be written.
        """
        try:
            # Held for the life of the sweep, so there is no block to put it into.
            self._file = path.open("ab")
        except OSError as error:
            raise StoreError(
                f"the lock {path} must be writable, but it is not: {error.strerror}. "
                "Change its permissions or paths.root."
            ) from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self._file.close()
            raise HeldError(
                f"a sweep named {path.stem!r} is already running. "
                "Wait for its end, stop it, or choose another name by search.name=…"
            ) from error

    def release(self) -> None:
        """Give the lock back; a second call does nothing."""
        self._file.close()
