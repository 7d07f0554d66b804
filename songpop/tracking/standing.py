"""What stands in the registry: alias, champion's version, ledger, and whether they agree.

Owns: reading them together. Does not own: changing any (registry.py, moves.py).
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from mlflow.entities.model_registry import ModelVersion

from songpop.settings import RegistrySettings
from songpop.tracking.champion import alias_version, get_version, registered_model, way_on
from songpop.tracking.ledger import LedgerEntry, entries_of, moves_of
from songpop.tracking.remnants import told_deleted
from songpop.tracking.store import Store

SETTLE_S = 2.0  # a promoter on a server writes its entry and moves the alias in far less
POLL_S = 0.1


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What was found in the registry at one time."""

    current: int | None  # where the alias points to
    version: ModelVersion | None  # None also where that version was deleted
    entries: tuple[LedgerEntry, ...]
    moves: tuple[LedgerEntry, ...]  # those of the alias
    way_on: str = ""  # where the alias points to nothing: what can be done
    deleted: str | None = None  # what is known of a registered model that was deleted, ledger and all


def standing(store: Store, settings: RegistrySettings) -> Standing:
    """Return what stands in the registry."""
    registered = registered_model(store, settings.model)
    if registered is None:
        deleted = told_deleted(store, settings.model)
        return Standing(current=None, version=None, entries=(), moves=(), deleted=deleted)
    current = alias_version(registered, settings)
    entries = entries_of(registered.tags, settings.model)
    moves = moves_of(entries, settings.alias)
    return Standing(
        current=current,
        version=get_version(store, settings, current) if current else None,
        entries=entries,
        moves=moves,
        way_on=way_on(store, settings, moves) if moves and not current else "",
    )


def settled(store: Store, settings: RegistrySettings) -> Standing:
    """Return the same, after waiting a little for a promotion on a server that is between its entry and the alias."""
    found = standing(store, settings)
    deadline = time.monotonic() + SETTLE_S
    while (
        store.engine is None
        and disagreement(found, settings.alias)
        and not found.deleted
        and time.monotonic() < deadline
    ):
        time.sleep(POLL_S)
        found = standing(store, settings)
    return found


def disagreement(found: Standing, alias: str) -> str | None:
    """Return what is wrong between alias and ledger, in a sentence; None if they agree."""
    last = _last_version(found.moves)
    if last == found.current:
        return found.deleted
    if found.current is None:
        return (
            f"The alias {alias!r} points to nothing: its version {last}, or the alias itself, was deleted. "
            f"{found.way_on}"
        )
    told = f"to version {last}" if last else "nowhere"
    return (
        f"The alias {alias!r} points to version {found.current}, by the ledger's last move {told}: it was moved by "
        "hand, or a move was cut off."
    )


def _last_version(moves: Sequence[LedgerEntry]) -> int | None:
    return moves[-1].version if moves else None
