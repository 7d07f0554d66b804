"""The life of one trial, whatever trains it: its rate, its best epoch, its history, how it ends.

Owns: the book-keeping of an epoch that has been measured. Does not own: weights, measuring, other trials.
"""

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import final

from songpop.contracts import EpochReport, Matrix, TrialResult, TrialSpec, TrialState, Vector
from songpop.engines.early_stopping import BestSoFar
from songpop.evaluation.metrics import roc_auc
from songpop.models.schedules import PLATEAU, learning_rates, start_plateau, step_plateau

_KEPT_METRICS = ("val_log_loss", "val_loss", "val_accuracy")


@final
class TrialLife:
    """A running trial, apart from its weights."""

    def __init__(self, spec: TrialSpec) -> None:
        """Begin the life of a trial.

        Raises:
            SettingsError: if its schedule is unknown.
        """
        self.spec = spec
        self.history: list[EpochReport] = []
        self.is_over = False
        self._plateau = start_plateau(spec.params)
        self._rates = None if spec.params.schedule == PLATEAU else learning_rates(spec.params, spec.n_epochs)
        self._best = BestSoFar()
        self._kept_epoch = 0
        self._state = TrialState.COMPLETE
        self._message = ""

    def gone_on(self, spec: TrialSpec) -> "TrialLife":
        """Return the life of the trial that goes on from this one, which has paused."""
        life = TrialLife(spec)
        life.history = [replace(report, trial=spec.trial) for report in self.history]
        life._plateau, life._best, life._kept_epoch = self._plateau, self._best, self._kept_epoch
        return life

    @property
    def has_paused(self) -> bool:
        """Whether it is over for now, and would have had another epoch."""
        is_short = self.n_epochs == self.spec.last_epoch < self.spec.n_epochs
        is_exhausted = self._best.is_exhausted(self.n_epochs, self.spec.patience)
        return is_short and not is_exhausted and self._state is TrialState.COMPLETE

    @property
    def n_epochs(self) -> int:
        """Epochs that were measured and were finite."""
        return len(self.history)

    @property
    def learning_rate(self) -> float:
        """The rate of the epoch that comes next."""
        return self._plateau.learning_rate if self._rates is None else float(self._rates[self.n_epochs])

    def observe(self, metrics: Mapping[str, float]) -> bool:
        """Take the measurement of an epoch, and say whether its weights are the ones to keep.

        A NaN or an infinity fails the trial, without a report. The trial is over when it has failed, waited out its
        patience, or trained its last epoch.
        """
        epoch = self.n_epochs + 1
        bad = {name: value for name, value in metrics.items() if not math.isfinite(value)}
        if bad:
            self._state, self.is_over = TrialState.FAILED, True
            self._message = f"epoch {epoch} ended with " + ", ".join(f"{k} = {v}" for k, v in bad.items())
            return False
        self.history.append(EpochReport(trial=self.spec.trial, epoch=epoch, metrics=metrics))
        watched = metrics[self.spec.watch]
        self._plateau = step_plateau(self.spec.params, self._plateau, watched)
        self._best = self._best.observe(epoch, watched)
        is_last = epoch == self.spec.last_epoch
        self.is_over = is_last or self._best.is_exhausted(epoch, self.spec.patience)
        is_kept = self._best.epoch == epoch or (self.spec.patience is None and is_last)
        if is_kept:
            self._kept_epoch = epoch
        return is_kept

    @property
    def has_failed(self) -> bool:
        """Whether a measurement was no number."""
        return self._state is TrialState.FAILED

    def give_up(self) -> None:
        """End a trial that the pruner has stopped, after the epoch that was measured last."""
        self._state, self.is_over = TrialState.PRUNED, True

    def result(
        self,
        weights: tuple[Matrix, ...] | None,
        predictions: Vector | None,
        y: Vector,
        *,
        started_at_s: float,
        wall_s: float,
    ) -> TrialResult:
        """Return the finished trial.

        Args:
            weights: of the kept epoch, in Keras' order; left out of a failed trial's result.
            predictions: on the validation rows with these weights, shape (R_val,).
            y: truth of these rows, shape (R_val,).
            started_at_s: seconds since 1970.
            wall_s: seconds that it took.
        """
        has_weights = not self.has_failed and predictions is not None
        return TrialResult(
            spec=self.spec,
            state=self._state,
            history=tuple(self.history),
            metrics=self._kept_metrics(y, predictions) if predictions is not None and has_weights else {},
            best_epoch=self._kept_epoch if has_weights else 0,
            weights=weights if has_weights else None,
            val_predictions=predictions if has_weights else None,
            started_at_s=started_at_s,
            wall_s=wall_s,
            message=self._message,
        )

    def _kept_metrics(self, y: Vector, predictions: Vector) -> dict[str, float]:
        kept = self.history[self._kept_epoch - 1].metrics
        return {**{name: kept[name] for name in _KEPT_METRICS}, "val_roc_auc": roc_auc(y, predictions)}
