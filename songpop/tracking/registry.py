"""The registry: promote a sweep's model to champion, give the alias back, say who was champion when.

Owns: versions, the alias, the order of the gates. Does not own: the rules of the gates (gates.py), the history's
form (ledger.py), scoring (the judge is passed in). The alias is moved before the ledger is written: a crash between
the two leaves a champion that the ledger does not know, which counts as moved by hand.
"""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from mlflow.utils.mlflow_tags import MLFLOW_MODEL_VERSIONS

from songpop.errors import DataError, GateError
from songpop.settings import RegistrySettings
from songpop.tracking.champion import (
    Champion,
    alias_version,
    checked_champion,
    find_champion,
    get_version,
    registered_model,
)
from songpop.tracking.failures import store_failures
from songpop.tracking.gates import Comparison, Judge, refuse_generated, refuse_leaks, refuse_untested, refuse_worse
from songpop.tracking.ledger import LedgerEntry, champions_before, entries_of
from songpop.tracking.model_facts import ModelFacts, checked_folder
from songpop.tracking.openings import count_opening
from songpop.tracking.records import MODEL_ID, TEST_DIGEST, SweepRecord
from songpop.tracking.store import Store, locked

Clock = Callable[[], float]  # seconds since 1970


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """The model that a sweep puts forward."""

    model_id: str
    location: str
    facts: ModelFacts
    parent_run_id: str  # of the sweep
    test_digest: str  # of its sealed rows


@dataclass(frozen=True, kw_only=True)
class Promotion:
    """What `promote` did."""

    model: str
    alias: str
    version: int
    previous: int | None  # the champion before
    is_new: bool  # False: this very model was champion already, and nothing was changed
    sweep: str
    run_id: str
    sha256: str
    comparison: Comparison | None  # None: there was nothing to compare with
    is_generated: bool  # trained on the built-in table


@dataclass(frozen=True, kw_only=True)
class Rollback:
    """What `rollback` did."""

    model: str
    alias: str
    version: int  # champion again
    previous: int | None  # champion until now
    skipped: tuple[int, ...]  # earlier champions that were deleted in between


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


def promote(
    store: Store, settings: RegistrySettings, candidate: Candidate, judge: Judge, *, clock: Clock = time.time
) -> Promotion:
    """Make a sweep's model the champion, if it passes the gates.

    Args:
        store: an open store.
        settings: which registered model and alias, what it may leak, how many rows a comparison needs.
        candidate: from `candidate_of`.
        judge: loads and scores models.
        clock: for the ledger.

    Raises:
        GateError: if a gate refuses.
        ArtifactError: if a file of the candidate or of the champion is missing or changed.
    """
    refuse_leaks(candidate.facts, settings)
    refuse_untested(candidate.facts)
    # Before any version exists: MLflow registers a truncated artifact and calls it READY.
    folder = checked_folder(store, candidate.location, candidate.facts)
    with locked(store.root / "registry.lock"), store_failures(store.where):  # two promoters: the second compares anew
        champion = find_champion(store, settings)
        if champion and champion.model_id == candidate.model_id:
            return _promotion(settings, candidate, champion.version, champion.version, None, is_new=False)
        judge.check(folder)
        comparison = _compared(store, settings, judge, champion, candidate, folder) if champion else None
        reason = _reason(comparison, champion)
        version = _version_of(store, settings, candidate)
        previous = champion.version if champion else None
        _crown(store, settings, version, previous, "promote", candidate.facts, reason, clock)
    return _promotion(settings, candidate, version, previous, comparison, is_new=True)


def rollback(store: Store, settings: RegistrySettings, *, clock: Clock = time.time) -> Rollback:
    """Give the alias back to the champion before.

    Raises:
        GateError: if there is none.
        ArtifactError: if its files are missing or changed.
    """
    with locked(store.root / "registry.lock"), store_failures(store.where):
        registered = registered_model(store, settings.model)
        current = alias_version(registered, settings) if registered else None
        earlier = champions_before(entries_of(registered.tags), current) if registered else []
        versions = {version: get_version(store, settings, version) for version in earlier}
        target = next((version for version, found in versions.items() if found), None)
        if target is None:
            raise GateError(
                f"There is no earlier champion of {settings.model!r} to go back to. Promote another sweep: "
                f"songpop promote sweep=NAME registry.model={settings.model}"
            )
        found = checked_champion(store, settings, versions[target])
        skipped = tuple(version for version in earlier[: earlier.index(target)])
        reason = f"back from version {current}" if current else "the champion's version was deleted"
        _crown(store, settings, target, current, "rollback", found.facts, reason, clock)
    return Rollback(model=settings.model, alias=settings.alias, version=target, previous=current, skipped=skipped)


