"""A copy of a store that stands alone: MLflow keeps absolute locations, and a plain copy would share artifacts."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

LOCATIONS = (
    ("experiments", "artifact_location"),
    ("runs", "artifact_uri"),
    ("logged_models", "artifact_location"),
    ("model_versions", "source"),
    ("model_versions", "storage_location"),
)


def copied(root: Path, to: Path) -> Path:
    """Copy `paths.root` to the new folder `to`; what is written there does not reach the original."""
    shutil.copytree(root, to)
    with closing(sqlite3.connect(to / "mlflow.db")) as store, store:
        for name, column in LOCATIONS:
            store.execute(f"UPDATE {name} SET {column} = REPLACE({column}, ?, ?)", (str(root), str(to)))
    return to
