"""What is said of a trial that was trained again: same, drifted, or not reproducible, and why."""

import math
from dataclasses import dataclass
from enum import Enum


class Verdict(Enum):
    """The three answers."""

    SAME = "same"
    DRIFTED = "drifted"
    NOT_REPRODUCIBLE = "not reproducible"


class Rule(Enum):
    """By what the two trainings were held together."""

    NUMBERS = "every number"  # same engine, slots and class of machine
    SEEDS = "seeds"  # another engine or machine: the stored objective among those of other seeds
    NONE = "none"  # nothing was trained


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One number that was stored, and what it is now."""

    metric: str
    epoch: int  # 0: of the trial as a whole
    stored: float | None  # None: was not stored
    now: float | None  # None: was not measured now

    @property
    def size(self) -> float:
        """How far they are apart; infinite where one of them is missing or no number."""
        if self.stored is None or self.now is None:
            return float("inf")
        apart = 0.0 if self.stored == self.now else abs(self.stored - self.now)
        return float("inf") if math.isnan(apart) else apart

    def told(self) -> str:
        """Say it in words."""
        what = self.metric if self.epoch == 0 else f"{self.metric} of epoch {self.epoch}"
        stored = "not stored" if self.stored is None else f"stored {self.stored:.9g}"
        return f"{what}: {stored}, {'not measured now' if self.now is None else f'now {self.now:.9g}'}"


@dataclass(frozen=True, kw_only=True)
class Replay:
    """One trial of the record, and what came of training it again."""

    run_id: str
    run: str  # its name
    sweep: str
    trial: int | None  # its number; None where the record does not say
    verdict: Verdict
    rule: Rule = Rule.NONE
    n_numbers: int = 0  # that were compared
    first: Difference | None = None  # beyond the tolerance: the earliest epoch's
    largest: Difference | None = None  # of all that were compared
    why: tuple[str, ...] = ()  # sentences: what differs, or what is missing
    causes: tuple[str, ...] = ()  # drifted: what else is not as it was
    remarks: tuple[str, ...] = ()  # same: what is not as it was, and changed nothing
