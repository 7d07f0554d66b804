"""The registry's descriptions: each version's own card, and on the registered model that of its champion.

They are written after the alias has moved, and decide nothing: where one cannot be written, the promotion stands, and
the next one or `songpop doctor` writes it. Owns: when, and from what. Does not own: the words (model_card.py).
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from mlflow.entities.model_registry import ModelVersion

from songpop.app.listener import Listener
from songpop.app.model_card import CardFacts, card_of, is_card_of
from songpop.app.story import describe_sweep, story_of, sweep_of_model
from songpop.errors import ArtifactError, StoreError
from songpop.settings import RegistrySettings
from songpop.tracking.champion import alias_version, get_version, registered_model
from songpop.tracking.failures import store_failures
from songpop.tracking.notes import says_songpop, write_model_note, write_version_note
from songpop.tracking.records import MODEL_ID, PARTS_SUMMARY, Finding
from songpop.tracking.remnants import facts_of
from songpop.tracking.store import Store
from songpop.tracking.trial_records import read_files

N_TRIES = 5  # each means that the alias was moved again while its card was written
TABLE_FILE = "table.json"  # artifact of a sweep's run


@contextmanager
def told_if_not_written(listener: Listener) -> Iterator[None]:
    """Go on where a description could not be written, and say so: it decides nothing."""
    try:
        yield
    except StoreError as error:
        listener.note(f"What was done stands, but its descriptions in MLflow are not written: {error} songpop doctor "
                      "writes those of the registry.")  # fmt: skip


def write_cards(store: Store, settings: RegistrySettings, *versions: int | None) -> None:
    """Write the card of the present champion on the registered model, its own and those of other versions on these.

    Args:
        store: an open store.
        settings: which registered model and alias.
        versions: those that were champion before, or are now; their sweeps are described anew, too.

    Raises:
        StoreError: if the store cannot be read or written.
    """
    with store_failures(store.where):
        for number in dict.fromkeys(version for version in versions if version):
            _write_version(store, settings, number)
        for _ in range(N_TRIES):
            current = _current(store, settings)
            if current is None:
                return
            if card := _card(store, settings, current):
                write_model_note(store, settings.model, card)
            if _current(store, settings) == current:
                return


def missing_card(store: Store, settings: RegistrySettings) -> Iterator[Finding]:
    """Yield a registered model whose description is songpop's, but not its champion's; what a person wrote is fine.

    A version of an older songpop has none, and a promotion that was killed has written none.
    """
    with store_failures(store.where):
        registered, current = registered_model(store, settings.model), _current(store, settings)
        if registered is None or current is None:
            return
        note = registered.description or ""
        if says_songpop(note) and not is_card_of(note, settings.model, current) and _card(store, settings, current):
            yield Finding(
                where=f"model {settings.model}",
                problem=f"its description is not the card of its champion, version {current}",
                remedy="the card is written from the champion's record",
                mend=partial(write_cards, store, settings, current),
            )


def _current(store: Store, settings: RegistrySettings) -> int | None:
    registered = registered_model(store, settings.model)
    current = alias_version(registered, settings) if registered else None
    return current if current and get_version(store, settings, current) else None


def _write_version(store: Store, settings: RegistrySettings, number: int) -> None:
    if card := _card(store, settings, number):
        write_version_note(store, settings.model, number, card)
    version = get_version(store, settings, number)
    if version is not None and (run_id := _sweep(store, version)):
        describe_sweep(store, run_id)


def _card(store: Store, settings: RegistrySettings, number: int) -> str | None:
    """Return a version's card; None where it is gone, or nothing tells any more where it comes from."""
    version = get_version(store, settings, number)
    if version is None:
        return None
    try:
        facts = facts_of(store, version)
    except ArtifactError:  # songpop doctor and the next promotion say what that means
        return None
    run_id = _sweep(store, version)
    files = read_files(store, run_id, (TABLE_FILE, PARTS_SUMMARY)).files if run_id else {}
    return card_of(
        CardFacts(
            model=settings.model,
            version=number,
            alias=settings.alias,
            facts=facts,
            story=story_of(store, run_id) if run_id else None,
            table=_object(files.get(TABLE_FILE)),
            split=_object(files.get(PARTS_SUMMARY)),
        )
    )


def _sweep(store: Store, version: ModelVersion) -> str | None:
    model_id = version.tags.get(MODEL_ID)
    return sweep_of_model(store, model_id) if model_id else None


def _object(content: bytes | None) -> dict[str, object]:
    try:
        found = json.loads(content or b"{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
