"""What trains a group of slots: a kernel on a CPU's core (fused), a stack on a GPU (stacked_program)."""

from collections.abc import Hashable, Sequence
from typing import Protocol

from songpop.contracts import Matrix, Params, Vector
from songpop.engines.signature import Signature
from songpop.engines.slot import Slot


class Program(Protocol):
    """Trains slots in place. A slot's numbers depend on nothing but the slot."""

    @property
    def n_traces(self) -> int:
        """Programs that were compiled for trials of this process; not more for a trial whose signature is known."""
        ...

    def serves(self, params: Params) -> bool:
        """Say whether it does all that these hyperparameters ask for; a trial that it does not serve is not its."""
        ...

    def group_of(self, signature: Signature) -> Hashable:
        """Return the same for signatures that can be trained in one group."""
        ...

    def n_computed(self, n_trials: int) -> int:
        """Return how many slots are computed for so many trials: stacks are filled up to compiled sizes."""
        ...

    def train(self, slots: Sequence[Slot]) -> Vector:
        """Train an epoch of each slot of one group, and return their losses as Keras has them, shape (S,)."""
        ...

    def predict(self, slots: Sequence[Slot]) -> Matrix:
        """Return the validation rows' probabilities with the present weights, shape (S, R_val)."""
        ...
