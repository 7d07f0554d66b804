"""Many trials in one process, in groups that share a program: epoch by epoch, the groups in turn.

Owns: which program trains, which group a trial joins, whose turn it is. Does not own: processes (pool). A GPU's stacks
do less than a CPU's kernel: a trial that asks for more is trained by the kernel, beside them.
"""

import time
from collections.abc import Generator, Hashable, Mapping, Sequence
from types import MappingProxyType
from typing import TypeAlias, final

from threadpoolctl import ThreadpoolController

from songpop.contracts import Decision, Done, EpochReport, NextTrial, OnEpoch, Task, TrialResult, TrialSpec, Wait
from songpop.engines.fused import FusedProgram
from songpop.engines.group import Group
from songpop.engines.paused import N_PAUSED, PausedSlot, PausedTrials
from songpop.engines.program import Program
from songpop.engines.resamples import task_of
from songpop.engines.signature import signature_of
from songpop.models.gpu import has_gpu

_Ground: TypeAlias = tuple[int | None, str]  # resample and inputs: what makes the rows and features of a trial
_Key: TypeAlias = tuple[_Ground, bool, Hashable]  # ground, whether this machine's own program, its group
_PAUSE_S = 0.02  # before asking again, when trials elsewhere have to end first


def program_for(task: Task) -> Program:
    """Return what trains on this machine: a GPU's stacks, or else a CPU's kernel."""
    if not has_gpu():
        return FusedProgram(task)
    from songpop.engines.stacked_program import StackedProgram  # TensorFlow: seconds, which a CPU's worker never pays

    return StackedProgram(task)


@final
class Population:
    """The trials of one process. One turn: `train`, `settle`, and `add` for the seats that are free."""

    def __init__(self, task: Task, program: Program | None = None) -> None:
        """Begin without trials.

        Args:
            task: what they train on.
            program: what trains them; None: what suits this machine.
        """
        self._task = task
        self._given = program
        # By rows and features of a trial: what suits this machine, and if a trial needs it, the kernel.
        self._programs: dict[tuple[_Ground, bool], Program] = {}
        self._tasks: dict[_Ground, Task] = {}
        self._groups: dict[_Key, Group] = {}
        self._turns: list[_Key] = []  # the next one first
        self._trained: _Key

    @property
    def n_trials(self) -> int:
        """Trials that are running."""
        return sum(group.n_trials for group in self._groups.values())

    @property
    def n_traces(self) -> int:
        """Programs that were compiled for trials: none on a CPU, on a GPU a constant number per network."""
        return sum(program.n_traces for program in self._programs.values())

    @property
    def filled_share(self) -> float:
        """Share of the computed slots that held a trial: a GPU's stacks are filled up to a compiled size."""
        n_computed = sum(group.n_computed_slots for group in self._groups.values())
        return sum(group.n_trained_slots for group in self._groups.values()) / n_computed if n_computed else 1.0

    def add(self, specs: Sequence[TrialSpec], paused: Mapping[int, PausedSlot] = MappingProxyType({})) -> None:
        """Seat new trials; those among `paused`, by their number, go on from there.

        Raises:
            SettingsError: if a trial's hyperparameters cannot be meant.
        """
        keys = [self._key(spec) for spec in specs]
        for key in dict.fromkeys(keys):
            program, task = self._programs[key[:2]], self._tasks[key[0]]
            group = self._groups.setdefault(key, Group(program, task))
            if not group.n_trials:
                self._turns.append(key)
            group.add([spec for spec, of in zip(specs, keys, strict=True) if of == key], paused)

    def train(self) -> list[EpochReport]:
        """Train one epoch of the group whose turn it is; the others come before it does again."""
        self._trained = self._turns.pop(0)
        self._turns.append(self._trained)
        return self._groups[self._trained].train_epoch()

    def settle(self, stopped: frozenset[int]) -> tuple[list[TrialResult], dict[int, PausedSlot]]:
        """End the trials of the last epoch's group that are over or `stopped`; their seats are free.

        Returns:
            Their results, and the states of those that may go on, by trial.
        """
        group = self._groups[self._trained]
        ended, paused = group.release(stopped)
        if not group.n_trials:
            self._turns.remove(self._trained)
        return ended, paused

    def _key(self, spec: TrialSpec) -> _Key:
        """Return the group of a trial: its ground, whether this machine's own program serves it, and the rest."""
        ground = (spec.resample, spec.params.inputs)
        if ground not in self._tasks:
            self._tasks[ground] = task_of(self._task, spec)
        is_served = self._program(ground, True).serves(spec.params)
        program = self._program(ground, is_served)
        return ground, is_served, program.group_of(signature_of(spec.params))

    def _program(self, ground: _Ground, is_own: bool) -> Program:
        """Return what trains on a ground: this machine's own, or else the kernel; made at the first trial."""
        if (ground, is_own) not in self._programs:
            task = self._tasks[ground]
            given = self._given if is_own and task is self._task else None
            make = program_for if is_own else FusedProgram
            self._programs[ground, is_own] = given or make(task)
        return self._programs[ground, is_own]


@final
class InProcessEngine:
    """A population in this very process; implements `contracts.Engine`."""

    def __init__(self, task: Task, n_slots: int, program: Program | None = None) -> None:
        self.population = Population(task, program)
        self._blas = ThreadpoolController().select(user_api="blas")
        self._n_slots = n_slots
        self._paused = PausedTrials[PausedSlot](N_PAUSED)

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
            self.population.add(new, self._paused.take_all(new))
            if self.population.n_trials:
                # Sums over rows would be cut in another way with more threads, and rounded in another way.
                with self._blas.limit(limits=1):
                    reports = self.population.train()
                stopped = frozenset(r.trial for r in reports if on_epoch(r) is Decision.STOP)
                ended, paused = self.population.settle(stopped)
                self._paused.put(paused)
                yield from ended
            elif is_done:
                return
            elif isinstance(answer, Wait):
                time.sleep(_PAUSE_S)
