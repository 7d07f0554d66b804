"""The model that a sweep puts forward, and the version that it becomes in the registry.

Owns: finding the one, making the other. Does not own: the gates between them (examination.py), the alias (moves.py).
"""

import json
from dataclasses import dataclass

from mlflow.exceptions import MlflowException
from mlflow.utils.mlflow_tags import MLFLOW_MODEL_VERSIONS

from songpop.errors import GateError
from songpop.tracking.champion import registered_model
from songpop.tracking.failures import store_failures
from songpop.tracking.model_facts import ModelFacts
from songpop.tracking.notes import FIRST_WORDS
from songpop.tracking.records import MODEL_ID, TEST_DIGEST, SweepRecord
from songpop.tracking.store import Store


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """The model that a sweep puts forward."""

    model_id: str
    location: str
    facts: ModelFacts
    parent_run_id: str  # of the sweep
    test_digest: str  # of its sealed rows


def candidate_of(store: Store, sweep: SweepRecord) -> Candidate:
    """Return the model that a sweep logged for its winner.

    Raises:
        GateError: if it has none.
    """
    model_id = sweep.tags.get(MODEL_ID)
    if not model_id:
        raise GateError(
            f"Sweep {sweep.name!r} has no finished model to promote (it is {sweep.status}). "
            "Let it end: the command that began it goes on with it."
        )
    with store_failures(store.where):
        logged = store.client.get_logged_model(model_id)
    return Candidate(
        model_id=model_id,
        location=str(logged.artifact_location),
        facts=ModelFacts.from_tags(logged.tags),
        parent_run_id=sweep.run_id,
        test_digest=sweep.tags.get(TEST_DIGEST, ""),
    )


def ensure_registered(store: Store, model: str) -> None:
    """Make the registered model, if there is none: a refusal, too, needs a ledger to stand in."""
    if registered_model(store, model) is not None:
        return
    try:
        store.client.create_registered_model(model, description=FIRST_WORDS)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":  # another promotion was faster
            raise


def version_of(store: Store, model: str, candidate: Candidate) -> int:
    """Return the candidate's version: a new one, or the one it has (a champion of old, or a crash before the alias)."""
    ensure_registered(store, model)
    for version in store.client.search_model_versions(f"name = '{model}'"):
        if version.tags.get(MODEL_ID) == candidate.model_id:
            return int(version.version)
    made = store.client.create_model_version(
        model,
        source=candidate.location,  # not models:/ID, which MLflow looks up in the global store
        run_id=candidate.facts.run_id,
        tags={**candidate.facts.to_tags(), MODEL_ID: candidate.model_id},  # SQL registries forget `model_id`
        model_id=candidate.model_id,
        description=_warning(candidate),
    )
    number = int(made.version)
    tags = store.client.get_logged_model(candidate.model_id).tags
    versions = [*json.loads(tags.get(MLFLOW_MODEL_VERSIONS, "[]")), {"name": model, "version": number}]
    # For MLflow's pages; one model may be registered under several names.
    store.client.set_logged_model_tags(candidate.model_id, {MLFLOW_MODEL_VERSIONS: json.dumps(versions)})
    return number


def _warning(candidate: Candidate) -> str | None:
    """Return what MLflow's pages say of a version at the top: nothing of one that keeps to the rules."""
    leaks = candidate.facts.leaks
    return f"LEAK: {', '.join(leaks)} gives the label away; its numbers say nothing about new songs." if leaks else None
