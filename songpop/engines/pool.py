"""The population engine: worker processes, one thread each, and this process, which trains nothing.

Python's part of an epoch does not run in two threads at once, and a process may die without the others. This process
asks, decides, and keeps nothing; workers may die: their trials are trained again, once.

Owns: processes, the conversation with each, what a death means. Does not own: who sits where (slots), training.
"""

import contextlib
import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from multiprocessing import Pipe
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from typing import final

from songpop.contracts import Decision, Done, EpochReport, NextTrial, OnEpoch, Task, TrialResult, TrialSpec, TrialState
from songpop.engines.messages import Ended, Failure, Reported, Start, Stop
from songpop.engines.nursery import start_worker
from songpop.engines.paused import N_PAUSED, PausedSlot, PausedTrials
from songpop.engines.slots import Occupancy, Slots
from songpop.engines.worker import work
from songpop.errors import EngineError

_ASK_AGAIN_S = 0.05  # while the search has no trial for a free seat
_PATIENCE_S = 5.0  # for a worker that is asked to end


@dataclass(frozen=True, kw_only=True)
class PoolReport:
    """What a run of the pool was like."""

    occupancy: Occupancy
    n_traces: int  # by all workers; none on a CPU; a network costs a GPU two, whatever the number of trials
    filled_share: float  # share of the computed seats that held a trial: stacks are filled up to compiled sizes
    n_deaths: int


@final
class PoolEngine:
    """Many trials at once in worker processes; implements `contracts.Engine`."""

    def __init__(self, task: Task, *, n_workers: int, n_slots: int, trial_timeout_s: float) -> None:
        """Make the engine; processes start with `run`.

        Args:
            task: copied once to each worker.
            n_workers: processes.
            n_slots: trials that each trains at once.
            trial_timeout_s: a worker that has finished no epoch for so long is ended.
        """
        self._task = task
        self._n_workers = n_workers
        self._timeout_s = trial_timeout_s
        self._slots = Slots(n_workers, n_slots)
        self._paused = PausedTrials[PausedSlot](N_PAUSED)
        self._workers: list[_Worker] = []
        self._decided: dict[int, tuple[int, bool]] = {}  # trial: its last epoch that was decided on, and if it stopped
        self._n_deaths = 0
        self._clock_s = time.monotonic()

    def start(self) -> None:
        """Start the processes, without waiting for them; they get the task."""
        self._workers = [_Worker(number, self._task) for number in range(self._n_workers)]

    def close(self) -> None:
        """End the processes; a second call does nothing."""
        for worker in self._workers:
            worker.end()

    def run(self, next_trial: NextTrial, on_epoch: OnEpoch) -> Generator[TrialResult]:
        """Train until `next_trial` says Done and nothing runs; yield each trial as it ends.

        Raises:
            EngineError: if a worker cannot start, or meets a bug.
            SongpopError: what a worker refuses in a trial.
        """
        try:
            is_done = False
            while not is_done or self._slots.has_work:
                is_done = self._fill(next_trial, is_done)
                if not self._workers and self._slots.has_work:
                    self.start()
                self._send_starts()
                for worker in self._ready():
                    yield from self._answer(worker, on_epoch)
        finally:
            self._paused.clear()
            self.close()

    def report(self) -> PoolReport:
        """Return how full the seats were, and what was compiled."""
        return PoolReport(
            occupancy=self._slots.occupancy(self._now_s()),
            n_traces=sum(worker.n_traces for worker in self._workers),
            filled_share=min((worker.filled_share for worker in self._workers), default=1.0),
            n_deaths=self._n_deaths,
        )

    def worker_pids(self) -> list[int]:
        """Return the processes that train now: for those who watch them."""
        return [worker.pid for worker in self._workers]

    # ── what goes to the workers ────────────────────────────────────────────────────────────────────────────

    def _fill(self, next_trial: NextTrial, is_done: bool) -> bool:
        """Seat trials while there are seats and trials; say whether no new ones will come, as `is_done` does."""
        while self._slots.has_free:
            answer = self._slots.next_again() or (Done() if is_done else next_trial())
            if not isinstance(answer, TrialSpec):
                return isinstance(answer, Done)
            self._slots.seat(answer, self._now_s())
        return is_done

    def _send_starts(self) -> None:
        for worker in self._workers:
            if worker.awaits_start and self._slots.n_seated(worker.number):
                specs = self._slots.take(worker.number)
                worker.send(Start(specs=specs, paused=self._paused.take_all(specs)))

    # ── what comes from them ────────────────────────────────────────────────────────────────────────────────

    def _ready(self) -> list["_Worker"]:
        """Wait for workers that have said something or died; end those that hang."""
        if not self._workers:
            time.sleep(_ASK_AGAIN_S)
        by_object = {worker.pipe: worker for worker in self._workers}
        timeout_s = _ASK_AGAIN_S if self._slots.has_free else 1.0
        ready = {id(by_object[pipe]): by_object[pipe] for pipe in wait(list(by_object), timeout_s)}  # type: ignore[index]
        for worker in self._workers:
            if not worker.awaits_start and time.monotonic() - worker.heard_s > self._timeout_s:
                worker.kill(f"had finished no epoch within engine.trial_timeout_s={self._timeout_s:g}")
                ready[id(worker)] = worker
        return list(ready.values())

    def _answer(self, worker: "_Worker", on_epoch: OnEpoch) -> Iterator[TrialResult]:
        message = worker.receive()
        if isinstance(message, Reported):
            stopped = frozenset(report.trial for report in message.reports if self._is_stopped(report, on_epoch))
            worker.send(Stop(trials=stopped))
        elif isinstance(message, Ended):
            self._paused.put(message.paused)
            for result in message.results:
                self._slots.free(worker.number, result.spec.trial, self._now_s())
                self._decided.pop(result.spec.trial, None)
            yield from message.results
        elif isinstance(message, Failure) and not message.is_memory:
            raise message.told()
        else:
            yield from self._bury(worker)

    def _is_stopped(self, report: EpochReport, on_epoch: OnEpoch) -> bool:
        """Ask about an epoch, once: a trial whose worker died since gets the answer that it got before."""
        epoch, is_stopped = self._decided.get(report.trial, (0, False))
        if report.epoch <= epoch:
            return is_stopped and report.epoch == epoch
        is_stopped = on_epoch(report) is Decision.STOP
        self._decided[report.trial] = report.epoch, is_stopped
        return is_stopped

    def _bury(self, worker: "_Worker") -> Iterator[TrialResult]:
        """Put a new worker in a dead one's place, and its trials in line again; give up those that were lost before."""
        reason = worker.end()
        if not worker.has_spoken:
            raise EngineError(
                f"a worker process must start, but it {reason}. Is there enough memory? engine.n_workers=1"
            )
        self._n_deaths += 1
        given_up = self._slots.lose(worker.number, self._now_s())
        self._workers[worker.number] = _Worker(worker.number, self._task)
        for spec in given_up:
            self._decided.pop(spec.trial, None)
            yield _lost(spec, reason)

    def _now_s(self) -> float:
        return time.monotonic() - self._clock_s


