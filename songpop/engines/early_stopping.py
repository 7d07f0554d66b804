"""Which epoch is the best so far, and when a trial has waited long enough: a pure step on a small state."""

import math
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class BestSoFar:
    """The smallest watched value and where it was; epochs count from 1, 0 is before the first."""

    value: float = math.inf
    epoch: int = 0

    def observe(self, epoch: int, watched: float) -> "BestSoFar":
        """Return the state after `epoch` ended with `watched`; any decrease is an improvement (Keras' min_delta=0)."""
        return BestSoFar(value=watched, epoch=epoch) if watched < self.value else self

    def is_exhausted(self, epoch: int, patience: int | None) -> bool:
        """Say whether `patience` epochs have passed without improvement; None never is."""
        return patience is not None and epoch - self.epoch >= patience
