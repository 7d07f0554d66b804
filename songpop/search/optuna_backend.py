"""A search by Optuna: decisions on a study in memory, one durable write per finished trial.

A trial has the same number in memory, in the store (attribute `trial`) and in the tracking store. When a search goes
on, the study in memory is built again from the store; numbers that a crash has lost are run first.
"""

import math
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

import optuna
from optuna.pruners import NopPruner
from optuna.storages import InMemoryStorage
from optuna.study import Study
from optuna.trial import FrozenTrial, Trial

from songpop.contracts import Done, EpochReport, FinishedTrial, Params, TrialResult, TrialSpec, TrialState, Wait
from songpop.errors import SettingsError
from songpop.search.distributions import GivenSampler, write
from songpop.search.known_points import usable_points
from songpop.search.outcome import TO_OPTUNA, attributes, finished_trial, point_key, settled, with_run
from songpop.search.pruners import build_pruner
from songpop.search.samplers import Proposer, build_proposer, random_values
from songpop.search.study_store import StudyStore
from songpop.settings import PrunerKind, PrunerSettings, SamplerSettings, SearchSettings, StorageSettings
from songpop.space import Space

MakeSpec = Callable[[int, Mapping[str, Any]], TrialSpec]
_KNOWN_POINT = "known_point"  # user attribute: the point that a trial was given


@dataclass(frozen=True, kw_only=True)
class _Running:
    trial: Trial
    spec: TrialSpec
    suggested: Mapping[str, Any]


