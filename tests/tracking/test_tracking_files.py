"""Digests of files."""

import hashlib
from pathlib import Path

from songpop.tracking.files import digests_of, sha256_of


def test_digests(tmp_path: Path) -> None:
    content = b"x" * 3_000_000
    (tmp_path / "a").write_bytes(content)
    (tmp_path / "folder").mkdir()
    assert sha256_of(tmp_path / "a") == hashlib.sha256(content).hexdigest()
    assert digests_of(tmp_path) == {"a": sha256_of(tmp_path / "a")}
