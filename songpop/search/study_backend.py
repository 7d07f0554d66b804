"""An open search: a study in memory on which an advisor and a pruner decide, one durable write per finished trial.

A trial has the same number in memory, in the store (attribute `trial`) and in the tracking store. When a search goes
on, the study in memory is built again from the store; numbers that a crash has lost are run first. Whoever advises,
Optuna's samplers or KerasTuner's oracles, the study is Optuna's.
"""

import math
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, final

import optuna
from optuna.storages import InMemoryStorage
from optuna.study import Study
from optuna.trial import FrozenTrial, Trial

from songpop.contracts import Done, EpochReport, FinishedTrial, Params, TrialResult, TrialSpec, TrialState, Wait
from songpop.search.advice import Advice, Advisor, Round
from songpop.search.distributions import write
from songpop.search.memory import in_memory
from songpop.search.outcome import (
    TO_OPTUNA,
    attributes,
    finished_trial,
    kept_round,
    point_key,
    round_attribute,
    settled,
    with_run,
)
from songpop.search.pruners import build_pruner
from songpop.search.samplers import random_values
from songpop.search.study_store import StudyStore
from songpop.settings import PrunerKind, PrunerSettings, SearchSettings
from songpop.space import Space

MakeSpec = Callable[[int, Mapping[str, Any]], TrialSpec]
_KNOWN_POINT = "known_point"  # user attribute: the point that a trial was given


@dataclass(frozen=True, kw_only=True)
class _Running:
    trial: Trial
    spec: TrialSpec
    suggested: Mapping[str, Any]


@final
class StudyBackend:
    """An open search; implements `contracts.SearchBackend`. Made by `opening.open_search`."""

    def __init__(
        self,
        *,
        space: Space,
        settings: SearchSettings,
        advisor: Advisor,
        points: list[Mapping[str, Any]],
        pruner: PrunerSettings,
        store: StudyStore,
        make_spec: MakeSpec,
        n_epochs: int,
        clock: Callable[[], float],
    ) -> None:
        self._space = space
        self._settings = settings
        self._advisor = advisor
        self._pruner = pruner
        self._store = store
        self._make_spec = make_spec
        self._clock = clock
        self._started_at_s = clock()
        self._running: dict[int, _Running] = {}
        self._spare: Trial | None = None  # asked for, and waiting with the advisor
        self._ended: Done | None = None
        kept = store.load()
        self._study = in_memory(settings.name or "", kept, build_pruner(pruner, n_epochs))
        self._finished = {number: finished_trial(trial, space) for number, trial in kept.items()}
        self._told: dict[int, FrozenTrial] = {}  # ended, and not kept yet
        self._n_told = len(kept)
        self._n_complete = sum(trial.state is TrialState.COMPLETE for trial in self._finished.values())
        self._tried: set[Params] = {make_spec(n, trial.suggested).params for n, trial in self._finished.items()}
        self._rounds: dict[int, Round] = {}
        self._seeds: dict[int, int] = {number: trial.user_attrs["seed"] for number, trial in kept.items()}
        for number, trial in kept.items():
            self._begin(number, Advice(values=self._finished[number].suggested, round=kept_round(trial)))
            advisor.ended(trial)
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
        trial, self._spare = self._spare or self._study.ask(), None
        advice = self._choose(trial)
        if isinstance(advice, Wait):
            self._spare = trial
            return advice
        if advice is None:
            self._study.tell(trial, state=optuna.trial.TrialState.FAIL)  # in memory only
            self._ended = Done("every configuration of the space has been tried")
            return self._ended
        self._begin(trial.number, advice)
        write(trial, self._space, advice.values)
        spec = self.spec_of(trial.number, advice.values)
        self._running[trial.number] = _Running(trial=trial, spec=spec, suggested=advice.values)
        self._tried.add(spec.params)
        self._seeds[trial.number] = spec.seed
        return spec

    def should_stop(self, report: EpochReport) -> bool:
        """Say whether the pruner gives the trial up; never before `pruner.min_epochs`, nor after the last epoch."""
        running = self._running[report.trial]
        value = report.metrics["val_log_loss"]
        if not math.isfinite(value):
            return False  # not the pruner's business: the trial has failed
        running.trial.report(value, step=report.epoch)
        if not self._pruner.min_epochs <= report.epoch < running.spec.last_epoch:
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
        if (its_round := self._rounds.get(result.spec.trial)) is not None:
            trial.set_user_attr(*round_attribute(its_round))
        self._told[result.spec.trial] = self._study.tell(trial, value_told, TO_OPTUNA[result.state])
        self._advisor.ended(self._told[result.spec.trial])
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

    def spec_of(self, trial: int, suggested: Mapping[str, Any]) -> TrialSpec:
        """Return what an engine needs to train a running or finished trial with this configuration."""
        spec, its_round = self._make_spec(trial, suggested), self._rounds.get(trial)
        before = None if its_round is None else its_round.goes_on_from
        # What was trained has the seed that it was trained with, whatever `search.seed` is now.
        spec = replace(spec, seed=self._seeds.get(trial if before is None else before, spec.seed))
        if its_round is None:
            return spec
        pause_at = its_round.pause_at if its_round.pause_at < spec.n_epochs else None
        return replace(spec, pause_at=pause_at, goes_on_from=before)

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

    def _begin(self, trial: int, advice: Advice) -> None:
        self._advisor.begun(trial, advice)
        if advice.round is not None:
            self._rounds[trial] = advice.round

    def _choose(self, trial: Trial) -> Advice | Wait | None:
        """Return the first candidate that no trial has had, finished or running; None if there is none."""
        while self._points:
            point = self._points.popleft()
            completed = random_values(self._space, self._settings.seed, trial.number, given=point)
            if self._is_new(trial, completed):
                trial.set_user_attr(_KNOWN_POINT, point_key(point))
                return Advice(values=completed)
        frozen = self._study.get_trials(deepcopy=False)[trial.number]
        advices = self._advisor.advise(self._study, frozen)
        if isinstance(advices, Wait):
            return advices
        return next((one for one in advices if _goes_on(one) or self._is_new(trial, one.values)), None)

    def _is_new(self, trial: Trial, values: Mapping[str, Any]) -> bool:
        return self._make_spec(trial.number, values).params not in self._tried


def _goes_on(advice: Advice) -> bool:
    return advice.round is not None and advice.round.goes_on_from is not None
