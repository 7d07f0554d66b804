"""Where the verdicts of an attempt are kept: a file of the sweep's parent run, tags of the model and of its version.

Owns: their form. Does not own: the ledger, which keeps the numbers (ledger.py). Files are added, never replaced.
"""

import json
import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from songpop.tracking.candidate import Candidate
from songpop.tracking.failures import store_failures
from songpop.tracking.gates import Gate, refused_names
from songpop.tracking.ledger import finite
from songpop.tracking.store import Store
from songpop.tracking.trial_records import read_files

FOLDER = "gates"  # of the parent run's artifacts
VERDICT = "songpop.gates"  # tag: "passed", or "refused by" and the names
OPENED = "songpop.n_test_openings"  # tag of a version
VALUES = "songpop.gate_values"  # tag: name → value, bound, passed


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """An attempt to promote a sweep's model, as its file tells it."""

    model: str
    alias: str
    when: str  # ISO 8601, UTC
    verdict: str  # "passed", or "refused by" and the names
    gates: tuple[Gate, ...]


def record_attempt(
    store: Store,
    candidate: Candidate,
    model: str,
    alias: str,
    when: str,
    gates: Sequence[Gate],
    n_test_openings: int,
) -> str:
    """Keep the verdicts of one attempt with the sweep and with the logged model; return the file's place.

    Args:
        store: an open store.
        candidate: whose attempt it was.
        model: the registered model.
        alias: the alias that was asked for.
        when: ISO 8601, UTC.
        gates: every gate, in order.
        n_test_openings: how often its sealed rows had been looked at by then, whoever looked.
    """
    document = {
        "model": model,
        "alias": alias,
        "sweep": candidate.facts.sweep,
        "model_id": candidate.model_id,
        "when": when,
        "verdict": _verdict(gates),
        "n_test_openings": n_test_openings,
        "gates": [{key: _plain(value) for key, value in asdict(gate).items()} for gate in gates],
    }
    n_before = len(store.client.list_artifacts(candidate.parent_run_id, FOLDER))
    # Two attempts at once may count the same files; the letters keep them apart.
    place = f"{FOLDER}/{n_before + 1:04d}-{secrets.token_hex(2)}.json"
    store.client.log_text(candidate.parent_run_id, json.dumps(document, indent=1, ensure_ascii=False), place)
    store.client.set_logged_model_tags(candidate.model_id, gate_tags(gates))
    return place


def last_attempt(store: Store, run_id: str) -> Attempt | None:
    """Return the last attempt to promote a sweep's model; None where there was none, or its file cannot be read.

    Raises:
        StoreError: if the store cannot be read.
    """
    with store_failures(store.where):
        places = sorted(item.path for item in store.client.list_artifacts(run_id, FOLDER))
    if not places:
        return None
    try:
        document = json.loads(read_files(store, run_id, places[-1:]).files[places[-1]])
        gates = tuple(Gate(**gate) for gate in document["gates"])
        return Attempt(gates=gates, **{key: str(document[key]) for key in ("model", "alias", "when", "verdict")})
    except (KeyError, TypeError, ValueError):
        return None


def record_version(store: Store, model: str, version: int, gates: Sequence[Gate], n_test_openings: int) -> None:
    """Keep the verdicts with the registered version, and how often its sealed rows had been looked at by then."""
    for key, value in {**gate_tags(gates), OPENED: str(n_test_openings)}.items():
        store.client.set_model_version_tag(model, str(version), key, value)


def gate_tags(gates: Sequence[Gate]) -> dict[str, str]:
    """Return the verdicts as tags."""
    values = {gate.name: [finite(gate.value), finite(gate.bound), gate.is_passed] for gate in gates}
    return {VERDICT: _verdict(gates), VALUES: json.dumps(values)}


def _verdict(gates: Sequence[Gate]) -> str:
    refused = refused_names(gates)
    return f"refused by {', '.join(refused)}" if refused else "passed"


def _plain(value: Any) -> Any:
    return finite(value) if isinstance(value, float) else value
