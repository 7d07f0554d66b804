"""Which trial sits in which worker's slot: seats, the order of refill, what is done again, how full it was.

Owns: the map from trials to workers, trials that wait to be taken, occupancy. Does not own: arrays (slot), processes
(pool), what to try (search). A seat takes a trial of any signature; where a worker has groups by signature, each has
its turn, an epoch at a time, so that none waits for another's trials to end.
"""

from collections import deque
from dataclasses import dataclass
from typing import final

from songpop.contracts import TrialSpec


@dataclass(frozen=True, kw_only=True)
class Occupancy:
    """How many seats held a trial, over time."""

    n_seats: int
    changes: tuple[tuple[float, int], ...]  # (seconds since the start, seats that hold a trial from then on)
    end_s: float

    @property
    def share(self) -> float:
        """Share of all seats' time in which they held a trial, between the first trial's start and the last's end."""
        if not self.changes or self.end_s <= self.changes[0][0]:
            return 0.0
        begins = [time_s for time_s, _ in self.changes]
        ends = [*begins[1:], self.end_s]
        held_s = sum(n * (end - begin) for (begin, n), end in zip(self.changes, ends, strict=True))
        return held_s / (self.n_seats * (self.end_s - begins[0]))


@final
class Slots:
    """The seats of several workers."""

    def __init__(self, n_workers: int, n_slots: int) -> None:
        """Begin with free seats.

        Args:
            n_workers: how many workers.
            n_slots: seats of each.
        """
        self._n_slots = n_slots
        self._seated: list[dict[int, TrialSpec]] = [{} for _ in range(n_workers)]
        self._inbox: list[list[TrialSpec]] = [[] for _ in range(n_workers)]
        self._again: deque[TrialSpec] = deque()
        self._n_losses: dict[int, int] = {}
        self._changes: list[tuple[float, int]] = []

    @property
    def n_held(self) -> int:
        """Seats that hold a trial."""
        return sum(map(len, self._seated))

    @property
    def has_work(self) -> bool:
        """Whether a trial sits somewhere, or waits to be seated again."""
        return self.n_held > 0 or bool(self._again)

    @property
    def has_free(self) -> bool:
        """Whether a trial can be seated."""
        return any(len(seated) < self._n_slots for seated in self._seated)

    def next_again(self) -> TrialSpec | None:
        """Return a trial that a worker took with it, to be seated before any other; None if there is none."""
        return self._again.popleft() if self._again else None

    def seat(self, spec: TrialSpec, now_s: float) -> int:
        """Seat a trial with the worker that has the fewest; return which.

        Raises:
            ValueError: if no seat is free.
        """
        free = [k for k, seated in enumerate(self._seated) if len(seated) < self._n_slots]
        if not free:
            raise ValueError("a free seat must be there before a trial is seated.")
        chosen = min(free, key=lambda k: (len(self._seated[k]), k))
        self._seated[chosen][spec.trial] = spec
        self._inbox[chosen].append(spec)
        self._changes.append((now_s, self.n_held))
        return chosen

    def take(self, worker: int) -> tuple[TrialSpec, ...]:
        """Return the trials that were seated with a worker since it last asked, in order."""
        taken, self._inbox[worker] = tuple(self._inbox[worker]), []
        return taken

    def n_seated(self, worker: int) -> int:
        """Return how many trials a worker has, those included that it has not taken yet."""
        return len(self._seated[worker])

    def free(self, worker: int, trial: int, now_s: float) -> None:
        """Free the seat of a trial that has ended."""
        del self._seated[worker][trial]
        self._changes.append((now_s, self.n_held))

    def lose(self, worker: int, now_s: float, n_tries: int = 2) -> tuple[TrialSpec, ...]:
        """Free all seats of a worker that died; return its trials that were lost `n_tries` times, and are given up.

        The others wait to be seated again, in their order.
        """
        lost = list(self._seated[worker].values())
        self._seated[worker], self._inbox[worker] = {}, []
        for spec in lost:
            self._n_losses[spec.trial] = self._n_losses.get(spec.trial, 0) + 1
        self._again.extend(spec for spec in lost if self._n_losses[spec.trial] < n_tries)
        self._changes.append((now_s, self.n_held))
        return tuple(spec for spec in lost if self._n_losses[spec.trial] >= n_tries)

    def occupancy(self, now_s: float) -> Occupancy:
        """Return how full the seats have been until now."""
        n_seats = self._n_slots * len(self._seated)
        if not self.n_held and self._changes:
            now_s = self._changes[-1][0]  # what is done since the last trial's end needs no seat
        return Occupancy(n_seats=n_seats, changes=tuple(self._changes), end_s=now_s)
