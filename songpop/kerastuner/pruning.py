"""The callback through which an oracle hears of epochs, and can give a trial up: a tuner tells it nothing of them."""

import os
from collections.abc import Mapping
from typing import Any, final

from songpop.kerastuner.oracle import OptunaOracle
from songpop.models.runtime import keras
from songpop.search.kerastuner_runtime import keras_tuner


@final
class PruningCallback(keras.callbacks.Callback):  # type: ignore[misc] # Keras has no types here
    """Reports the objective after each epoch, and stops the training when the oracle's pruner gives the trial up.

    ::

        tuner.search(x, y, validation_data=(x_val, y_val), callbacks=[PruningCallback(oracle)])

    Of several executions per trial the first one is judged; the others stop at the same epoch, so that their mean is
    one of equals. Oracle and tuner must be in one process.
    """

    def __init__(self, oracle: OptunaOracle, tuner_id: str | None = None) -> None:
        """Make the callback.

        Args:
            oracle: of the tuner that searches.
            tuner_id: that tuner's, where several share the oracle; None: KerasTuner's own default.
        """
        super().__init__()
        self._oracle = oracle
        self._tuner_id = tuner_id or os.environ.get("KERASTUNER_TUNER_ID", "tuner0")

    def __deepcopy__(self, memo: Any) -> "PruningCallback":
        """Return a callback of the same oracle: a tuner copies its callbacks for each trial, the oracle stays one."""
        return PruningCallback(self._oracle, self._tuner_id)

    def on_train_begin(self, logs: Mapping[str, float] | None = None) -> None:
        """Tell the oracle that its trial is trained, perhaps once more.

        Raises:
            keras_tuner.errors.FatalRuntimeError: if the oracle runs no trial here; KerasTuner does not catch it.
        """
        self._oracle.begin_execution(self._trial_id())

    def on_epoch_end(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        """Report the objective; stop if it is not worth going on.

        Raises:
            keras_tuner.errors.FatalValueError: if the objective is not measured; KerasTuner does not catch it.
        """
        objective, measured = self._oracle.objective, logs or {}
        if not objective.has_value(measured):
            raise keras_tuner.errors.FatalValueError(
                f"PruningCallback needs the objective {objective.name!r} after each epoch, but the model measures "
                f"{', '.join(measured) or 'nothing'}. Pass validation_data, or another objective."
            )
        is_last = epoch + 1 >= self.params.get("epochs", epoch + 1)
        if self._oracle.report(self._trial_id(), epoch + 1, float(objective.get_value(measured)), is_last=is_last):
            self.model.stop_training = True

    def _trial_id(self) -> str:
        trial = self._oracle.ongoing_trials.get(self._tuner_id)
        if trial is None:
            raise keras_tuner.errors.FatalRuntimeError(
                "PruningCallback must be given to a tuner of its own oracle, in one process, but that oracle runs no "
                f"trial of {self._tuner_id!r}. Pass the tuner's oracle, and its tuner_id if it has one."
            )
        return str(trial.trial_id)
