"""What a search library answers when it is asked for a trial, and what it has to be told: the seam between libraries.

Owns: the shapes. Does not own: who answers (samplers for Optuna, kerastuner_advisor), the study (study_backend).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from optuna.study import Study
from optuna.trial import FrozenTrial

from songpop.contracts import Wait

Values = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Round:
    """A trial's place in Hyperband's brackets. Source: Li et al., JMLR 18 (2018), algorithm 1."""

    iteration: int  # over all brackets, from 0
    bracket: int  # how often its best trials go on; the greatest comes first
    number: int  # of the round, from 0
    reduction_factor: int  # one of so many goes on
    pause_at: int  # epochs that its trials have had at its end, from the first one on
    goes_on_from: int | None  # the trial of the round before; None in round 0


@dataclass(frozen=True, kw_only=True)
class Advice:
    """A configuration to try: the active parameters of the space."""

    values: Values
    round: Round | None = None  # None: a whole trial, which goes on from none


class Advisor(Protocol):
    """Decides what to try."""

    def advise(self, study: Study, trial: FrozenTrial) -> Iterator[Advice] | Wait:
        """Return candidates for `trial`, the best first, of which the first untried one is taken.

        Wait while other trials have to end first. An iterator that ends says that nothing is left.
        """
        ...

    def begun(self, trial: int, advice: Advice) -> None:
        """Take into account that a trial runs; also one that somebody else thought of, such as a known point."""
        ...

    def ended(self, trial: FrozenTrial) -> None:
        """Take a trial into account that was begun and has ended."""
        ...
