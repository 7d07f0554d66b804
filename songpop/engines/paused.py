"""Trials that ended for now, as what goes on with them needs it (Hyperband's rounds).

Owns: which states are kept, and for whom. Does not own: what is in one (slot, keras_fit). A state is a saving and never
a need: what finds none is trained from its first epoch, to the same result (contracts.TrialSpec).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar, final

from songpop.contracts import TrialSpec, Vector
from songpop.engines.life import TrialLife

N_PAUSED = 256  # states that a search keeps: of the published net, a megabyte each


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class PausedSlot:
    """The state of a trial that sat in a slot; vectors of shape (P,), `averages` (0,) where it has none."""

    life: TrialLife
    weights: Vector
    means: Vector
    squares: Vector
    averages: Vector
    kept: tuple[Vector, Vector] | None  # weights, and the validation rows' probabilities with them


class Paused(Protocol):
    """Anything that a trial can go on from."""

    @property
    def life(self) -> TrialLife:
        """The life that it had until it paused."""
        ...


State = TypeVar("State", bound=Paused)


@final
class PausedTrials(Generic[State]):
    """The states of the trials that paused last."""

    def __init__(self, n_kept: int) -> None:
        """Begin with none; keep `n_kept` at most, and of more the latest."""
        self._n_kept = n_kept
        self._states: dict[int, State] = {}

    def put(self, states: Mapping[int, State]) -> None:
        """Keep states, by the number of their trial."""
        self._states.update(states)
        for trial in list(self._states)[: max(len(self._states) - self._n_kept, 0)]:
            del self._states[trial]

    def clear(self) -> None:
        """Forget all states: no trial goes on any more."""
        self._states.clear()

    def take_all(self, specs: Sequence[TrialSpec]) -> dict[int, State]:
        """Return the states that trials can go on from, by the number of the one that goes on, and forget them."""
        found = {spec.trial: self.take(spec) for spec in specs}
        return {trial: state for trial, state in found.items() if state is not None}

    def take(self, spec: TrialSpec) -> State | None:
        """Return the state that a trial can go on from, and forget it; None: there is none."""
        state = None if spec.goes_on_from is None else self._states.pop(spec.goes_on_from, None)
        return state if state is not None and _is_of(state.life.spec, spec) else None


def _is_of(paused: TrialSpec, spec: TrialSpec) -> bool:
    """Say whether the two are the same training, apart from where it ends."""
    return _training(paused) == _training(spec) and paused.last_epoch < spec.last_epoch


def _training(spec: TrialSpec) -> tuple[object, ...]:
    return spec.params, spec.seed, spec.n_epochs, spec.patience, spec.watch, spec.resample
