"""The durable copy of a study: who it belongs to, and one write per finished trial.

Owns: opening a journal file or a database, the study's identity, adding and loading finished trials. Does not own:
decisions, which are made on a copy in memory (study_backend). Running trials are not kept: a killed one is run again.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from pathlib import Path
from typing import Any, final
from uuid import uuid4

import optuna
from optuna.exceptions import OptunaError
from optuna.storages import BaseStorage, RDBStorage
from optuna.storages.journal import JournalStorage
from optuna.study import Study
from optuna.trial import FrozenTrial

from songpop.errors import SettingsError, StoreError
from songpop.search.identity import check_identity
from songpop.search.journal import FoundJournal, HeldJournal
from songpop.search.locks import SweepLock
from songpop.settings import StorageSettings, check_name

FORMAT = 1  # of the attributes that songpop writes into a study
STUDY_KEY = "songpop"


@final
class StudyStore:
    """An open study, held by this process until `close`."""

    def __init__(self, name: str, settings: StorageSettings, folder: Path, identity: Mapping[str, str]) -> None:
        """Open the study `name`, or make it.

        Args:
            name: `search.name`.
            settings: a database by `url`, or None for a journal file.
            folder: where journal and lock lie; made if absent.
            identity: what the study belongs to; compared with what it was started with.

        Raises:
            SettingsError: if the name makes no file name, or the URL cannot be meant.
            ResumeError: if the study was started with something else.
            StoreError: if it cannot be read or written, is held by another process, or is not songpop's.
        """
        check_name(name)
        _refuse_memory(settings)
        self._where = study_place(name, settings, folder)
        with ExitStack() as stack:
            with store_errors(self._where):
                folder.mkdir(parents=True, exist_ok=True)
            stack.callback(SweepLock(folder / f"{name}.lock").release)
            with store_errors(self._where):
                storage, self._together = _open_storage(settings, folder / f"{name}.journal", stack)
                self.study = _open_study(name, storage)
                self._claim(identity, rewrite=settings.url is not None)
            self._exit = stack.pop_all()

    def append(self, trials: Sequence[FrozenTrial]) -> None:
        """Keep finished trials, durably, each whole or not at all.

        Raises:
            StoreError: if the store takes one not; it and those behind it are not kept then.
        """
        with store_errors(self._where), self._together():
            self.study.add_trials(trials)

    def load(self) -> dict[int, FrozenTrial]:
        """Return the finished trials by their number in the sweep.

        Raises:
            StoreError: if the store cannot be read, or holds trials that songpop did not write.
        """
        return finished_trials(self.study, self._where)

    @property
    def study_id(self) -> str:
        """A name of this very study, made when it began: two studies of one name have two."""
        return str(self.study.user_attrs[STUDY_KEY]["id"])

    def close(self) -> None:
        """Close the store and let the name go; a second call does nothing."""
        self._exit.close()

    def _claim(self, identity: Mapping[str, str], *, rewrite: bool) -> None:
        """Write the identity into a new study, or compare it with that of an old one.

        A study without a finished trial is new, whatever it was begun with: nothing can be mixed up.
        """
        kept = self.study.user_attrs.get(STUDY_KEY)
        has_trials = bool(self.study.get_trials(deepcopy=False))
        if kept is not None:
            if kept.get("format", 0) > FORMAT:
                raise StoreError(
                    f"{self._where} was written by a newer songpop (format {kept['format']}, this one reads {FORMAT}). "
                    "Update songpop, or start anew with another search.name=…"
                )
            if has_trials:
                check_identity(self.study.study_name, kept["identity"], identity)
            rewrite = rewrite or kept["identity"] != dict(identity) or "id" not in kept
        elif has_trials:
            raise StoreError(f"{self._where} was not written by songpop. Choose another search.name=…")
        if kept is None or rewrite:
            # Of a database this also proves, before the first epoch, that it can be written: the count changes.
            n_opened = (kept or {}).get("n_opened", 0) + 1
            study_id = (kept or {}).get("id") or uuid4().hex
            mark = {"format": FORMAT, "identity": dict(identity), "n_opened": n_opened, "id": study_id}
            self.study.set_user_attr(STUDY_KEY, mark)


def finished_trials(study: Study, where: str) -> dict[int, FrozenTrial]:
    """Return the trials that are kept, by their number in the sweep.

    Raises:
        StoreError: if the store cannot be read, or holds trials that songpop did not write.
    """
    with store_errors(where):
        kept = study.get_trials(deepcopy=False)
    trials: dict[int, FrozenTrial] = {}
    for trial in kept:
        number = trial.user_attrs.get("trial")
        if not isinstance(number, int) or number in trials or not trial.state.is_finished():
            raise StoreError(
                f"{where} must hold only trials that one sweep of songpop wrote, each once, but its record "
                f"{trial.number} is another. Start anew with another search.name=…"
            )
        trials[number] = trial
    return dict(sorted(trials.items()))


def _refuse_memory(settings: StorageSettings) -> None:
    url = settings.url or ""
    if url.startswith("sqlite:") and (":memory:" in url or not url.removeprefix("sqlite:").strip("/")):
        raise SettingsError(
            f"`storage.url` must keep the study, but {url} would be gone with this process. "
            "Name a file: storage.url=sqlite:///FILE"
        )


def study_place(name: str, settings: StorageSettings, folder: Path) -> str:
    """Return how messages call a study."""
    if settings.url is None:
        return f"the study journal {folder / f'{name}.journal'}"
    return f"the study {name!r} in storage.url={_without_password(settings.url)}"


def _without_password(url: str) -> str:
    return re.sub(r"(://[^:/@]*):[^@]*@", r"\1:***@", url)


def _open_storage(
    settings: StorageSettings, journal: Path, stack: ExitStack
) -> tuple[BaseStorage, Callable[[], AbstractContextManager[None]]]:
    """Return the storage, and a context in which several trials are made durable at once."""
    if settings.url is None:
        held = HeldJournal(journal)
        stack.callback(held.close)
        return replayed(held, journal), held.one_sync
    storage = open_database(settings.url)
    stack.callback(storage.engine.dispose)
    return storage, nullcontext


def open_database(url: str) -> RDBStorage:
    """Return a database of studies.

    Raises:
        SettingsError: if the URL cannot be meant, or its driver is not installed.
    """
    # Imported here: a journal needs no SQLAlchemy, which takes a third of a second.
    from sqlalchemy.exc import ArgumentError

    try:
        return RDBStorage(url)
    except ArgumentError as error:
        raise SettingsError(
            f"`storage.url` must be a database's URL, such as sqlite:///studies.db or postgresql://host/name, "
            f"but it is {_without_password(url)!r}."
        ) from error
    except ImportError as error:
        raise SettingsError(
            f"`storage.url` needs a driver that is not installed ({error.__cause__ or error}). "
            "For PostgreSQL: pip install 'songpop[postgresql]'."
        ) from error


def replayed(journal: HeldJournal | FoundJournal, path: Path) -> BaseStorage:
    """Return the storage that a journal tells.

    Raises:
        StoreError: if its lines are no study's.
    """
    try:
        return JournalStorage(journal)
    except (KeyError, ValueError, TypeError, AssertionError, AttributeError) as error:
        raise StoreError(
            f"the study journal {path} must hold a study from its first line on, but it does not "
            f"({type(error).__name__}: {error}). Restore it from a copy, or start anew with another search.name=…"
        ) from error


def _open_study(name: str, storage: BaseStorage) -> Study:
    try:
        return optuna.load_study(study_name=name, storage=storage)
    except KeyError:  # Optuna's word for "no such study"
        return optuna.create_study(study_name=name, storage=storage, direction="minimize")


@contextmanager
def store_errors(where: str) -> Iterator[None]:
    """Turn what files, Optuna and databases raise into one sentence."""
    try:
        yield
    except OSError as error:
        raise StoreError(
            f"{where} could not be read or written: {error.strerror or error}. "
            "Free space or change permissions, then give the same command again: finished trials are kept."
        ) from error
    except OptunaError as error:
        raise StoreError(_database_sentence(where, error)) from error
    except Exception as error:
        if not _is_of_a_database(error):
            raise
        raise StoreError(_database_sentence(where, error)) from error


def _is_of_a_database(error: BaseException) -> bool:
    """Say whether SQLAlchemy raised, or Optuna's check of a database's version (a bare RuntimeError)."""
    modules: Sequence[str] = [kind.__module__ for kind in type(error).__mro__]
    return any(module.startswith("sqlalchemy") for module in modules) or type(error) is RuntimeError


def _database_sentence(where: str, error: BaseException) -> str:
    cause: Any = error.__cause__ or error
    reason = str(getattr(cause, "orig", None) or cause).strip().splitlines()[0].rstrip(".")
    return f"{where} could not be read or written: {reason}. Mend the database, or choose another storage.url."
