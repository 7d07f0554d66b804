"""The present champion: finding it, and refusing one whose files are not those that were registered.

Owns: reading aliases and versions. Does not own: moving them (registry.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mlflow.entities.model_registry import ModelVersion, RegisteredModel
from mlflow.exceptions import MlflowException

from songpop.errors import GateError
from songpop.settings import RegistrySettings
from songpop.tracking.failures import store_failures
from songpop.tracking.ledger import LedgerEntry, champions_before, entries_of, moves_of
from songpop.tracking.model_facts import ModelFacts, checked_folder
from songpop.tracking.records import MODEL_ID
from songpop.tracking.remnants import facts_of, told_deleted
from songpop.tracking.store import Store


@dataclass(frozen=True, kw_only=True)
class Champion:
    """A registered model's version that has been found, and whose files are those that were registered."""

    model: str
    version: int
    model_id: str
    folder: Path  # the model's own files
    facts: ModelFacts


def champion_of(store: Store, settings: RegistrySettings) -> Champion:
    """Return the present champion, its files checked against their SHA-256.

    Raises:
        GateError: if there is none, or its version was deleted.
        ArtifactError: if a file is missing or changed.
    """
    with store_failures(store.where):
        champion = find_champion(store, settings)
        if champion:
            return champion
        registered = registered_model(store, settings.model)
        if registered is None and (deleted := told_deleted(store, settings.model)):
            raise GateError(deleted)
        entries = entries_of(registered.tags, settings.model) if registered else ()
        if moves := moves_of(entries, settings.alias):
            raise GateError(
                f"The alias {settings.alias!r} of {settings.model!r} points to nothing: its version or the alias was "
                f"deleted. {way_on(store, settings, moves)}"
            )
        if any(entry.event == "refuse" and entry.alias == settings.alias for entry in entries):
            raise GateError(
                f"{settings.model!r} has no champion yet: gates refused what was to be promoted. songpop history "
                f"registry.model={settings.model} says why"
            )
    raise GateError(
        f"{settings.model!r} has no champion yet. Run: songpop sweep, then songpop promote "
        f"registry.model={settings.model}"
    )


def find_champion(store: Store, settings: RegistrySettings) -> Champion | None:
    """Return the present champion, None if the alias points to nothing."""
    registered = registered_model(store, settings.model)
    version = alias_version(registered, settings) if registered else None
    found = get_version(store, settings, version) if version else None
    return checked_champion(store, settings, found) if found else None


def registered_model(store: Store, model: str) -> RegisteredModel | None:
    """Return the registered model, None if there is none of that name."""
    try:
        return store.client.get_registered_model(model)
    except MlflowException as error:
        if error.error_code == "RESOURCE_DOES_NOT_EXIST":
            return None
        raise


def alias_version(registered: RegisteredModel, settings: RegistrySettings) -> int | None:
    """Return the version that the champion's alias points to."""
    version = registered.aliases.get(settings.alias)
    return int(version) if version else None


def get_version(store: Store, settings: RegistrySettings, version: int) -> ModelVersion | None:
    """Return a version, None if it was deleted."""
    try:
        return store.client.get_model_version(settings.model, str(version))
    except MlflowException as error:
        if error.error_code == "RESOURCE_DOES_NOT_EXIST":
            return None
        raise


def way_on(store: Store, settings: RegistrySettings, moves: Sequence[LedgerEntry]) -> str:
    """Return what can be done about an alias that points to nothing; `moves` are its entries in the ledger."""
    if any(get_version(store, settings, version) for version in champions_before(moves, None)):
        return "Give it back with songpop rollback, or to a newer model with songpop promote."
    return "No earlier champion is left to go back to. Give it to another model: songpop promote sweep=NAME"


def checked_champion(store: Store, settings: RegistrySettings, version: ModelVersion | None) -> Champion:
    """Return a version whose files are those that were registered.

    Raises:
        GateError: if there is no version. ArtifactError: if a file is missing or changed.
    """
    if version is None:
        raise GateError(f"The champion's version of {settings.model!r} was deleted. Run: songpop rollback")
    facts = facts_of(store, version)
    return Champion(
        model=settings.model,
        version=int(version.version),
        model_id=version.tags.get(MODEL_ID, ""),
        folder=checked_folder(store, str(version.source), facts, remedy="go back: songpop rollback"),
        facts=facts,
    )
