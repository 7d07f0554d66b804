"""Whether a sweep's record is complete: all that is needed to train its trials again.

Owns: which parts there must be. Does not own: writing them (app/recording.py).
"""

import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from songpop.tracking.gates import Finding
from songpop.tracking.records import CIRCUMSTANCES, CONFIG, SPEC
from songpop.tracking.store import Store


@dataclass(frozen=True, kw_only=True)
class _Record:
    """What the parent run holds."""

    tags: Mapping[str, str]
    files: frozenset[str]
    environment: Mapping[str, Any]
    n_without_spec: int  # of the winner's runs

    def has_tags(self, *names: str) -> bool:
        return all(self.tags.get(f"songpop.{name}") for name in names)

    def has_code(self, key: str) -> bool:
        """Tell whether the code is known; without a repository, the installed version stands for commit and lock."""
        packages = self.environment.get("packages")
        return bool(self.environment.get(key) or (isinstance(packages, Mapping) and packages.get("songpop")))


_PARTS: Mapping[str, Callable[[_Record], bool]] = {
    "the space (space.json, its digest)": lambda record: "space.json" in record.files and record.has_tags("space"),
    f"the settings ({CONFIG})": lambda record: CONFIG in record.files,
    "the winner's configuration (its runs' tag songpop.spec)": lambda record: not record.n_without_spec,
    "the table's digest": lambda record: record.has_tags("table"),
    "the split (split.npz, its digest)": lambda record: "split.npz" in record.files and record.has_tags("split"),
    "the seeds": lambda record: record.has_tags("search_seed", "split_seed"),
    f"the commit ({CIRCUMSTANCES})": lambda record: record.has_code("commit"),
    f"the lock's digest ({CIRCUMSTANCES})": lambda record: record.has_code("lock_digest"),
}


def check_record(store: Store, run_id: str, members: Sequence[str]) -> Finding:
    """Refuse a sweep of which a part is missing.

    Args:
        store: an open store.
        run_id: the sweep's parent run.
        members: the runs whose weights the model holds.

    Raises:
        MlflowException, OSError, ValueError: if what is there cannot be read, which is a refusal as well.
    """
    record = _read(store, run_id, members)
    missing = [name for name, is_there in _PARTS.items() if not is_there(record)]
    told = "The record holds settings, space, table, split, seeds, commit and lock."
    if missing:
        told = (
            f"The record of the sweep is not complete, so that nobody could repeat it: missing {', '.join(missing)}. "
            "Sweep again, under another search.name."
        )
    return Finding(is_passed=not missing, value=len(missing), bound=0, sentence=told)


def _read(store: Store, run_id: str, members: Sequence[str]) -> _Record:
    files = frozenset(str(item.path) for item in store.client.list_artifacts(run_id))
    environment: Mapping[str, Any] = {}
    if CIRCUMSTANCES in files:
        with tempfile.TemporaryDirectory() as folder:
            text = Path(store.client.download_artifacts(run_id, CIRCUMSTANCES, folder)).read_text("utf-8")
        found = json.loads(text)
        environment = found if isinstance(found, Mapping) else {}
    n_without_spec = sum(SPEC not in store.client.get_run(member).data.tags for member in members)
    tags = store.client.get_run(run_id).data.tags
    return _Record(tags=tags, files=files, environment=environment, n_without_spec=n_without_spec)
