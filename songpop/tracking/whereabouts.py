"""Where a store's artifacts lie: MLflow keeps absolute places, so a copied or moved store has them where it came from.

Owns: the check. What is wrong cannot be mended here: whether the original still needs the files, only a person knows.
"""

from collections.abc import Iterator
from pathlib import Path

from mlflow.utils.file_utils import local_file_uri_to_path
from mlflow.utils.uri import is_local_uri

from songpop.tracking.records import Finding
from songpop.tracking.store import Store, sqlite_file


def strayed(store: Store) -> Iterator[Finding]:
    """Yield a finding where the store lies in `paths.root`, and its artifacts do not."""
    file, root = sqlite_file(store.uri), store.root.resolve()
    is_local = is_local_uri(store.artifact_location)  # type: ignore[no-untyped-call]
    if file is None or file.resolve().parent != root or not is_local:
        return
    place = Path(local_file_uri_to_path(store.artifact_location)).resolve()  # type: ignore[no-untyped-call]
    if place.is_relative_to(root):
        return
    is_there = place.is_dir()
    told = "a copy of the store there, and shares its files" if is_there else "a store that was moved from there"
    way_on = f"Work in that folder: paths.root={place.parent}" if is_there else f"Move it back to {place.parent}"
    yield Finding(
        where=store.where,
        problem=f"its artifacts are looked for in {place}, outside {root}: it is {told}",
        remedy=f"{way_on}, or begin in a new folder: MLflow keeps absolute places.",
    )
