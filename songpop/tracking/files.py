"""Digests of files: how a model file is known again. Standard library only, so that it travels with the model."""

import hashlib
from pathlib import Path

CHUNK_BYTES = 1 << 20


def digests_of(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of each file directly in `folder`, by name."""
    return {file.name: sha256_of(file) for file in sorted(folder.iterdir()) if file.is_file()}


def sha256_of(file: Path) -> str:
    """Return the SHA-256 of a file's content, in hexadecimal."""
    digest = hashlib.sha256()
    with file.open("rb") as handle:
        while chunk := handle.read(CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()
