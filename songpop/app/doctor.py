"""`songpop doctor`: whether study, tracking and registry agree, and mends what can be mended.

Owns: who is looked at, in which order, and that nobody else works on it meanwhile. Does not own: the checks
(tracking/agreement.py, leftovers.py, soundness.py), reading studies (search/studies.py).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import final

from songpop.app.card_keeper import missing_card
from songpop.errors import StoreError
from songpop.search.locks import HeldError
from songpop.search.studies import FoundStudy, cut_back, held_study, n_torn_bytes, read_study, study_names
from songpop.settings import DoctorSettings, check_registry
from songpop.tracking import agreement, soundness
from songpop.tracking.agreement import sweep_state
from songpop.tracking.failures import store_failures
from songpop.tracking.leftovers import dead_files, dead_models, dead_runs, is_elsewhere, living_parents, told_elsewhere
from songpop.tracking.records import Finding
from songpop.tracking.soundness import registry_state
from songpop.tracking.store import Store, open_store
from songpop.tracking.whereabouts import strayed


@dataclass(frozen=True, kw_only=True)
class ToldFinding:
    """Something that was not as it should be."""

    where: str
    problem: str
    remedy: str  # what was done about it, or has to be done
    is_mended: bool
    can_be_mended: bool


@dataclass(frozen=True, kw_only=True)
class Diagnosis:
    """What `songpop doctor` found."""

    findings: tuple[ToldFinding, ...]
    left_alone: tuple[str, ...]  # sentences: who is running now
    n_sweeps: int  # looked at
    n_trials: int
    n_versions: int
    is_well: bool  # all is as it should be, by now


def doctor(settings: DoctorSettings) -> Diagnosis:
    """Look whether study, tracking and registry agree, and mend what can be mended (unless `mend=false`).

    A sweep that is running is left alone. A second call finds nothing that the first one mended.

    Raises:
        StoreError: if a store cannot be read, or takes a mend not.
    """
    check_registry(settings.registry)
    store = open_store(settings.tracking, Path(settings.paths.root), writing=settings.mend)
    visit = _Visit(settings, store)
    folder = Path(settings.paths.root) / "studies"
    for name in study_names(settings.storage, folder):
        visit.see_sweep(name, folder)
    visit.see_rest()
    visit.see_registry()
    return visit.diagnosis()


@final
class _Visit:
    """One round of the doctor: what was seen so far."""

    def __init__(self, settings: DoctorSettings, store: Store) -> None:
        self._settings = settings
        self._store = store
        self._told: list[ToldFinding] = []
        self._left_alone: list[str] = []
        self._known: set[str] = set()  # parent runs of sweeps whose study is here
        self._alive: set[str] = set()  # those of them that run now
        self._n_sweeps = self._n_trials = self._n_versions = 0

    def see_sweep(self, name: str, folder: Path) -> None:
        """Look at one study and its record."""
        storage = self._settings.storage
        try:
            with held_study(name, folder):
                self._see_journal(name, folder)
                self._see_record(name, read_study(name, storage, folder))
        except HeldError:
            self._left_alone.append(f"A sweep named {name!r} is running now; it was left alone.")
            self._alive |= self._parents_of(read_study(name, storage, folder))
            self._known |= self._alive
        except StoreError as error:
            if isinstance(error.__cause__, OSError):
                raise
            problem, _, remedy = str(error).partition(". ")
            self._tell(Finding(where=f"study {name}", problem=problem, remedy=remedy))

    def _see_journal(self, name: str, folder: Path) -> None:
        storage = self._settings.storage
        if n_torn := n_torn_bytes(name, storage, folder):
            self._tell(
                Finding(
                    where=f"study {name}",
                    problem=f"the last line of its journal is torn ({n_torn} bytes)",
                    remedy="the line is cut off; the trial is trained again",
                    mend=partial(cut_back, name, storage, folder),
                )
            )

    def _see_record(self, name: str, study: FoundStudy) -> None:
        if not study.study_id:
            return
        self._n_sweeps += 1
        self._n_trials += len(study.trials)
        read = partial(sweep_state, self._store, name, study.study_id, study.trials)
        state = read()
        self._known |= {run.info.run_id for run in state.parents}
        # The lock is this machine's; a database of studies, and the sweep with it, may be another's.
        if self._settings.storage.url and state.parent is not None and is_elsewhere(state.parent):
            self._alive.add(state.parent.info.run_id)
            self._left_alone.append(told_elsewhere(state.parent))
            return
        for check in agreement.CHECKS:
            if self._tell_all(check(state)):
                state = read()

    def see_rest(self) -> None:
        """Look at what belongs to no study here."""
        with store_failures(self._store.where):
            living = list(living_parents(self._store, self._known))
        self._alive |= {parent.info.run_id for parent in living}
        self._left_alone += [told_elsewhere(parent) for parent in living if is_elsewhere(parent)]
        for check in (
            partial(dead_runs, self._store, self._known),
            partial(dead_models, self._store, self._alive),
            partial(dead_files, self._store),
            partial(strayed, self._store),
        ):
            self._tell_all(check())

    def see_registry(self) -> None:
        """Look at the registered model."""
        state = registry_state(self._store, self._settings.registry)
        if state is None:
            self._tell_all(soundness.deleted_model(self._store, self._settings.registry))
            return
        self._n_versions = len(state.versions)
        for check in soundness.CHECKS:
            self._tell_all(check(state))
        self._tell_all(missing_card(self._store, self._settings.registry))

    def diagnosis(self) -> Diagnosis:
        """Return what was seen."""
        return Diagnosis(
            findings=tuple(self._told),
            left_alone=tuple(self._left_alone),
            n_sweeps=self._n_sweeps,
            n_trials=self._n_trials,
            n_versions=self._n_versions,
            is_well=all(one.is_mended for one in self._told),
        )

    def _parents_of(self, study: FoundStudy) -> set[str]:
        state = sweep_state(self._store, "", study.study_id, ())
        return {run.info.run_id for run in state.parents}

    def _tell_all(self, findings: Iterator[Finding]) -> bool:
        """Take findings; say whether one of them was mended."""
        with store_failures(self._store.where):
            return sum(self._tell(finding) for finding in list(findings)) > 0

    def _tell(self, finding: Finding) -> bool:
        is_mended = finding.mend is not None and self._settings.mend
        if finding.mend is not None and is_mended:
            finding.mend()
        self._told.append(
            ToldFinding(
                where=finding.where,
                problem=finding.problem,
                remedy=finding.remedy,
                is_mended=is_mended,
                can_be_mended=finding.mend is not None,
            )
        )
        return is_mended
