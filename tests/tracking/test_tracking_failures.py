"""Each of a store's own words for a failure becomes one sentence with a remedy."""

import sqlite3

import pytest
from mlflow.exceptions import MlflowException

from songpop.errors import StoreError
from songpop.tracking.failures import CAUSES, store_failures


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
