"""Giving the alias back to the very model that the ledger says is champion, where only the alias was deleted.

Owns: when that is so, and the entry. Without it the model would be held against itself: one more look at its sealed
rows, counted, that says nothing.
"""

from dataclasses import replace

from songpop.settings import RegistrySettings
from songpop.tracking.candidate import Candidate
from songpop.tracking.champion import get_version
from songpop.tracking.model_facts import checked_folder
from songpop.tracking.moves import LostRaceError, move
from songpop.tracking.records import MODEL_ID
from songpop.tracking.standing import Standing
from songpop.tracking.store import Store

REASON = "the champion's alias was deleted; it is given back to this very model"


def given_back(
    store: Store, settings: RegistrySettings, candidate: Candidate, found: Standing, when: str
) -> int | None:
    """Give the alias back to the candidate if it is the ledger's champion; return its version, else None.

    Args:
        store: an open store.
        settings: which registered model and alias.
        candidate: what is to be promoted.
        found: what stands in the registry.
        when: ISO 8601, UTC.

    Raises:
        ArtifactError: if a file of it is missing or changed.
    """
    last = found.moves[-1] if found.moves and found.current is None else None
    version = get_version(store, settings, last.version) if last and last.version else None
    if last is None or version is None or version.tags.get(MODEL_ID) != candidate.model_id:
        return None
    checked_folder(store, candidate.location, candidate.facts)
    entry = replace(
        last, event="rollback", previous=None, when=when, reason=REASON, gates={}, n_test_openings=0, number=0, key=""
    )
    try:
        return move(store, settings.model, entry, None).version
    except LostRaceError:  # somebody has given it to a version meanwhile, which is the one to be compared with
        return None
