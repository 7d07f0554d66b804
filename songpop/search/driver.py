"""The search loop: ask, run, record, tell. Glue between backend, engine and tracker, and nothing else."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import final

from songpop.contracts import (
    Decision,
    Done,
    Engine,
    EpochReport,
    FinishedTrial,
    SearchBackend,
    Tracker,
    TrialResult,
    TrialSpec,
    TrialState,
    Wait,
)
from songpop.search.interrupts import interrupts_deferred
from songpop.search.outcome import settled
from songpop.search.recorder import Recorder


@dataclass(frozen=True, kw_only=True)
class SearchProgress:
    """The state of a search after a finished trial; counts are over the whole study, earlier calls too."""

    n_finished: int
    n_total: int
    n_pruned: int
    n_failed: int
    best_value: float | None  # None: no trial is complete yet
    best_trial: int | None
    last: TrialResult
    n_behind: int  # trials that have ended but are not recorded yet
    elapsed_s: float


@dataclass(frozen=True, kw_only=True)
class SearchSummary:
    """How a search ended; counts are over the whole study. `n_complete` 0 means that there is no winner."""

    n_finished: int
    n_complete: int
    n_pruned: int
    n_failed: int
    n_new: int  # trials finished by this call
    best: FinishedTrial | None
    interrupted: bool  # Ctrl-C ended the search; every finished trial is kept
    reason: str  # why no further trial was asked for
    wall_s: float


def run_search(
    backend: SearchBackend,
    engine: Engine,
    open_tracker: Callable[[], Tracker],
    *,
    on_progress: Callable[[SearchProgress], None],
    hurry: Callable[[], None] = lambda: None,
    clock: Callable[[], float] = time.monotonic,
) -> SearchSummary:
    """Run trials until the backend says Done, or until Ctrl-C.

    A trial that ends counts at once for what is asked next; recording and keeping it goes on beside the training
    (recorder.py), and progress is told when both are done. What a crash leaves recorded but not kept is run again under
    its number.

    Args:
        backend: decides what to try and what to stop.
        engine: trains.
        open_tracker: returns what keeps the runs; called once, beside the training, which a tracker that cannot be
            opened ends at its next epoch.
        on_progress: called after each trial that is kept, from the recorder's thread.
        hurry: called when the search is broken off: the tracker shall not wait for a store that does not answer.
        clock: seconds, for the durations.

    Raises:
        StoreError: if a store takes no more; the trials before are kept.
        KeyboardInterrupt: on a second Ctrl-C, while what the first one ended is still being kept, and on the first
            one where a store that does not answer keeps no more.
    """
    tally = _Tally(backend, clock)

    def on_kept(trial: FinishedTrial, result: TrialResult, n_behind: int) -> None:
        tally.count(trial)
        on_progress(tally.progress(result, n_behind))

    is_interrupted = False
    recorder = Recorder(backend, open_tracker, on_kept, hurry)

    def decide(report: EpochReport) -> Decision:
        recorder.check()
        return Decision.STOP if backend.should_stop(report) else Decision.CONTINUE

    try:
        with recorder, closing(engine.run(tally.ask, decide)) as results:
            for result in _settled(results):
                recorder.wait_for_place()
                with interrupts_deferred():
                    suggested = backend.suggested(result.spec.trial)
                    backend.tell(result)
                    recorder.put(result, suggested)
    except KeyboardInterrupt:
        if not recorder.has_kept_all:
            raise  # nothing may be concluded while trials are still being written, or are lost
        is_interrupted = True
    return tally.summary(is_interrupted=is_interrupted)


def _settled(results: Iterator[TrialResult]) -> Iterator[TrialResult]:
    for result in results:
        yield settled(result)


@final
class _Tally:
    """Counts trials as they finish, so that progress costs the same after 10 trials and after 10,000."""

    def __init__(self, backend: SearchBackend, clock: Callable[[], float]) -> None:
        self._backend = backend
        self._clock = clock
        self._started_s = clock()
        self._states: Counter[TrialState] = Counter()
        self._best: FinishedTrial | None = None
        self._done = Done()
        for trial in backend.finished():
            self.count(trial)
        self._n_before = self._states.total()

    def ask(self) -> TrialSpec | Wait | Done:
        """Ask the backend, and remember why it ended."""
        answer = self._backend.ask()
        if isinstance(answer, Done):
            self._done = answer
        return answer

    def count(self, trial: FinishedTrial) -> None:
        """Take a finished trial in."""
        self._states[trial.state] += 1
        if trial.state is TrialState.COMPLETE and (self._best is None or trial.value < self._best.value):
            self._best = trial

    def progress(self, last: TrialResult, n_behind: int) -> SearchProgress:
        """Return the state after `last`."""
        return SearchProgress(
            n_finished=self._states.total(),
            n_total=self._backend.n_trials,
            n_pruned=self._states[TrialState.PRUNED],
            n_failed=self._states[TrialState.FAILED],
            best_value=None if self._best is None else self._best.value,
            best_trial=None if self._best is None else self._best.trial,
            last=last,
            n_behind=n_behind,
            elapsed_s=self._clock() - self._started_s,
        )

    def summary(self, *, is_interrupted: bool) -> SearchSummary:
        """Return how the search ended."""
        return SearchSummary(
            n_finished=self._states.total(),
            n_complete=self._states[TrialState.COMPLETE],
            n_pruned=self._states[TrialState.PRUNED],
            n_failed=self._states[TrialState.FAILED],
            n_new=self._states.total() - self._n_before,
            best=self._best,
            interrupted=is_interrupted,
            reason="interrupted" if is_interrupted else self._done.reason,
            wall_s=self._clock() - self._started_s,
        )
