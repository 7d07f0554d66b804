"""Each of a store's own words for a failure becomes one sentence with a remedy."""

import sqlite3

import pytest
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import INVALID_PARAMETER_VALUE, PERMISSION_DENIED, TEMPORARILY_UNAVAILABLE
from sqlalchemy.exc import DBAPIError

from songpop.errors import StoreError, UnreachableError
from songpop.tracking.failures import CAUSES, is_passing, store_failures


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (sqlite3.OperationalError("attempt to write a readonly database"), "/srv/mlflow.db is read-only"),
        (MlflowException("(sqlite3.OperationalError) database is locked\n[SQL: …]"), "locked by another process"),
        (sqlite3.OperationalError("database or disk is full"), "disk is full.*Free some space"),
        (OSError(28, "No space left on device"), "disk is full"),
        (OSError(27, "File too large"), "ulimit"),
        (MlflowException("API request to http://host failed with exception Max retries exceeded"), "cannot be reached"),
        (MlflowException("something new\nsecond line"), "failed: something new. See where with --debug"),
        (OSError(), "failed: OSError"),
    ],
)
def test_failures(error: Exception, message: str) -> None:
    with pytest.raises(StoreError, match=message) as caught, store_failures("/srv/mlflow.db"):
        raise error
    assert "\n" not in str(caught.value)
    assert caught.value.exit_status == 5


def test_our_own_errors_pass() -> None:
    with pytest.raises(StoreError, match=r"^as it was$"), store_failures("somewhere"):
        raise StoreError("as it was")


def test_words_are_lower_case() -> None:
    assert all(cause == cause.lower() for cause, _ in CAUSES)


def with_status(code: int) -> MlflowException:
    return MlflowException("API request to endpoint /x failed with error code 5 != 200", error_code=code)


@pytest.mark.parametrize(
    ("error", "passes"),
    [
        (MlflowException("API request to http://h/x failed with exception Max retries exceeded: refused"), True),
        (MlflowException("API request to http://h/x failed with timeout exception read timed out"), True),
        (MlflowException("API request: Max retries exceeded (too many 503 error responses)"), True),
        (with_status(TEMPORARILY_UNAVAILABLE), True),
        (with_status(PERMISSION_DENIED), False),
        (with_status(INVALID_PARAMETER_VALUE), False),
        (sqlite3.OperationalError("database is locked"), True),
        (sqlite3.OperationalError("database or disk is full"), False),
        (MlflowException("attempt to write a readonly database", error_code=TEMPORARILY_UNAVAILABLE), False),
        (DBAPIError("INSERT", {}, Exception("gone"), connection_invalidated=True), True),
        (OSError(28, "No space left on device"), False),
        (ConnectionResetError(104, "Connection reset by peer"), True),
        (MlflowException("no such experiment"), False),
    ],
)
def test_what_may_pass_by_waiting(error: Exception, passes: bool) -> None:
    assert is_passing(error) is passes
    with pytest.raises(StoreError) as caught, store_failures("there"):
        raise error
    assert isinstance(caught.value, UnreachableError) is passes
