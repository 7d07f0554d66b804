"""Moving the champion's alias and writing the ledger: the only place that does either.

Owns: that a move happens only from the champion that was expected, and that an entry is added, never replaced.

On a database both are one transaction: the alias is updated where it still points to the expected version, and the
entry is inserted under the next number, whose primary key lets nobody else have it. No lock is needed for that, so it
also holds for two machines. An MLflow server offers neither: there the entry is written first, under a key of its own,
and a race that was lost is found afterwards (mending.py). The rows are those of MLflow's own models.
"""

import secrets
from collections.abc import Callable
from dataclasses import replace

import sqlalchemy
from mlflow.entities.model_registry import RegisteredModel
from mlflow.exceptions import MlflowException
from mlflow.store.model_registry.dbmodels.models import SqlRegisteredModelAlias, SqlRegisteredModelTag
from mlflow.utils.workspace_utils import DEFAULT_WORKSPACE_NAME

from songpop.errors import StoreError
from songpop.tracking.ledger import PREFIX, LedgerEntry, entries_of, next_entry
from songpop.tracking.store import Store

N_TRIES = 1_000  # each means that somebody else has written an entry in between


class LostRaceError(Exception):
    """The alias does not point to the expected version any more; the caller looks at the new champion."""


def append(store: Store, model: str, entry: LedgerEntry) -> LedgerEntry:
    """Add an entry that moves nothing; return it with its number, time and key.

    Raises:
        MlflowException, SQLAlchemyError: if the store cannot be written.
    """
    if store.engine is None:
        return _tag(store, model, next_entry(_entries(store, model), entry))
    return _insert(store, store.engine, model, entry, None)


def move(store: Store, model: str, entry: LedgerEntry, expected: int | None) -> LedgerEntry:
    """Give the entry's alias to its version, if it still points to `expected`, and add the entry.

    Args:
        store: an open store.
        model: the registered model.
        entry: what to write; number, time and key are filled in.
        expected: the version that the alias must point to; None: to nothing.

    Raises:
        LostRaceError: if it points elsewhere; then nothing was written.
        MlflowException, SQLAlchemyError: if the store cannot be written.
    """
    if store.engine is not None:
        return _insert(store, store.engine, model, entry, (expected,))
    registered = store.client.get_registered_model(model)
    if _alias_of(registered, entry.alias) != expected:
        raise LostRaceError
    written = _tag(store, model, next_entry(entries_of(registered.tags, model), entry))
    _merged(store.client.set_registered_model_alias, model, entry.alias, str(entry.version))
    return written


# ── a database ──────────────────────────────────────────────────────────────────────────────────────────────


def _insert(
    store: Store, engine: sqlalchemy.Engine, model: str, entry: LedgerEntry, expected: tuple[int | None] | None
) -> LedgerEntry:
    """Add the entry, and move its alias where `expected` is given, in one transaction."""
    for _ in range(N_TRIES):
        numbered = next_entry(_entries(store, model), entry)
        numbered = replace(numbered, key=f"{PREFIX}{numbered.number:04d}")
        try:
            with engine.begin() as connection:
                if expected is not None:
                    _swap(connection, model, numbered, expected[0])
                row = {**_place(model), "key": numbered.key, "value": numbered.to_value()}
                connection.execute(sqlalchemy.insert(SqlRegisteredModelTag), [row])
            return numbered
        except sqlalchemy.exc.IntegrityError:  # somebody else has this number now; the alias was moved back with it
            continue
    raise StoreError(f"The ledger of {model!r} in {store.where} is written by too many at once. Try again later.")


def _swap(connection: sqlalchemy.Connection, model: str, entry: LedgerEntry, expected: int | None) -> None:
    """Compare and set: write the alias's row only where it says what was expected."""
    row = {**_place(model), "alias": entry.alias, "version": entry.version}
    if expected is None:
        try:
            connection.execute(sqlalchemy.insert(SqlRegisteredModelAlias), [row])
        except sqlalchemy.exc.IntegrityError as error:
            raise LostRaceError from error
        return
    alias = SqlRegisteredModelAlias
    changed = connection.execute(
        sqlalchemy.update(alias)
        .where(alias.workspace == DEFAULT_WORKSPACE_NAME, alias.name == model, alias.alias == entry.alias)
        .where(alias.version == expected)
        .values(version=entry.version)
    )
    if changed.rowcount != 1:
        raise LostRaceError


def _place(model: str) -> dict[str, str]:
    return {"workspace": DEFAULT_WORKSPACE_NAME, "name": model}


# ── a server ────────────────────────────────────────────────────────────────────────────────────────────────


def _tag(store: Store, model: str, entry: LedgerEntry) -> LedgerEntry:
    """Write the entry under a key that nobody else has: a server replaces a tag of the same key without a word."""
    keyed = replace(entry, key=f"{PREFIX}{entry.number:04d}.{secrets.token_hex(4)}")
    store.client.set_registered_model_tag(model, keyed.key, keyed.to_value())
    return keyed


def write_mend(store: Store, model: str, entry: LedgerEntry) -> None:
    """Write the entry of a mended race and give the alias to its version.

    Its key follows from the entries that it settles, and so does what it says: several that mend the same race write
    the same entry.
    """
    _merged(store.client.set_registered_model_tag, model, entry.key, entry.to_value())
    _merged(store.client.set_registered_model_alias, model, entry.alias, str(entry.version))


def _merged(write: Callable[[str, str, str], None], *words: str) -> None:
    """Write a row that another process may be writing too: MLflow looks, then inserts, and one of two inserts fails.

    The second time it finds the row, and replaces it.
    """
    try:
        write(*words)
    except MlflowException as error:
        if "IntegrityError" not in str(error):
            raise
        write(*words)


def _entries(store: Store, model: str) -> tuple[LedgerEntry, ...]:
    return entries_of(store.client.get_registered_model(model).tags, model)


def _alias_of(registered: RegisteredModel, alias: str) -> int | None:
    version = registered.aliases.get(alias)
    return int(version) if version else None
