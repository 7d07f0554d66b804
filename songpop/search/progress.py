"""How far a search is: counted as trials begin and end, so that it costs the same after 10 trials and after 10,000."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, final

from songpop.contracts import Done, FinishedTrial, SearchBackend, TrialResult, TrialSpec, TrialState, Wait

BEAT_S = 0.25  # between two looks at what runs; nobody reads faster


@dataclass(frozen=True, kw_only=True)
class Circumstances:
    """What a search has: places to train in, and time."""

    n_seats: int = 1  # trials that can run at once
    timeout_s: float | None = None  # no trial begins later than that


@dataclass(frozen=True, kw_only=True)
class SearchProgress:
    """The state of a search; counts of trials are over the whole study, earlier calls too."""

    n_finished: int
    n_before: int  # of them, by earlier calls
    n_total: int
    n_complete: int
    n_pruned: int
    n_failed: int
    n_running: int
    n_seats: int  # trials that can run at once
    n_epochs: int  # of this call
    best_value: float | None  # None: no trial is complete yet
    best_trial: int | None
    best_suggested: Mapping[str, Any]  # its searched parameters
    n_since_best: int  # trials that have finished since
    last: TrialResult | None  # the trial that has just finished; None between two
    n_behind: int  # trials that have ended but are not recorded yet
    elapsed_s: float
    timeout_s: float | None


@final
class Tally:
    """Counts trials as they begin and finish, from the search's thread and the recorder's."""

    def __init__(
        self,
        backend: SearchBackend,
        clock: Callable[[], float],
        circumstances: Circumstances,
        on_beat: Callable[[SearchProgress], None],
    ) -> None:
        """Begin with the trials that are finished already.

        Args:
            backend: of the search.
            clock: seconds.
            circumstances: seats and time.
            on_beat: told the state while trials run, each 0.25 s at most.
        """
        self._backend = backend
        self._on_beat = on_beat
        self._clock = clock
        self._circumstances = circumstances
        self._started_s = clock()
        self._beaten_s = float("-inf")
        self._n_begun = 0
        self._n_ended = 0
        self._n_epochs = 0
        self._n_at_best = 0
        self.states: Counter[TrialState] = Counter()
        self.best: FinishedTrial | None = None
        self.done = Done()  # why no further trial was asked for
        for trial in backend.finished():
            self.count(trial)
        self.n_before = self.states.total()

    @property
    def elapsed_s(self) -> float:
        """Seconds since the search began."""
        return self._clock() - self._started_s

    def ask(self) -> TrialSpec | Wait | Done:
        """Ask the backend, and remember why it ended."""
        answer = self._backend.ask()
        if isinstance(answer, Done):
            self.done = answer
        elif isinstance(answer, TrialSpec):
            self._n_begun += 1
        self._beat()
        return answer

    def count(self, trial: FinishedTrial) -> None:
        """Take a finished trial in."""
        self.states[trial.state] += 1
        if trial.state is TrialState.COMPLETE and (self.best is None or trial.value < self.best.value):
            self.best = trial
            self._n_at_best = self.states.total()

    def count_epoch(self) -> None:
        """Take the end of an epoch in."""
        self._n_epochs += 1
        self._beat()

    def count_ended(self) -> None:
        """Take in that a trial has ended: its seat is free, though it may not be recorded yet."""
        self._n_ended += 1

    def _beat(self) -> None:
        now_s = self._clock()
        if now_s - self._beaten_s >= BEAT_S:
            self._beaten_s = now_s
            n_kept = self.states.total() - self.n_before
            self._on_beat(self.progress(None, self._n_ended - n_kept))

    def progress(self, last: TrialResult | None, n_behind: int) -> SearchProgress:
        """Return the state after `last`; None: between two trials."""
        n_finished = self.states.total()
        return SearchProgress(
            n_finished=n_finished,
            n_before=self.n_before,
            n_total=self._backend.n_trials,
            n_complete=self.states[TrialState.COMPLETE],
            n_pruned=self.states[TrialState.PRUNED],
            n_failed=self.states[TrialState.FAILED],
            n_running=self._n_begun - self._n_ended,
            n_seats=self._circumstances.n_seats,
            n_epochs=self._n_epochs,
            best_value=None if self.best is None else self.best.value,
            best_trial=None if self.best is None else self.best.trial,
            best_suggested={} if self.best is None else self.best.suggested,
            n_since_best=n_finished - self._n_at_best,
            last=last,
            n_behind=n_behind,
            elapsed_s=self.elapsed_s,
            timeout_s=self._circumstances.timeout_s,
        )