def open_search(
    *,
    space: Space,
    settings: SearchSettings,
    sampler: SamplerSettings,
    pruner: PrunerSettings,
    storage: StorageSettings,
    identity: Mapping[str, str],
    make_spec: MakeSpec,
    folder: Path,
    clock: Callable[[], float] = time.monotonic,
) -> "OptunaBackend":
    """Open the study `settings.name`, or go on with it; close the returned backend when the search has ended.

    Args:
        space: what is searched.
        settings: name, budget, seed, known points.
        sampler: who suggests; may change between two calls.
        pruner: who gives up; may change between two calls.
        storage: a database, or a journal file in `folder`.
        identity: what the study belongs to (digests, objective …); may not change between two calls.
        make_spec: turns a trial's number and configuration into its spec.
        folder: where the journal and the lock of the name lie.
        clock: seconds; `settings.timeout_s` counts from now.

    Raises:
        SettingsError: if a setting cannot be meant or a sampler's package is missing.
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
    proposer = build_proposer(sampler, space, settings.seed)
    points = usable_points(space, settings.known_points)
    store = StudyStore(settings.name, storage, folder, identity)
    try:
        return OptunaBackend(
            space=space,
            settings=settings,
            proposer=proposer,
            points=points,
            pruner=pruner,
            store=store,
            make_spec=make_spec,
            clock=clock,
        )
    except BaseException:
        store.close()
        raise


@final
class OptunaBackend:
    """An open search; implements `contracts.SearchBackend`. Made by `open_search`."""

    def __init__(
        self,
        *,
        space: Space,
        settings: SearchSettings,
        proposer: Proposer,
        points: list[Mapping[str, Any]],
        pruner: PrunerSettings,
        store: StudyStore,
        make_spec: MakeSpec,
        clock: Callable[[], float],
    ) -> None:
        self._space = space
        self._settings = settings
        self._proposer = proposer
        self._pruner = pruner
        self._store = store
        self._make_spec = make_spec
        self._clock = clock
        self._started_at_s = clock()
        self._running: dict[int, _Running] = {}
        self._has_pruner = False
        self._ended: Done | None = None
        kept = store.load()
        self._study = _in_memory(settings.name or "", kept)
        self._finished = {number: finished_trial(trial, space) for number, trial in kept.items()}
        self._told: dict[int, FrozenTrial] = {}  # ended, and not kept yet
        self._n_told = len(kept)
        self._n_complete = sum(trial.state is TrialState.COMPLETE for trial in self._finished.values())
        self._tried: set[Params] = {make_spec(n, trial.suggested).params for n, trial in self._finished.items()}
        done_points = {trial.user_attrs.get(_KNOWN_POINT) for trial in kept.values()}
        self._points = deque(point for point in points if point_key(point) not in done_points)

    @property
    def n_trials(self) -> int:
        """How many finished trials the study shall have."""
        return self._settings.n_trials

    @property
    def study_id(self) -> str:
        """A name of this very study: its record in the tracking store carries it."""
        return self._store.study_id

    def study(self) -> Study:
        """Return Optuna's study as it is kept, every finished trial, as a copy that outlives `close`."""
        kept = self._store.study
        copy = optuna.create_study(study_name=kept.study_name, directions=kept.directions, storage=InMemoryStorage())
        copy.add_trials(kept.get_trials(deepcopy=False))
        for key, value in kept.user_attrs.items():
            copy.set_user_attr(key, value)
        return copy

    def ask(self) -> TrialSpec | Wait | Done:
        """Return the next trial; Wait while running ones fill the budget; Done when nothing is left to do."""
        verdict = self._verdict()
        if verdict is not None:
            return verdict
        trial = self._study.ask()
        running = self._choose(trial)
        if running is None:
            self._study.tell(trial, state=optuna.trial.TrialState.FAIL)  # in memory only
            self._ended = Done("every configuration of the space has been tried")
            return self._ended
        write(trial, self._space, running.suggested)
        self._running[trial.number] = running
        self._tried.add(running.spec.params)
        if not self._has_pruner:
            # Only now is the number of epochs known, which hyperband reckons with.
            self._study.pruner = build_pruner(self._pruner, running.spec.n_epochs)
            self._has_pruner = True
        return running.spec

    def should_stop(self, report: EpochReport) -> bool:
        """Say whether the pruner gives the trial up; never before `pruner.min_epochs`, nor after the last epoch."""
        running = self._running[report.trial]
        value = report.metrics["val_log_loss"]
        if not math.isfinite(value):
            return False  # not the pruner's business: the trial has failed
        running.trial.report(value, step=report.epoch)
        if not self._pruner.min_epochs <= report.epoch < running.spec.n_epochs:
            return False
        is_behind = running.trial.should_prune()  # asked in any case: the pruner remembers what it was asked
        return is_behind and self._may_prune()

    def tell(self, result: TrialResult) -> None:
        """Take a trial that has ended into account, in memory; a NaN or infinite objective is a failure."""
        result = settled(result)
        trial = self._running.pop(result.spec.trial).trial
        for key, value in attributes(result).items():
            trial.set_user_attr(key, value)
        value_told = result.value if result.state is TrialState.COMPLETE else None
        self._told[result.spec.trial] = self._study.tell(trial, value_told, TO_OPTUNA[result.state])
        self._n_told += 1
        self._n_complete += result.state is TrialState.COMPLETE

    def keep(self, told: Sequence[tuple[TrialResult, str]]) -> tuple[FinishedTrial, ...]:
        """Keep trials that were told, durably, before returning; each with its run's id.

        Raises:
            StoreError: if the store takes them not; they are then run again when the search goes on.
        """
        trials = [with_run(self._told.pop(result.spec.trial), run_id) for result, run_id in told]
        self._store.append(trials)
        finished = tuple(finished_trial(trial, self._space) for trial in trials)
        self._finished.update((trial.trial, trial) for trial in finished)
        return finished

    def suggested(self, trial: int) -> Mapping[str, Any]:
        """Return the configuration of a running or finished trial: the active parameters of the space."""
        if trial in self._running:
            return self._running[trial].suggested
        return self._finished[trial].suggested

    def finished(self) -> tuple[FinishedTrial, ...]:
        """Return the finished trials by number, those of earlier calls too."""
        return tuple(trial for _, trial in sorted(self._finished.items()))

    def best(self) -> FinishedTrial | None:
        """Return the complete trial with the smallest objective; None if no trial is complete."""
        complete_ones = [trial for trial in self.finished() if trial.state is TrialState.COMPLETE]
        return min(complete_ones, key=lambda trial: trial.value, default=None)

    def known(self) -> tuple[FinishedTrial, ...]:
        """Return the finished trials that were known points, such as the published settings."""
        kept = self._store.load()
        return tuple(trial for trial in self.finished() if _KNOWN_POINT in kept[trial.trial].user_attrs)

    def close(self) -> None:
        """Let the store and the name go; a second call does nothing."""
        self._store.close()

    def _may_prune(self) -> bool:
        """Say whether there are enough complete trials to be compared with; Optuna's median reckons for itself."""
        if self._pruner.kind not in (PrunerKind.asha, PrunerKind.hyperband):
            return True
        return self._n_complete >= self._pruner.n_startup_trials

    def _verdict(self) -> Wait | Done | None:
        timeout_s = self._settings.timeout_s
        if self._ended is not None:
            return self._ended
        if self._n_told >= self.n_trials:
            return Done(f"all {self.n_trials} trials are finished")
        if timeout_s is not None and self._clock() - self._started_at_s >= timeout_s:
            return Done(f"search.timeout_s={timeout_s:g} is over")
        return Wait() if self._n_told + len(self._running) >= self.n_trials else None

    def _choose(self, trial: Trial) -> _Running | None:
        """Return the first candidate that no trial has had, finished or running."""
        while self._points:
            point = self._points.popleft()
            completed = random_values(self._space, self._settings.seed, trial.number, given=point)
            spec = self._make_spec(trial.number, completed)
            if spec.params not in self._tried:
                trial.set_user_attr(_KNOWN_POINT, point_key(point))
                return _Running(trial=trial, spec=spec, suggested=completed)
        frozen = self._study.get_trials(deepcopy=False)[trial.number]
        for values in self._proposer.candidates(self._study, frozen):
            spec = self._make_spec(trial.number, values)
            if spec.params not in self._tried:
                return _Running(trial=trial, spec=spec, suggested=values)
        return None


def _in_memory(name: str, kept: Mapping[int, FrozenTrial]) -> Study:
    """Build the study that decides: each kept trial under its number, the lost ones waiting."""
    study = optuna.create_study(
        study_name=name,  # hyperband's brackets depend on it
        storage=InMemoryStorage(),
        sampler=GivenSampler(),
        pruner=NopPruner(),
        direction="minimize",
    )
    for number in range(max(kept, default=-1) + 1):
        study.add_trial(kept.get(number, optuna.trial.create_trial(state=optuna.trial.TrialState.WAITING)))
    return study
