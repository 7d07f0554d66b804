"""Copies in memory of every study that is kept, for a page that must not be able to change one; they catch up.

Owns: the copies. Does not own: the page (web/), the studies themselves (studies.py). A study only grows, until it is
deleted: what a copy lacks are the trials that ended since.
"""

import threading
import time
import warnings
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, final

import optuna
from optuna.exceptions import ExperimentalWarning
from optuna.storages import InMemoryStorage
from optuna.study import Study

from songpop.errors import StoreError
from songpop.search.outcome import number_of
from songpop.search.studies import opened_study, study_names
from songpop.search.study_store import STUDY_KEY, store_errors, study_place
from songpop.settings import StorageSettings

OBJECTIVE = "val_log_loss"
MIN_PAUSE_S = 2.0  # a page asks several times a second; a study of thousands of trials takes a second to read


@final
class StudyCopies:
    """All studies of a project in one storage of Optuna's, in memory."""

    def __init__(self, settings: StorageSettings, folder: Path) -> None:
        """Begin without a copy.

        Args:
            settings: where studies are kept.
            folder: where their journals lie, if it is in files.
        """
        optuna.logging.set_verbosity(optuna.logging.WARNING)  # or a line per study on standard error
        self.storage = InMemoryStorage()
        self.left_out: Mapping[str, str] = {}  # name → why it could not be read when it was looked at last
        self._settings = settings
        self._folder = folder
        self._seen: dict[str, tuple[int, int]] = {}  # name → size and time of the journal that was read
        self._looked_at_s = -MIN_PAUSE_S
        self._lock = threading.Lock()

    def catch_up(self) -> None:
        """Copy what is new since the last look, unless that was a moment ago; what cannot be read is `left_out`.

        Raises:
            StoreError: if it cannot even be found out which studies there are.
        """
        with self._lock:
            if time.monotonic() - self._looked_at_s < MIN_PAUSE_S:
                return
            failed = {}
            names = study_names(self._settings, self._folder)
            self._forget_all_but(names)
            for name in names:
                try:
                    self._catch_up_with(name)
                except StoreError as error:
                    failed[name] = str(error)
            self.left_out = failed
            self._looked_at_s = time.monotonic()

    def _forget_all_but(self, names: Collection[str]) -> None:
        """Drop the copies of studies that were deleted since."""
        for name in set(optuna.get_all_study_names(self.storage)) - set(names):
            optuna.delete_study(study_name=name, storage=self.storage)
            self._seen.pop(name, None)

    def _catch_up_with(self, name: str) -> None:
        state = self._state(name)
        if state is not None and self._seen.get(name) == state:
            return
        with opened_study(name, self._settings, self._folder) as study:
            if study is not None:
                self._copy(name, study)
        if state is not None:
            self._seen[name] = state

    def _state(self, name: str) -> tuple[int, int] | None:
        """Return what changes whenever a journal does; None: it is in a database, which is asked."""
        if self._settings.url is not None:
            return None
        with store_errors(study_place(name, self._settings, self._folder)):
            found = (self._folder / f"{name}.journal").stat()
        return found.st_size, found.st_mtime_ns

    def _copy(self, name: str, study: Study) -> None:
        copy = self._copy_of(name, study)
        for key, value in study.user_attrs.items():
            copy.set_user_attr(key, value)
        n_known = len(copy.get_trials(deepcopy=False))
        new = study.get_trials(deepcopy=False)[n_known:]
        # Trials are kept in the order in which they ended. Those that are copied together get the sweep's order.
        copy.add_trials(sorted(new, key=_order))

    def _copy_of(self, name: str, study: Study) -> Study:
        """Return the copy, empty where there is none yet, or where the study was begun anew under the old name."""
        names = optuna.get_all_study_names(self.storage)
        if name in names:
            copy = optuna.load_study(study_name=name, storage=self.storage)
            if _mark(copy) == _mark(study):
                return copy
            optuna.delete_study(study_name=name, storage=self.storage)
        copy = optuna.create_study(study_name=name, storage=self.storage, directions=study.directions)
        if _mark(study) is not None:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ExperimentalWarning)
                copy.set_metric_names([OBJECTIVE])  # or the plots say "Objective 0"
        return copy


def _order(trial: Any) -> int:
    return number_of(trial) if "trial" in trial.user_attrs else int(trial.number)


def _mark(study: Study) -> str | None:
    kept = study.user_attrs.get(STUDY_KEY)
    return kept.get("id") if isinstance(kept, Mapping) else None