@final
class _Worker:
    """The pool's end of one worker process."""

    def __init__(self, number: int, task: Task) -> None:
        self.number = number
        self.awaits_start = False
        self.has_spoken = False
        self.n_traces, self.filled_share = 0, 1.0
        self.heard_s = time.monotonic()
        self._reason = ""
        self.pipe, theirs = Pipe()
        lifeline, self._lifeline = Pipe(duplex=False)
        self._process: BaseProcess = start_worker(work, (theirs, lifeline))
        theirs.close()
        lifeline.close()
        self.send(task)

    @property
    def pid(self) -> int:
        """The process."""
        return self._process.pid or 0

    def send(self, message: object) -> None:
        """Send a message; a worker that died meanwhile is noticed when it is next listened to."""
        self.awaits_start = False
        self.heard_s = time.monotonic()
        with contextlib.suppress(ConnectionError):
            self.pipe.send(message)

    def receive(self) -> Ended | Reported | Failure | None:
        """Return the next message; None if the process has died."""
        self.heard_s = time.monotonic()
        try:
            message = self.pipe.recv()
        except (EOFError, ConnectionError):
            return None
        self.has_spoken = True
        if isinstance(message, Ended):
            self.awaits_start = True
            self.n_traces, self.filled_share = message.n_traces, message.filled_share
        assert isinstance(message, Ended | Reported | Failure)
        return message

    def kill(self, reason: str) -> None:
        """End the process at once."""
        self._reason = reason
        self._process.kill()

    def end(self) -> str:
        """Close the conversation, see the process ended, and return why it did."""
        if self._lifeline.closed:
            return self._reason
        self._lifeline.close()
        self.pipe.close()
        self._process.join(_PATIENCE_S)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
        return self._reason or f"ended with exit code {self._process.exitcode}"


def _lost(spec: TrialSpec, reason: str) -> TrialResult:
    """Return a trial that took its worker down twice, or had the bad luck to sit beside one that did."""
    return TrialResult(
        spec=spec,
        state=TrialState.FAILED,
        history=(),
        metrics={},
        best_epoch=0,
        weights=None,
        val_predictions=None,
        started_at_s=time.time(),
        wall_s=0.0,
        message=f"its worker process {reason}; the one before died too",
    )
