"""The search loop: ask, run, record, tell. Glue between backend, engine and tracker, and nothing else."""

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass

from songpop.contracts import (
    Decision,
    Engine,
    EpochReport,
    FinishedTrial,
    SearchBackend,
    Tracker,
    TrialResult,
    TrialState,
)
from songpop.search.interrupts import interrupts_deferred
from songpop.search.outcome import settled
from songpop.search.progress import Circumstances, SearchProgress, Tally
from songpop.search.recorder import Recorder


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
    on_beat: Callable[[SearchProgress], None] = lambda progress: None,
    hurry: Callable[[], None] = lambda: None,
    circumstances: Circumstances | None = None,
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
        on_beat: called while trials run, a few times a second at most, from this thread.
        hurry: called when the search is broken off: the tracker shall not wait for a store that does not answer.
        circumstances: seats and time, for the progress; None: one seat, any time.
        clock: seconds, for the durations.

    Raises:
        StoreError: if a store takes no more; the trials before are kept.
        KeyboardInterrupt: on a second Ctrl-C, while what the first one ended is still being kept, and on the first
            one where a store that does not answer keeps no more.
    """
    tally = Tally(backend, clock, circumstances or Circumstances(), on_beat)

    def on_kept(trial: FinishedTrial, result: TrialResult, n_behind: int) -> None:
        tally.count(trial)
        on_progress(tally.progress(result, n_behind))

    is_interrupted = False
    recorder = Recorder(backend, open_tracker, on_kept, hurry)

    def decide(report: EpochReport) -> Decision:
        recorder.check()
        tally.count_epoch()
        return Decision.STOP if backend.should_stop(report) else Decision.CONTINUE

    try:
        with recorder, closing(engine.run(tally.ask, decide)) as results:
            for result in _settled(results):
                tally.count_ended()
                recorder.wait_for_place()
                with interrupts_deferred():
                    suggested = backend.suggested(result.spec.trial)
                    backend.tell(result)
                    recorder.put(result, suggested)
    except KeyboardInterrupt:
        if not recorder.has_kept_all:
            raise  # nothing may be concluded while trials are still being written, or are lost
        is_interrupted = True
    return _summary(tally, is_interrupted=is_interrupted)


def _summary(tally: Tally, *, is_interrupted: bool) -> SearchSummary:
    n_finished = tally.states.total()
    return SearchSummary(
        n_finished=n_finished,
        n_complete=tally.states[TrialState.COMPLETE],
        n_pruned=tally.states[TrialState.PRUNED],
        n_failed=tally.states[TrialState.FAILED],
        n_new=n_finished - tally.n_before,
        best=tally.best,
        interrupted=is_interrupted,
        reason="interrupted" if is_interrupted else tally.done.reason,
        wall_s=tally.elapsed_s,
    )


def _settled(results: Iterator[TrialResult]) -> Iterator[TrialResult]:
    for result in results:
        yield settled(result)
