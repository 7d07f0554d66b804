"""Whether the registry is sound: the alias points to a version, as the ledger says, and files are those registered.

Owns: the checks, as a table. What is mended decides nothing: which model shall be champion is a person's decision.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256

from mlflow.entities.model_registry import ModelVersion

from songpop.errors import ArtifactError
from songpop.settings import RegistrySettings
from songpop.tracking.champion import alias_version, get_version, registered_model, way_on
from songpop.tracking.failures import store_failures
from songpop.tracking.ledger import PREFIX, SET_ASIDE, entries_of, moves_of, unreadable_keys
from songpop.tracking.model_facts import checked_folder
from songpop.tracking.records import Finding
from songpop.tracking.remnants import facts_of, lost_tags, told_deleted
from songpop.tracking.store import Store


@dataclass(frozen=True, kw_only=True)
class RegistryState:
    """A registered model as the registry and its ledger have it."""

    store: Store
    settings: RegistrySettings
    current: int | None  # version that the alias points to
    moves: tuple[int, ...]  # versions that were made champion, the oldest first
    versions: tuple[ModelVersion, ...]  # those of the two that exist
    way_on: str  # where the alias points to nothing: what can be done
    unreadable: Mapping[str, str]  # tags of the ledger that are no entries


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
        unreadable = {key: registered.tags[key] for key in unreadable_keys(registered.tags)}
        readable = {key: value for key, value in registered.tags.items() if key not in unreadable}
        told = moves_of(entries_of(readable, settings.model), settings.alias)
        moves = tuple(entry.version for entry in told if entry.version is not None)
        numbers = sorted({*moves, *([current] if current else [])})
        found = [get_version(store, settings, number) for number in numbers]
        versions = tuple(version for version in found if version)
        return RegistryState(
            store=store,
            settings=settings,
            current=current,
            moves=moves,
            versions=versions,
            way_on=way_on(store, settings, told),
            unreadable=unreadable,
        )


def _unreadable_ledger(state: RegistryState) -> Iterator[Finding]:
    """Yield tags of the ledger that are no entries: while one is there, nothing can be promoted or rolled back."""
    for key, value in state.unreadable.items():
        # With its digest: the number may be given again, and that entry be damaged as well.
        aside = f"{SET_ASIDE}{key.removeprefix(PREFIX)}.{sha256(value.encode()).hexdigest()[:8]}"
        yield Finding(
            where=f"model {state.settings.model}",
            problem=f"the tag {key} of its ledger is not an entry that songpop wrote",
            remedy=f"the tag is set aside as {aside}; to bring it back, set {key} from a copy of the store",
            mend=partial(_set_aside, state, key, value, aside),
        )


def _set_aside(state: RegistryState, key: str, value: str, aside: str) -> None:
    client, model = state.store.client, state.settings.model
    client.set_registered_model_tag(model, aside, value)
    client.delete_registered_model_tag(model, key)


def _lost_alias(state: RegistryState) -> Iterator[Finding]:
    """Yield an alias that points to nothing, though there was a champion."""
    exists = any(int(version.version) == state.current for version in state.versions)
    if state.moves and not exists:
        yield _finding(
            state, f"the alias {state.settings.alias!r} points to nothing: its version or the alias was deleted",
            state.way_on,
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
        with suppress(ArtifactError):
            facts = facts_of(state.store, version)
            try:
                checked_folder(state.store, str(version.source), facts, remedy=remedy)
            except ArtifactError as error:
                problem, _, advice = str(error).partition(" Restore ")
                yield _finding(state, f"version {version.version}: {problem}", f"Restore {advice}" if advice else "")


def _damaged_tags(state: RegistryState) -> Iterator[Finding]:
    """Yield versions whose tags are missing or changed; their logged models may have them still."""
    for version in state.versions:
        try:
            facts_of(state.store, version)
        except ArtifactError as error:
            _, problem, remedy = str(error).split(". ", 2)
            told = _finding(state, f"version {version.version}: {problem}", remedy)
            if lost := lost_tags(state.store, version):
                mend = partial(_set_tags, state, version, lost)
                told = replace(told, remedy="the tags are copied from its logged model", mend=mend)
            yield told


def _set_tags(state: RegistryState, version: ModelVersion, tags: Mapping[str, str]) -> None:
    for key, value in tags.items():
        state.store.client.set_model_version_tag(state.settings.model, version.version, key, value)


def deleted_model(store: Store, settings: RegistrySettings) -> Iterator[Finding]:
    """Yield a registered model that is not there, though models were registered under its name."""
    if told := told_deleted(store, settings.model):
        problem, _, remedy = told.rpartition(". ")
        yield Finding(where=f"model {settings.model}", problem=problem, remedy=remedy)


CHECKS: tuple[Callable[[RegistryState], Iterator[Finding]], ...] = (
    _unreadable_ledger,
    _lost_alias,
    _moved_alias,
    _damaged_tags,
    _changed_files,
)


def _finding(state: RegistryState, problem: str, remedy: str) -> Finding:
    return Finding(where=f"model {state.settings.model}", problem=problem, remedy=remedy)
