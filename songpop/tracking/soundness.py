"""Whether the registry is sound: the alias points to a version, as the ledger says, and files are those registered.

Owns: the checks, as a table. Nothing here is mended: which model shall be champion is a person's decision.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from mlflow.entities.model_registry import ModelVersion

from songpop.errors import ArtifactError
from songpop.settings import RegistrySettings
from songpop.tracking.champion import alias_version, get_version, registered_model
from songpop.tracking.failures import store_failures
from songpop.tracking.ledger import entries_of, moves_of
from songpop.tracking.model_facts import ModelFacts, checked_folder
from songpop.tracking.records import Finding
from songpop.tracking.store import Store


@dataclass(frozen=True, kw_only=True)
class RegistryState:
    """A registered model as the registry and its ledger have it."""

    store: Store
    settings: RegistrySettings
    current: int | None  # version that the alias points to
    moves: tuple[int, ...]  # versions that were made champion, the oldest first
    versions: tuple[ModelVersion, ...]  # those of the two that exist


def registry_state(store: Store, settings: RegistrySettings) -> RegistryState | None:
    """Read a registered model; None if there is none of that name.

    Raises:
        StoreError: if the store cannot be read.
    """
    with store_failures(store.where):
        registered = registered_model(store, settings.model)
        if registered is None:
            return None
        current = alias_version(registered, settings)
        told = moves_of(entries_of(registered.tags), settings.alias)
        moves = tuple(entry.version for entry in told if entry.version is not None)
        numbers = sorted({*moves, *([current] if current else [])})
        found = [get_version(store, settings, number) for number in numbers]
        versions = tuple(version for version in found if version)
        return RegistryState(store=store, settings=settings, current=current, moves=moves, versions=versions)


def _lost_alias(state: RegistryState) -> Iterator[Finding]:
    """Yield an alias that points to nothing, though there was a champion."""
    exists = any(int(version.version) == state.current for version in state.versions)
    if state.moves and not exists:
        yield _finding(
            state, f"the alias {state.settings.alias!r} points to nothing: its version or the alias was deleted",
            "Give it back with songpop rollback, or to a newer model with songpop promote.",
        )  # fmt: skip


def _moved_alias(state: RegistryState) -> Iterator[Finding]:
    """Yield an alias that the ledger did not move."""
    last = state.moves[-1] if state.moves else None
    if state.current is not None and state.current != last:
        told = f"version {last}" if last else "nobody"
        yield _finding(
            state, f"the alias {state.settings.alias!r} points to version {state.current}, but the ledger says {told}",
            "It was moved by hand. Decide with songpop promote sweep=NAME or songpop rollback, which write it down.",
        )  # fmt: skip


def _changed_files(state: RegistryState) -> Iterator[Finding]:
    """Yield versions whose files are missing or changed."""
    for version in state.versions:
        is_champion = int(version.version) == state.current
        remedy = "go back: songpop rollback" if is_champion else "delete that version"
        try:
            checked_folder(state.store, str(version.source), ModelFacts.from_tags(version.tags), remedy=remedy)
        except ArtifactError as error:
            problem, _, advice = str(error).partition(" Restore ")
            yield _finding(state, f"version {version.version}: {problem}", f"Restore {advice}" if advice else "")


CHECKS: tuple[Callable[[RegistryState], Iterator[Finding]], ...] = (_lost_alias, _moved_alias, _changed_files)


def _finding(state: RegistryState, problem: str, remedy: str) -> Finding:
    return Finding(where=f"model {state.settings.model}", problem=problem, remedy=remedy)
