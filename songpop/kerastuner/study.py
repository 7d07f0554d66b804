"""The Optuna study behind an oracle: a trial for each of KerasTuner's, in memory, kept whole in the oracle's own file.

Owns: asking, reporting, telling, by KerasTuner's trial ids. Does not own: KerasTuner's trials and files (oracle), the
written form of the study (study_file).
"""

import math
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any, final

import optuna
from optuna.exceptions import ExperimentalWarning
from optuna.pruners import BasePruner
from optuna.samplers import BaseSampler
from optuna.storages import InMemoryStorage
from optuna.study import StudyDirection
from optuna.trial import Trial, TrialState

from songpop.kerastuner.study_file import from_json, to_json
from songpop.kerastuner.suggestions import encoded, suggested
from songpop.search.distributions import GivenSampler
from songpop.search.kerastuner_runtime import keras_tuner

Values = dict[str, Any]
_DIRECTIONS = {"min": StudyDirection.MINIMIZE, "max": StudyDirection.MAXIMIZE}  # by KerasTuner's words


@final
class OracleStudy:
    """Optuna's view of a KerasTuner search."""

    def __init__(self, direction: str, pruner: BasePruner, state: Mapping[str, Any] | None = None) -> None:
        """Begin without trials, or go on.

        Args:
            direction: "min" or "max", as KerasTuner says it.
            pruner: asked at each report.
            state: of `state`; None: there was nothing before.
        """
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self.optuna_study = optuna.create_study(
            study_name="songpop.kerastuner",  # Optuna's Hyperband makes its brackets of name and number
            storage=InMemoryStorage(),
            sampler=GivenSampler(),
            pruner=pruner,
            direction=_DIRECTIONS[direction],
        )
        self.optuna_study.add_trials(from_json((state or {}).get("trials", ())))
        self._pruned: set[str] = set((state or {}).get("pruned", ()))
        self._running: dict[str, Trial] = {}
        self._samplers: dict[str, BaseSampler] = {}
        self._reports: dict[str, dict[int, float]] = {}  # of running trials
        self._n_executions: dict[str, int] = {}

    def suggest(
        self, trial_id: str, sampler: BaseSampler, space: Sequence[Any], is_new: Callable[[Values], bool]
    ) -> Values | None:
        """Ask a sampler for a trial; None if its configuration is not new."""
        trial = self._asked(sampler)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ExperimentalWarning)
                values = self._walked(space, lambda name, hp: suggested(trial, name, hp))
        except BaseException:
            self.optuna_study.tell(trial, state=TrialState.FAIL)
            raise
        if not is_new(values):
            self.optuna_study.tell(trial, state=TrialState.FAIL)
            return None
        self._running[trial_id], self._samplers[trial_id] = trial, sampler
        return values

    def begin(self, trial_id: str, sampler: BaseSampler, space: Sequence[Any], values: Mapping[str, Any]) -> None:
        """Begin a trial that has its values: drawn by chance, or tried again; it forgets its reports."""
        if (before := self._running.pop(trial_id, None)) is not None:
            self.optuna_study.tell(before, state=TrialState.FAIL)
        trial = self._asked(sampler)
        self._write(trial, space, values)
        self._running[trial_id], self._samplers[trial_id] = trial, sampler
        self._reports.pop(trial_id, None)
        self._n_executions.pop(trial_id, None)
        self._pruned.discard(trial_id)

    def begin_execution(self, trial_id: str) -> None:
        """Take into account that a trial is trained, perhaps once more."""
        self._n_executions[trial_id] = self._n_executions.get(trial_id, 0) + 1

    def report(self, trial_id: str, step: int, value: float, *, is_last: bool) -> bool:
        """Take a trial's objective after a step, and say whether it is to be given up.

        Of several executions of a trial, the first one is judged, and the others end where it ended.
        """
        reports = self._reports.setdefault(trial_id, {})
        if step in reports or self._n_executions.get(trial_id, 1) > 1 or not math.isfinite(value):
            return trial_id in self._pruned and step >= max(reports, default=step)
        reports[step] = value
        trial = self._running[trial_id]
        trial.report(value, step)
        if is_last or not trial.should_prune():
            return False
        self._pruned.add(trial_id)
        return True

    def complete(self, trial_id: str, space: Sequence[Any], values: Mapping[str, Any]) -> None:
        """Give a running trial also the values of hyperparameters that its model asked for only when it was built."""
        self._write(self._running[trial_id], space, values)

    def tell(self, trial_id: str, score: float | None) -> None:
        """End a trial; a score that is None or no finite number has failed: Optuna would take infinity for a value."""
        trial = self._running.pop(trial_id)
        self.optuna_study.sampler = self._samplers.pop(trial_id)  # which hears of its end, for its constraints
        self._reports.pop(trial_id, None)
        self._n_executions.pop(trial_id, None)
        if score is None or not math.isfinite(score):
            self.optuna_study.tell(trial, state=TrialState.FAIL)
        elif trial_id in self._pruned:
            self.optuna_study.tell(trial, state=TrialState.PRUNED)
        else:
            self.optuna_study.tell(trial, float(score))

    def is_running(self, trial_id: str) -> bool:
        """Say whether a trial was begun, and has not ended."""
        return trial_id in self._running

    def is_pruned(self, trial_id: str) -> bool:
        """Say whether a trial was given up."""
        return trial_id in self._pruned

    def has_reports(self, trial_id: str) -> bool:
        """Say whether anything was reported of a running trial."""
        return bool(self._reports.get(trial_id))

    def state(self) -> dict[str, Any]:
        """Return what KerasTuner's own files do not keep, as JSON takes it."""
        return {"trials": to_json(self.optuna_study.get_trials(deepcopy=False)), "pruned": sorted(self._pruned)}

    def _write(self, trial: Trial, space: Sequence[Any], values: Mapping[str, Any]) -> None:
        """Write those values to a trial that it does not have."""
        given = GivenSampler()
        self.optuna_study.sampler = given

        def write(name: str, hp: Any) -> Any:
            if name in trial.params:
                return values[hp.name]
            given.values = {name: encoded(hp, values[hp.name])}
            return suggested(trial, name, hp)

        self._walked([hp for hp in space if hp.name in values], write)

    def _asked(self, sampler: BaseSampler) -> Trial:
        self.optuna_study.sampler = sampler
        return self.optuna_study.ask()

    @staticmethod
    def _walked(space: Sequence[Any], value_of: Callable[[str, Any], Any]) -> Values:
        """Return a value for each active hyperparameter, parents first, as KerasTuner's own oracles do."""
        names = [hp.name for hp in space]
        found = keras_tuner.HyperParameters()
        for hp in space:
            found.merge([hp], overwrite=False)
            if found.is_active(hp):
                # One name may stand for several hyperparameters, under different conditions.
                name = hp.name if names.count(hp.name) == 1 else f"{hp.name} {_conditions(hp)}"
                found.values[hp.name] = value_of(name, hp)
        return dict(found.values)


def _conditions(hp: Any) -> str:
    return ", ".join(f"{condition.name}={'|'.join(map(str, condition.values))}" for condition in hp.conditions)
