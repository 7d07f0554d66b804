"""How a search is opened: settings and store in, the backend that goes on with what is kept out."""

import time
from collections.abc import Callable, Mapping
from pathlib import Path

import optuna

from songpop.errors import SettingsError
from songpop.search.advice import Advisor
from songpop.search.known_points import usable_points
from songpop.search.study_backend import MakeSpec, StudyBackend
from songpop.search.study_store import StudyStore
from songpop.settings import PrunerSettings, SearchSettings, StorageSettings
from songpop.space import Space


def open_search(
    *,
    space: Space,
    settings: SearchSettings,
    advisor: Advisor,
    pruner: PrunerSettings,
    storage: StorageSettings,
    identity: Mapping[str, str],
    make_spec: MakeSpec,
    n_epochs: int,
    folder: Path,
    clock: Callable[[], float] = time.monotonic,
) -> StudyBackend:
    """Open the study `settings.name`, or go on with it; close the returned backend when the search has ended.

    Args:
        space: what is searched.
        settings: name, budget, seed, known points.
        advisor: who suggests, knowing nothing yet; may be another one at the next call.
        pruner: who gives up; may change between two calls.
        storage: a database, or a journal file in `folder`.
        identity: what the study belongs to (digests, objective …); may not change between two calls.
        make_spec: turns a trial's number and configuration into its spec.
        n_epochs: the most that a trial can have.
        folder: where the journal and the lock of the name lie.
        clock: seconds; `settings.timeout_s` counts from now.

    Raises:
        SettingsError: if a setting cannot be meant.
        ResumeError: if the study was started with something else.
        StoreError: if the store cannot be used, or a search of this name is running.
    """
    if not settings.name or settings.seed < 0:
        raise SettingsError(
            f"`search.name` must be set and `search.seed` be 0 or more, but they are {settings.name!r} and "
            f"{settings.seed}."
        )
    # Optuna tells about every study that it makes, also about the one in memory.
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    points = usable_points(space, settings.known_points)
    store = StudyStore(settings.name, storage, folder, identity)
    try:
        return StudyBackend(
            space=space,
            settings=settings,
            advisor=advisor,
            points=points,
            pruner=pruner,
            store=store,
            make_spec=make_spec,
            n_epochs=n_epochs,
            clock=clock,
        )
    except BaseException:
        store.close()
        raise
