"""What a tracking store can answer when it fails, as one sentence each.

Owns: the table from the store's words to ours, and which failures may pass by waiting. Does not own: when to ask
(store.py, runs.py, registry.py), how long to wait (patience.py).
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import requests.exceptions
from mlflow.exceptions import MlflowException
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from songpop.errors import StoreError, UnreachableError

FULL = "could not be written, the disk is full. Free some space and start again; nothing is lost."

# Words of SQLite, the operating system or MLflow's client → what holds, and what to do. The first match counts.
CAUSES: tuple[tuple[str, str], ...] = (
    ("readonly database", "is read-only. Make the file and its folder writable, or set tracking.uri=…"),
    ("read-only file system", "is read-only. Name a folder on another disk: paths.root=…"),
    ("permission denied", "may not be opened. Allow it for your user, or set tracking.uri=…"),
    ("database is locked", "is locked by another process. Wait until that one ends, and start again."),
    ("disk is full", FULL),
    ("no space left", FULL),
    ("file too large", "could not be written, a file grew over `ulimit -f`. Raise it and start again."),
    ("disk i/o error", "could not be read or written, the disk failed or is full. Check it and start again."),
    ("not a database", "is not an SQLite file. Move it away, or name another: tracking.uri=sqlite:///FILE"),
    ("malformed", "is damaged. Move it away, or bring back a copy of it."),
    ("unable to open database", "cannot be opened. Check its folder, or name another: tracking.uri=…"),
    ("is a directory", "must be a file, but is a folder. Move it away, or name another: tracking.uri=sqlite:///FILE"),
    ("not a directory", "cannot be made, a part of its path is a file. Name another folder: paths.root=…"),
    ("file exists", "cannot be made, a part of its path is a file. Name another folder: paths.root=…"),
    (
        "filesystem tracking backend",
        "is a folder of files, which MLflow no longer reads. Set tracking.uri=sqlite:///FILE",
    ),
    (
        "unsupported uri",
        "is of a kind that MLflow does not know. Use sqlite:///FILE, http://HOST or postgresql://HOST/NAME: "
        "tracking.uri=…",
    ),
    ("unity catalog", "is a Unity Catalog, which MLflow cannot track in. Set tracking.uri=sqlite:///FILE"),
    ("databricks credential", "needs Databricks' own set-up first. Do it, or set tracking.uri=sqlite:///FILE"),
    ("error responses", "answers with errors only. Look at the server's own log."),
    ("max retries exceeded", "cannot be reached. Start the server, or correct tracking.uri."),
    ("api request", "refused a request or did not answer. Check the server, or correct tracking.uri."),
)

# The words of CAUSES that may pass by waiting, and those of connections that are lost or not made.
PASSING = (
    "database is locked",
    "error responses",
    "max retries exceeded",
    "connection refused",
    "connection reset",
    "connection aborted",
    "remote end closed",
    "timeout exception",
    "timed out",
    "server closed the connection",
    "terminating connection",
    "could not connect",
    "connection failed",
    "the database system is",  # PostgreSQL: starting up, shutting down
    "too many clients",
)
_PASSING_STATUSES = (408, 429, 500, 502, 503, 504)  # HTTP's: try again later


@contextmanager
def store_failures(where: str) -> Iterator[None]:
    """Turn whatever the store raises into a StoreError of one sentence.

    Args:
        where: the store as the user knows it, a file or an address.

    Raises:
        UnreachableError: if waiting may help.
        StoreError: elsewhere; both name `where`, what holds and what to do.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        raise StoreError(
            f"The tracking store {where} needs a driver that is not installed ({error.msg}). "
            "For PostgreSQL: pip install 'songpop[postgresql]'."
        ) from error
    except (MlflowException, SQLAlchemyError, sqlite3.Error, OSError) as error:
        kind = UnreachableError if is_passing(error) else StoreError
        raise kind(sentence_of(where, error)) from error


def is_passing(error: Exception) -> bool:
    """Say whether waiting may help: a server that is down, a database that is locked or lost its connections."""
    words = str(error).lower()
    cause = next((cause for cause, _ in CAUSES if cause in words), "api request")
    if cause != "api request":
        return cause in PASSING
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    if isinstance(error, ConnectionError | TimeoutError | requests.exceptions.Timeout):
        return True
    return any(word in words for word in PASSING) or _status_of(error) in _PASSING_STATUSES


def _status_of(error: Exception) -> int | None:
    """Return what a server answered, in HTTP's numbers; None if no server did."""
    if isinstance(error, requests.exceptions.HTTPError) and error.response is not None:
        return int(error.response.status_code)
    if isinstance(error, MlflowException) and "api request" in str(error).lower():
        return int(error.get_http_status_code())  # type: ignore[no-untyped-call]
    return None


def sentence_of(where: str, error: Exception) -> str:
    """Describe a store's failure in one sentence or two."""
    words = str(error).lower()
    for cause, sentence in CAUSES:
        if cause in words:
            return f"The tracking store {where} {sentence}"
    first_line = (str(error).strip() or type(error).__name__).splitlines()[0]
    return f"The tracking store {where} failed: {first_line.rstrip('.')}. See where with --debug."
