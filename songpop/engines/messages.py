"""What the pool and its workers say to each other: small picklable records, and nothing else.

A worker is given the task. It then says `Ended` (at first with nothing), gets `Start`; trains an epoch,
says `Reported`, gets `Stop`; says `Ended` again. So the same records could later go to workers on other machines.
"""

import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field

from songpop.contracts import EpochReport, TrialResult, TrialSpec
from songpop.engines.paused import PausedSlot
from songpop.errors import EngineError, SongpopError


@dataclass(frozen=True, kw_only=True, eq=False)
class Ended:
    """Trials that have ended; the worker waits for new ones."""

    results: tuple[TrialResult, ...] = ()
    paused: Mapping[int, PausedSlot] = field(default_factory=dict)  # states of those that may go on, by trial
    n_traces: int = 0  # so far
    filled_share: float = 1.0  # of the computed seats, so far


@dataclass(frozen=True, kw_only=True, eq=False)
class Start:
    """New trials; none if the worker shall go on with those that it has."""

    specs: tuple[TrialSpec, ...]
    paused: Mapping[int, PausedSlot] = field(default_factory=dict)  # by new trial: the state that it goes on from


@dataclass(frozen=True, kw_only=True)
class Reported:
    """An epoch of one group; the worker waits for the decisions."""

    reports: tuple[EpochReport, ...]


@dataclass(frozen=True, kw_only=True)
class Stop:
    """Trials among the reported ones that the pruner gives up."""

    trials: frozenset[int]


@dataclass(frozen=True, kw_only=True, eq=False)
class Failure:
    """The process cannot go on."""

    error: SongpopError | None  # something that the user can mend
    traceback: str
    is_memory: bool  # the machine's, not the program's fault: it may be tried again

    @classmethod
    def of(cls, error: BaseException) -> "Failure":
        """Put down the error that is being handled."""
        return cls(
            error=error if isinstance(error, SongpopError) else None,
            traceback=traceback.format_exc(),
            is_memory=isinstance(error, MemoryError) or type(error).__name__ == "ResourceExhaustedError",
        )

    def told(self) -> SongpopError:
        """Return what to raise where it is told: the error itself, or one sentence about a bug."""
        last = self.traceback.strip().splitlines()[-1]
        error = self.error or EngineError(
            f"a worker process must not meet an error like this, but it did: {last}. --debug shows where."
        )
        error.add_note(self.traceback)  # told with --debug
        return error
