"""The trials that are trained together: an epoch, a measurement, and who leaves afterwards.

Owns: the slots, and what is measured after an epoch. Does not own: the arithmetic (program), which trial comes next
(slots, pool).
"""

from collections.abc import Mapping, Sequence
from typing import final

from songpop.contracts import EpochReport, Task, TrialResult, TrialSpec
from songpop.engines.paused import PausedSlot
from songpop.engines.program import Program
from songpop.engines.slot import Slot
from songpop.evaluation.metrics import stacked_accuracy, stacked_log_loss


@final
class Group:
    """Trials that share a program; some come and go between two epochs."""

    def __init__(self, program: Program, task: Task) -> None:
        self._program = program
        self._x, self._validation = task.train.x, task.validation
        self._slots: list[Slot] = []
        self.n_computed_slots = 0  # over all epochs
        self.n_trained_slots = 0  # of them, those that held a trial

    @property
    def n_trials(self) -> int:
        """Trials that are running."""
        return len(self._slots)

    def add(self, specs: Sequence[TrialSpec], paused: Mapping[int, PausedSlot]) -> None:
        """Give new trials a slot each, before the next epoch; those among `paused`, by their number, go on.

        Raises:
            SettingsError: if a trial's hyperparameters cannot be meant.
        """
        self._slots += [Slot(spec, self._x.shape[1], self._x, paused.get(spec.trial)) for spec in specs]

    def train_epoch(self) -> list[EpochReport]:
        """Train and measure an epoch of every trial; return the reports of those that have not failed by it."""
        self.n_computed_slots += self._program.n_computed(len(self._slots))
        self.n_trained_slots += len(self._slots)
        losses = self._program.train(self._slots)
        probabilities = self._program.predict(self._slots)
        log_losses = stacked_log_loss(self._validation.y, probabilities)
        accuracies = stacked_accuracy(self._validation.y, probabilities)
        reports = []
        for place, slot in enumerate(self._slots):
            metrics = {
                "loss": float(losses[place]),
                "val_loss": float(log_losses[place]) + slot.penalty(),
                "val_log_loss": float(log_losses[place]),
                "val_accuracy": float(accuracies[place]),
                "learning_rate": slot.life.learning_rate,
            }
            if slot.life.observe(metrics):
                slot.keep(probabilities[place])
            if not slot.life.has_failed:
                reports.append(slot.life.history[-1])
        return reports

    def release(self, stopped: frozenset[int]) -> tuple[list[TrialResult], dict[int, PausedSlot]]:
        """End the trials that are over, and those that the pruner has stopped.

        Returns:
            Their results, and the states of those that may go on, by trial.
        """
        for slot in self._slots:
            if slot.life.spec.trial in stopped and not slot.life.has_failed:
                slot.life.give_up()
        ended = [slot for slot in self._slots if slot.life.is_over]
        self._slots = [slot for slot in self._slots if not slot.life.is_over]
        states = {slot.life.spec.trial: slot.paused() for slot in ended}
        paused = {trial: state for trial, state in states.items() if state is not None}
        return [slot.result(self._validation.y) for slot in ended], paused