def history(store: Store, settings: RegistrySettings) -> tuple[LedgerEntry, ...]:
    """Return every promotion and rollback of the registered model, the oldest first."""
    with store_failures(store.where):
        registered = registered_model(store, settings.model)
        return entries_of(registered.tags) if registered else ()


# ── writing ──────────────────────────────────────────────────────────────────────────────────────────────────


def _version_of(store: Store, settings: RegistrySettings, candidate: Candidate) -> int:
    """Return the candidate's version: a new one, or the one it has (a champion of old, or a crash before the alias)."""
    if registered_model(store, settings.model) is None:
        store.client.create_registered_model(settings.model, description="Which songs have high potential.")
    for version in store.client.search_model_versions(f"name = '{settings.model}'"):
        if version.tags.get(MODEL_ID) == candidate.model_id:
            return int(version.version)
    made = store.client.create_model_version(
        settings.model,
        source=candidate.location,  # not models:/ID, which MLflow looks up in the global store
        run_id=candidate.facts.run_id,
        tags={**candidate.facts.to_tags(), MODEL_ID: candidate.model_id},  # SQL registries forget `model_id`
        model_id=candidate.model_id,
    )
    number = int(made.version)
    tags = store.client.get_logged_model(candidate.model_id).tags
    versions = [*json.loads(tags.get(MLFLOW_MODEL_VERSIONS, "[]")), {"name": settings.model, "version": number}]
    # For MLflow's pages; one model may be registered under several names.
    store.client.set_logged_model_tags(candidate.model_id, {MLFLOW_MODEL_VERSIONS: json.dumps(versions)})
    return number


def _crown(
    store: Store,
    settings: RegistrySettings,
    version: int,
    previous: int | None,
    event: Literal["promote", "rollback"],
    facts: ModelFacts,
    reason: str,
    clock: Clock,
) -> None:
    """Move the alias, then write down that it was moved."""
    store.client.set_registered_model_alias(settings.model, settings.alias, str(version))
    registered = store.client.get_registered_model(settings.model)
    numbers = [entry.number for entry in entries_of(registered.tags)]
    entry = LedgerEntry(
        number=max(numbers, default=0) + 1,
        event=event,
        version=version,
        previous=previous,
        sweep=facts.sweep,
        table=facts.table,
        when=datetime.fromtimestamp(clock(), UTC).isoformat(timespec="seconds"),
        reason=reason,
    )
    store.client.set_registered_model_tag(settings.model, *entry.to_tag())


# ── words ───────────────────────────────────────────────────────────────────────────────────────────────────


def _compared(
    store: Store, settings: RegistrySettings, judge: Judge, champion: Champion, candidate: Candidate, folder: Path
) -> Comparison | None:
    """Compare with the champion, unless that one knows generated songs only: then any model of real ones is better."""
    name = f"{settings.model} version {champion.version}"
    if candidate.facts.label_rule != champion.facts.label_rule:
        raise GateError(
            f"{name} answers another question ({champion.facts.label}) than the candidate ({candidate.facts.label}). "
            "Give the candidate a name of its own: registry.model=NAME"
        )
    refuse_generated(candidate.facts, champion.facts, name)
    if champion.facts.is_generated and not candidate.facts.is_generated:
        return None
    # To choose by these rows is to look at them.
    n_openings = count_opening(store, candidate.parent_run_id, candidate.test_digest)
    try:
        comparison = judge.compare(champion.folder, folder)
    except DataError as error:
        raise GateError(
            f"The candidate cannot be compared with {name}, which reads another table: {error} "
            "Give it a name of its own: registry.model=NAME"
        ) from error
    refuse_worse(comparison, name, settings)
    return replace(comparison, n_test_openings=n_openings)


def _reason(comparison: Comparison | None, champion: Champion | None) -> str:
    if champion is None:
        return "there was no champion"
    if comparison is None:
        return f"version {champion.version} knew generated songs only"
    looks = f"{comparison.n_test_openings} time{'s' * (comparison.n_test_openings != 1)}"
    return (
        f"log loss {comparison.candidate_log_loss:.4f} against {comparison.champion_log_loss:.4f} "
        f"on {comparison.n_rows} sealed rows (opened {looks})"
    )


def _promotion(
    settings: RegistrySettings,
    candidate: Candidate,
    version: int,
    previous: int | None,
    comparison: Comparison | None,
    *,
    is_new: bool,
) -> Promotion:
    return Promotion(
        model=settings.model,
        alias=settings.alias,
        version=version,
        previous=previous,
        is_new=is_new,
        sweep=candidate.facts.sweep,
        run_id=candidate.facts.run_id,
        sha256=candidate.facts.sha256,
        comparison=comparison,
        is_generated=candidate.facts.is_generated,
    )
