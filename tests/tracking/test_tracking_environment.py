"""The circumstances of a sweep."""

import hashlib
import subprocess
from pathlib import Path

import pytest

from songpop.tracking.environment import environment


def test_without_a_repository(tmp_path: Path) -> None:
    found = environment(tmp_path)
    assert (found.commit, found.is_dirty, found.lock_digest) == (None, None, None)
    assert found.packages["mlflow"].startswith("3.")


def test_with_a_repository(tmp_path: Path) -> None:
    lock = tmp_path / "requirements.lock"
    lock.write_text("numpy==2.4\n")
    commands = (("init", "-q"), ("add", "."), ("-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "first"))
    try:
        for command in commands:
            subprocess.run(["git", "-C", str(tmp_path), *command], check=True, capture_output=True)
    except FileNotFoundError:
        pytest.skip("no git here")
    clean = environment(tmp_path)
    lock.write_text("numpy==2.5\n")
    dirty = environment(tmp_path)
    assert clean.commit == dirty.commit
    assert len(clean.commit or "") == 40
    assert (clean.is_dirty, dirty.is_dirty) == (False, True)
    assert dirty.lock_digest == hashlib.sha256(b"numpy==2.5\n").hexdigest()
