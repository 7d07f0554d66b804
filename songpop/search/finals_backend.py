"""The finals as a search that has decided already what to try, so that the same loop and recorder run them.

Owns: the order of the runs, their results. Does not own: who takes part, the verdict (finals). Nothing is pruned: a
mean needs every run. Implements `contracts.SearchBackend`.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any, final

from songpop.contracts import Done, EpochReport, FinishedTrial, TrialResult, TrialSpec, Wait
from songpop.search.outcome import settled


@final
class FinalsBackend:
    """Runs each spec once, and remembers what came of it."""

    def __init__(self, specs: Sequence[TrialSpec], n_resamples: int) -> None:
        """Begin.

        Args:
            specs: of all runs, numbered from 0; the runs of one finalist are `n_resamples` that follow each other.
            n_resamples: runs of each finalist.
        """
        self._specs = tuple(specs)
        self._n_resamples = n_resamples
        self._waiting = deque(specs)
        self._finished: list[FinishedTrial] = []
        self.results: dict[int, TrialResult] = {}  # by number
        self.run_ids: dict[int, str] = {}  # by number

    @property
    def n_trials(self) -> int:
        """How many runs there are."""
        return len(self._specs)

    def ask(self) -> TrialSpec | Wait | Done:
        """Return the next run; Done when each was given out."""
        return (
            self._waiting.popleft() if self._waiting else Done(f"all {self.n_trials} runs of the finals are finished")
        )

    def should_stop(self, report: EpochReport) -> bool:
        """Return False."""
        del report
        return False

    def tell(self, result: TrialResult) -> None:
        """Remember a run; a NaN or infinite objective is a failure."""
        self.results[result.spec.trial] = settled(result)

    def keep(self, told: Sequence[tuple[TrialResult, str]]) -> tuple[FinishedTrial, ...]:
        """Remember where runs were recorded; the record itself is the tracking store's."""
        kept = tuple(self._finished_trial(settled(result), run_id) for result, run_id in told)
        self._finished += kept
        self.run_ids.update((trial.trial, trial.run_id) for trial in kept)
        return kept

    def suggested(self, trial: int) -> Mapping[str, Any]:
        """Return what tells a run from the others: its finalist and its resample, both from 0."""
        return {"finalist": trial // self._n_resamples, "resample": trial % self._n_resamples}

    def finished(self) -> tuple[FinishedTrial, ...]:
        """Return the runs that are recorded, in the order in which they ended."""
        return tuple(self._finished)

    def _finished_trial(self, result: TrialResult, run_id: str) -> FinishedTrial:
        return FinishedTrial(
            trial=result.spec.trial,
            state=result.state,
            suggested=self.suggested(result.spec.trial),
            value=result.value,
            n_epochs=len(result.history),
            best_epoch=result.best_epoch,
            run_id=run_id,
            metrics=result.metrics,
        )
