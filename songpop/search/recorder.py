"""Keeps finished trials while others train: a thread of its own, in the order in which they ended.

Owns: the queue, what waits, who is told. A trial is recorded in the tracking store first and kept by the study second,
so that a trial that the study knows has a run; several that wait are written together. Until both have happened the
trial does not count as finished: after a crash it is trained again, under its number, with the same result.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from queue import Empty, SimpleQueue
from typing import Any, final

from songpop.contracts import FinishedTrial, SearchBackend, Tracker, TrialResult
from songpop.errors import UnreachableError

_MAX_TOGETHER = 64
_MAX_BEHIND = 256  # more may not wait: a store that is too slow slows the search down, and a crash costs little

OnKept = Callable[[FinishedTrial, TrialResult, int], None]


@final
class Recorder:
    """A thread that records. Use it as a context: leaving it waits until everything is kept."""

    def __init__(
        self,
        backend: SearchBackend,
        open_tracker: Callable[[], Tracker],
        on_kept: OnKept,
        hurry: Callable[[], None] = lambda: None,
    ) -> None:
        """Begin.

        Args:
            backend: keeps the study.
            open_tracker: returns what keeps the runs; called first of all, in the recorder's thread.
            on_kept: called in the recorder's thread with each trial that is kept, its result, and how many wait.
            hurry: called on Ctrl-C: from now on a store that does not answer is not waited for.
        """
        self._backend = backend
        self._open_tracker = open_tracker
        self._on_kept = on_kept
        self._hurry = hurry
        self._queue: SimpleQueue[tuple[TrialResult, Mapping[str, Any]] | None] = SimpleQueue()
        self._places = threading.Semaphore(_MAX_BEHIND)
        self._n_put = 0
        self._error: BaseException | None = None
        # Not `Thread.join`: interrupted once, it takes the thread for ended (CPython 3.11).
        self._has_ended = threading.Event()
        # A daemon, so that a second Ctrl-C ends the program also while a store does not answer.
        self._thread = threading.Thread(target=self._work, name="recorder", daemon=True)

    def __enter__(self) -> "Recorder":
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._queue.put(None)
        if kind is not None:
            self._hurry()
        try:
            self._has_ended.wait()
        except KeyboardInterrupt:
            if kind is KeyboardInterrupt:
                raise  # the second: whoever asks twice does not want to wait
            self._hurry()
            self._has_ended.wait()
            self._check_interrupted()
            raise
        if kind is None:
            self.check()
        elif kind is KeyboardInterrupt:
            self._check_interrupted()

    @property
    def has_kept_all(self) -> bool:
        """Whether all that was put is kept: not after a second Ctrl-C, nor after one while a store was waited for."""
        return self._has_ended.is_set() and self._error is None

    def check(self) -> None:
        """Raise what has gone wrong in the recorder's thread, if anything has."""
        if self._error is not None:
            raise self._error

    def _check_interrupted(self) -> None:
        """Do as `check`, but for a store that was waited for: what it did not take is trained again."""
        if not isinstance(self._error, UnreachableError):
            self.check()

    def wait_for_place(self) -> None:
        """Wait, only where the store is far behind, until another trial may be put.

        Raises:
            StoreError: if a store took an earlier trial not.
        """
        while not self._places.acquire(timeout=0.1):
            self.check()
        self.check()

    def put(self, result: TrialResult, suggested: Mapping[str, Any]) -> None:
        """Hand over a trial that has ended, after `wait_for_place`."""
        self._n_put += 1
        self._queue.put((result, suggested))

    def _work(self) -> None:
        n_kept = 0
        try:
            tracker = self._open_tracker()
            while waiting := self._next():
                run_ids = tracker.record_all(waiting)
                results = [result for result, _ in waiting]
                kept = self._backend.keep(list(zip(results, run_ids, strict=True)))
                for trial, result in zip(kept, results, strict=True):
                    self._places.release()
                    n_kept += 1
                    self._on_kept(trial, result, self._n_put - n_kept)
        except BaseException as error:
            self._error = error  # raised where the search waits, which then ends
        finally:
            self._has_ended.set()

    def _next(self) -> Sequence[tuple[TrialResult, Mapping[str, Any]]]:
        """Return what waits, at least one trial; nothing when no more will come."""
        waiting = []
        item = self._queue.get()
        while item is not None:
            waiting.append(item)
            if len(waiting) == _MAX_TOGETHER:
                return waiting
            try:
                item = self._queue.get_nowait()
            except Empty:
                return waiting
        if waiting:
            self._queue.put(None)  # for the next call
        return waiting
