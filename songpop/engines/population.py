"""Many trials in one process, a stack for each signature: epoch by epoch, the stacks in turn.

Owns: which stack a trial joins, the compiled networks, whose turn it is. Does not own: processes (pool).
"""

import time
from collections.abc import Generator, Sequence
from typing import final

from songpop.contracts import Decision, Done, EpochReport, NextTrial, OnEpoch, Task, TrialResult, TrialSpec, Wait
from songpop.engines.group import DeviceTask, Group
from songpop.engines.signature import Signature, signature_of
from songpop.engines.stacked import StackedNetwork

_PAUSE_S = 0.02  # before asking again, when trials elsewhere have to end first


@final
class Population:
    """The trials of one process. One turn: `train`, `settle`, and `add` for the seats that are free."""

    def __init__(self, task: Task) -> None:
        self._data = DeviceTask.of(task)
        self._networks: dict[tuple[tuple[int, ...], str], StackedNetwork] = {}
        self._groups: dict[Signature, Group] = {}
        self._turns: list[Signature] = []  # the next one first
        self._trained: Group | None = None

    @property
    def n_trials(self) -> int:
        """Trials that are running."""
        return sum(group.n_trials for group in self._groups.values())

    @property
    def n_traces(self) -> int:
        """How often TensorFlow has traced a function: a constant number per network, however many trials."""
        return sum(network.n_traces for network in self._networks.values())

    @property
    def filled_share(self) -> float:
        """Share of the computed seats that held a trial: the others fill stacks up to a compiled size."""
        n_seats = sum(group.n_trained_slots for group in self._groups.values())
        return sum(group.n_trained_trials for group in self._groups.values()) / n_seats if n_seats else 1.0

    def add(self, specs: Sequence[TrialSpec]) -> None:
        """Seat new trials.

        Raises:
            SettingsError: if a trial's hyperparameters cannot be meant.
        """
        for signature in dict.fromkeys(signature_of(spec.params) for spec in specs):
            group = self._group(signature)
            if not group.n_trials:
                self._turns.append(signature)
            group.add([spec for spec in specs if signature_of(spec.params) == signature])

    def prepare(self, spec: TrialSpec, n_slots: int) -> None:
        """Trace and compile what a full stack of such trials needs."""
        self._group(signature_of(spec.params)).prepare(spec, n_slots)

    def train(self) -> list[EpochReport]:
        """Train one epoch of the group whose turn it is; the others come before it does again."""
        signature = self._turns.pop(0)
        self._turns.append(signature)
        self._trained = self._groups[signature]
        return self._trained.train_epoch()

    def settle(self, stopped: frozenset[int]) -> list[TrialResult]:
        """End the trials of the last epoch's group that are over or `stopped`; their seats are free."""
        assert self._trained is not None
        ended = self._trained.release(stopped)
        if not self._trained.n_trials:
            self._turns.remove(self._trained.signature)
        return ended

    def _group(self, signature: Signature) -> Group:
        if signature not in self._groups:
            if signature.network not in self._networks:
                n_features = int(self._data.x.shape[1])
                self._networks[signature.network] = StackedNetwork(*signature.network, n_features)
            self._groups[signature] = Group(signature, self._networks[signature.network], self._data)
        return self._groups[signature]


@final
class InProcessEngine:
    """A population in this very process; implements `contracts.Engine`."""

    def __init__(self, task: Task, n_slots: int) -> None:
        self.population = Population(task)
        self._n_slots = n_slots

    def run(self, next_trial: NextTrial, on_epoch: OnEpoch) -> Generator[TrialResult]:
        """Train up to `n_slots` trials at once until `next_trial` says Done; yield each trial as it ends."""
        is_done = False
        while True:
            new: list[TrialSpec] = []
            while not is_done and self.population.n_trials + len(new) < self._n_slots:
                answer = next_trial()
                is_done = isinstance(answer, Done)
                if not isinstance(answer, TrialSpec):
                    break
                new.append(answer)
            self.population.add(new)
            if self.population.n_trials:
                reports = self.population.train()
                stopped = frozenset(r.trial for r in reports if on_epoch(r) is Decision.STOP)
                yield from self.population.settle(stopped)
            elif is_done:
                return
            elif isinstance(answer, Wait):
                time.sleep(_PAUSE_S)
