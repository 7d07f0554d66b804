"""Optuna's samplers as an oracle of KerasTuner (keras-tuner#555), for any of its tuners.

Owns: KerasTuner's side: trials, files, reload. Does not own: the study (study), pruning's callback (pruning).
"""

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any, final

from optuna.pruners import BasePruner, MedianPruner, NopPruner
from optuna.samplers import BaseSampler, BruteForceSampler, GridSampler, TPESampler
from optuna.study import Study

from songpop.errors import SettingsError
from songpop.kerastuner.study import OracleStudy
from songpop.search.kerastuner_runtime import keras_tuner
from songpop.search.kerastuner_space import hyperparameters as declared
from songpop.search.seeds import sampler_seed
from songpop.space import Space

_ENDED = ("COMPLETED", "FAILED")  # KerasTuner's words
_OWN = "optuna"  # key of what is kept beside KerasTuner's own state


@final
class OptunaOracle(keras_tuner.Oracle):  # type: ignore[misc] # KerasTuner has no types
    """An oracle whose trials are suggested by a sampler of Optuna, conditional hyperparameters included.

    ::

        oracle = OptunaOracle(objective="val_loss", max_trials=50, seed=0)
        tuner = keras_tuner.Tuner(oracle, build_model, directory="tuning")
        tuner.search(x, y, validation_data=(x_val, y_val), callbacks=[PruningCallback(oracle)])
        oracle.study  # Optuna's: its plots and importances work on it

    Its files are KerasTuner's own: a tuner of the same `directory` and `project_name` goes on. With the default sampler
    it then suggests what it would have suggested without the stop; one that is given goes on with fresh randomness.
    """

    def __init__(
        self,
        space: Space | None = None,
        sampler: BaseSampler | None = None,
        objective: Any = None,
        *,
        max_trials: int | None = 10,
        pruner: BasePruner | None = None,
        seed: int | None = None,
        hyperparameters: Any = None,
        allow_new_entries: bool = True,
        tune_new_entries: bool = True,
        max_retries_per_trial: int = 0,
        max_consecutive_failed_trials: int = 3,
    ) -> None:
        """Make the oracle; the tuner that it is given to starts it.

        Args:
            space: what is searched, as songpop has it, and nothing beside it; None: what `hyperparameters` says and
                the model asks for, as in any KerasTuner script.
            sampler: of Optuna; None: TPE, multivariate and grouped, which learns conditional parameters jointly.
            objective: as KerasTuner has it, "val_loss" for example.
            max_trials: at most so many; None: until the space has been tried.
            pruner: of Optuna; None: its default, MedianPruner. It is asked where `PruningCallback` is among the
                callbacks of `search`, since a tuner tells its oracle nothing about epochs.
            seed: of the default sampler; any integer from 0 on means itself (for KerasTuner 0 is "by chance").
            hyperparameters: as for KerasTuner's oracles, like the following.
            allow_new_entries: whether the model may ask for further ones.
            tune_new_entries: whether those are searched.
            max_retries_per_trial: of a trial that crashed.
            max_consecutive_failed_trials: after which the search ends with an error.

        Raises:
            SettingsError: if the arguments cannot be meant together.
        """
        _check(space, hyperparameters, sampler, seed)
        if space is not None:
            hyperparameters, allow_new_entries, tune_new_entries = declared(space), False, False
        super().__init__(
            objective=objective,
            max_trials=max_trials,
            hyperparameters=hyperparameters,
            allow_new_entries=allow_new_entries,
            tune_new_entries=tune_new_entries,
            seed=seed,
            max_retries_per_trial=max_retries_per_trial,
            max_consecutive_failed_trials=max_consecutive_failed_trials,
        )
        if seed is not None:
            self.seed = self._seed_state = seed
        self._sampler = sampler
        self._pruner = pruner or MedianPruner()
        self._is_pruner_given = pruner is not None and not isinstance(pruner, NopPruner)
        self._study = OracleStudy(self.objective.direction, self._pruner)

    @property
    def study(self) -> Study:
        """Optuna's study of the trials so far, in memory."""
        return self._study.optuna_study

    def report(self, trial_id: str, step: int, value: float, *, is_last: bool = False) -> bool:
        """Take a running trial's objective after an epoch, and say whether the pruner gives it up.

        Args:
            trial_id: KerasTuner's.
            step: epochs that are finished, from 1.
            value: of the objective.
            is_last: whether no epoch comes behind it, so that there is nothing to give up.
        """
        return self._study.report(trial_id, step, value, is_last=is_last)

    def begin_execution(self, trial_id: str) -> None:
        """Take into account that a running trial is trained, perhaps once more (`executions_per_trial`)."""
        self._study.begin_execution(trial_id)

    def is_pruned(self, trial_id: str) -> bool:
        """Say whether the pruner gave a trial up; for KerasTuner it is completed, with the best that it had."""
        return self._study.is_pruned(trial_id)

    # ── what KerasTuner calls ───────────────────────────────────────────────────────────────────────────────

    def populate_space(self, trial_id: str) -> dict[str, Any]:
        """Return values for a new trial, or that every configuration has been tried."""
        space, number = self.hyperparameters.space, len(self.trials)
        for attempt in range(self._max_collisions):
            values = self._study.suggest(
                trial_id, self._sampler_for(number, attempt), space, lambda found: not self._duplicate(found)
            )
            if values is not None:
                return {"status": "RUNNING", "values": values}
        self._seed_state = sampler_seed(self.seed, number, self._max_collisions)
        if self._sampler is not None:
            name = type(self._sampler).__name__
            warnings.warn(f"{name} only repeats itself: trial {trial_id} is drawn by chance.", stacklevel=2)
        values = self._random_values()
        if values is None:
            return {"status": "STOPPED", "values": None}
        self._study.begin(trial_id, self._sampler_for(number, self._max_collisions), space, values)
        return {"status": "RUNNING", "values": values}

    def create_trial(self, tuner_id: str) -> Any:
        """Return the next trial; one that is tried again, after a failure or a reload, begins anew for Optuna too."""
        is_retry = tuner_id not in self.ongoing_trials and bool(self._retry_queue)
        with _lock_released(self):
            trial = super().create_trial(tuner_id)
        if is_retry:
            sampler = self._sampler_for(int(trial.trial_id), self._max_collisions)
            self._study.begin(trial.trial_id, sampler, self.hyperparameters.space, trial.hyperparameters.values)
        return trial

    def update_trial(self, trial_id: str, metrics: Any, step: int = 0) -> Any:
        """Take a trial's metrics."""
        with _lock_released(self):
            return super().update_trial(trial_id, metrics, step)

    def end_trial(self, trial: Any) -> None:
        """End a trial, or send it to be tried again."""
        try:
            with _lock_released(self):
                super().end_trial(trial)
        finally:
            self._tell(self.trials[trial.trial_id])
        self.save()  # once more: what KerasTuner saved says that the trial runs, and would have it run again

    def get_state(self) -> dict[str, Any]:
        """Return what a reload needs, beside the files of the trials."""
        return {**super().get_state(), _OWN: self._study.state()}

    def set_state(self, state: dict[str, Any]) -> None:
        """Take a state of `get_state`, the study included."""
        super().set_state(state)
        self._study = OracleStudy(self.objective.direction, self._pruner, state[_OWN])
        if self._sampler is not None:
            self._sampler.reseed_rng()  # or it would draw once more what it has drawn

    def _tell(self, trial: Any) -> None:
        if trial.status not in _ENDED or not self._study.is_running(trial.trial_id):
            return
        self._study.complete(trial.trial_id, self.hyperparameters.space, trial.hyperparameters.values)
        has_reports = self._study.has_reports(trial.trial_id)
        if self._is_pruner_given and trial.status == "COMPLETED" and not has_reports:
            warnings.warn(
                f"{type(self._pruner).__name__} was told nothing of trial {trial.trial_id}. Add "
                "PruningCallback(oracle) to the callbacks of search().",
                stacklevel=3,
            )
        self._study.tell(trial.trial_id, trial.score if trial.status == "COMPLETED" else None)

    def _sampler_for(self, trial: int, attempt: int) -> BaseSampler:
        if self._sampler is not None:
            return self._sampler
        seed = sampler_seed(self.seed, trial, attempt)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # "group" has been experimental since version 2.8
            return TPESampler(multivariate=True, group=True, constant_liar=True, seed=seed)


def _check(space: Space | None, given: Any, sampler: BaseSampler | None, seed: int | None) -> None:
    if space is not None and given is not None:
        raise SettingsError("either `space` or `hyperparameters` must be given, but both are. Leave one of them out.")
    if isinstance(sampler, GridSampler | BruteForceSampler):
        raise SettingsError(
            f"`sampler` must be one that never ends, but it is {type(sampler).__name__}. Use keras_tuner.GridSearch."
        )
    if seed is not None and seed < 0:
        raise SettingsError(f"`seed` must be at least 0, but it is {seed}.")


@contextmanager
def _lock_released(oracle: Any) -> Iterator[None]:
    """Release the oracle's lock after an error: KerasTuner would leave it held, and the next call wait for ever."""
    try:
        yield
    except BaseException:
        module = import_module("keras_tuner.src.engine.oracle")
        if module.THREADS[oracle] == threading.current_thread().name:
            module.THREADS[oracle] = None
            module.LOCKS[oracle].release()
        raise
