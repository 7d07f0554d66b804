"""What the pool and its workers say to each other: small picklable records, and nothing else.

A worker is given the task. It then says `Ended` (at first with nothing), gets `Start`; trains an epoch,
says `Reported`, gets `Stop`; says `Ended` again. So the same records could later go to workers on other machines.
"""

from dataclasses import dataclass

from songpop.contracts import EpochReport, TrialResult, TrialSpec
from songpop.errors import SongpopError


@dataclass(frozen=True, kw_only=True, eq=False)
class Ended:
    """Trials that have ended; the worker waits for new ones."""

    results: tuple[TrialResult, ...] = ()
    n_traces: int = 0  # so far
    filled_share: float = 1.0  # of the computed seats, so far


@dataclass(frozen=True, kw_only=True)
class Start:
    """New trials; none if the worker shall go on with those that it has."""

    specs: tuple[TrialSpec, ...]


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
    """The worker cannot go on."""

    error: SongpopError | None  # something that the user can mend
    traceback: str
    is_memory: bool  # the machine's, not the program's fault: the trials may be tried again
