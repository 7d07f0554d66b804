"""Every study that is kept, as somebody finds them who is not their sweep: read, and left as they are.

Owns: which studies there are, whether each can be read, what each remembers. Does not own: the sweeps' records.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import optuna
from optuna.storages import BaseStorage
from optuna.study import Study
from optuna.trial import FrozenTrial

from songpop.contracts import FinishedTrial
from songpop.search.journal import FoundJournal, mend, torn_bytes
from songpop.search.locks import SweepLock
from songpop.search.outcome import FROM_OPTUNA
from songpop.search.study_store import (
    STUDY_KEY,
    finished_trials,
    open_database,
    replayed,
    store_errors,
    study_place,
)
from songpop.settings import StorageSettings

_JOURNAL = ".journal"


@dataclass(frozen=True, kw_only=True)
class FoundStudy:
    """What a study remembers."""

    study_id: str  # "": it was never begun, or is not songpop's
    trials: tuple[FinishedTrial, ...]  # `suggested` are the parameters that were searched


def study_names(settings: StorageSettings, folder: Path) -> tuple[str, ...]:
    """Return the names of the studies in a database, or of the journals in `folder`.

    Raises:
        StoreError: if they cannot be read.
    """
    if settings.url is None:
        return tuple(sorted(file.name.removesuffix(_JOURNAL) for file in folder.glob(f"*{_JOURNAL}")))
    with store_errors(f"the studies in storage.url={settings.url.split('@')[-1]}"):
        storage = open_database(settings.url)
        try:
            return tuple(sorted(optuna.get_all_study_names(storage)))
        finally:
            storage.engine.dispose()


@contextmanager
def held_study(name: str, folder: Path) -> Iterator[None]:
    """Keep sweeps of this name from beginning.

    Raises:
        HeldError: if one is running.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lock = SweepLock(folder / f"{name}.lock")
    try:
        yield
    finally:
        lock.release()


def n_torn_bytes(name: str, settings: StorageSettings, folder: Path) -> int:
    """Return the length of a torn last line of a study's journal; 0 for a whole one, and for a database.

    Raises:
        StoreError: if the file is no journal, or cannot be read.
    """
    with store_errors(study_place(name, settings, folder)):
        return 0 if settings.url else torn_bytes(folder / f"{name}{_JOURNAL}")


def cut_back(name: str, settings: StorageSettings, folder: Path) -> None:
    """Cut a torn last line of a study's journal off.

    Raises:
        StoreError: if the file is no journal, or cannot be written.
    """
    with store_errors(study_place(name, settings, folder)):
        mend(folder / f"{name}{_JOURNAL}")


def read_study(name: str, settings: StorageSettings, folder: Path) -> FoundStudy:
    """Return what a study remembers, by trial number; the whole lines of a torn journal.

    Raises:
        StoreError: if it cannot be read, or holds trials that songpop did not write.
    """
    with opened_study(name, settings, folder) as study:
        mark = study.user_attrs.get(STUDY_KEY, {}) if study else {}
        trials = finished_trials(study, study_place(name, settings, folder)) if study and mark else {}
        return FoundStudy(study_id=mark.get("id", ""), trials=tuple(map(_as_kept, trials.values())))


@contextmanager
def opened_study(name: str, settings: StorageSettings, folder: Path) -> Iterator[Study | None]:
    """Open a study to be read; None where its maker had no time to begin it.

    Raises:
        StoreError: if it cannot be read.
    """
    with store_errors(study_place(name, settings, folder)), _opened(name, settings, folder) as storage:
        is_there = name in optuna.get_all_study_names(storage)
        yield optuna.load_study(study_name=name, storage=storage) if is_there else None


@contextmanager
def _opened(name: str, settings: StorageSettings, folder: Path) -> Iterator[BaseStorage]:
    if settings.url is None:
        path = folder / f"{name}{_JOURNAL}"
        torn_bytes(path)  # refuses what is no journal
        yield replayed(FoundJournal(path), path)
        return
    database = open_database(settings.url)
    try:
        yield database
    finally:
        database.engine.dispose()


def _as_kept(trial: FrozenTrial) -> FinishedTrial:
    kept = trial.user_attrs
    return FinishedTrial(
        trial=kept["trial"],
        state=FROM_OPTUNA[trial.state],
        suggested=dict(trial.params),
        value=kept["metrics"].get("val_log_loss", float("nan")),
        n_epochs=kept["n_epochs"],
        best_epoch=kept["best_epoch"],
        run_id=kept["run_id"],
        metrics=kept["metrics"],
    )
