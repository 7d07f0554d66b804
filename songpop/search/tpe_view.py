"""What TPE looks at: Optuna's split into good trials and others, bounded, of a study that grows.

Owns: the split. A study of ten thousand trials has a block's worth of new ones for each fit; the others have ended,
change no more, and are looked at once.
"""

import heapq
from collections import deque
from collections.abc import Sequence
from typing import final

from optuna.samplers._tpe.sampler import default_gamma
from optuna.trial import FrozenTrial, TrialState

MAX_GOOD = default_gamma(10**9)
MAX_VIEW = 10 * MAX_GOOD  # of this many, a tenth are good ones
_JUDGED = (TrialState.COMPLETE, TrialState.PRUNED)


@final
class TrialView:
    """Splits a study's trials; what it has learnt of those that have ended is kept for the next call."""

    def __init__(self) -> None:
        self.n_judged = 0  # complete and pruned trials among those of the last call
        self._n_settled = 0  # so many of the first trials have ended, and are in what follows
        self._n_settled_judged = 0
        self._best: list[FrozenTrial] = []  # at most MAX_GOOD of them, the best first
        self._latest: deque[FrozenTrial] = deque(maxlen=MAX_VIEW)

    def split(self, trials: Sequence[FrozenTrial]) -> tuple[list[FrozenTrial], list[FrozenTrial]]:
        """Return (good, other) trials, each by number: the best, and the latest of those that are not.

        Args:
            trials: a study's first ones, by number, failed ones among them; at least as many as in the call before.
                Running ones count as others, so that no one is tried beside them again.
        """
        first = self._n_settled
        while self._n_settled < len(trials) and trials[self._n_settled].state.is_finished():
            self._n_settled += 1
        settled = _judged(trials[first : self._n_settled])
        self._n_settled_judged += len(settled)
        self._best = _best_of([*self._best, *settled])
        self._latest.extend(settled)

        unsettled = trials[self._n_settled :]
        ended = _judged(unsettled)
        self.n_judged = self._n_settled_judged + len(ended)
        n_good = default_gamma(min(self.n_judged, MAX_VIEW))
        good = _best_of([*self._best, *ended])[:n_good]
        taken = {trial.number for trial in good}
        others = [trial for trial in (*self._latest, *ended) if trial.number not in taken][-(MAX_VIEW - n_good) :]
        others += [trial for trial in unsettled if trial.state is TrialState.RUNNING]
        return sorted(good, key=_number), sorted(others, key=_number)


def _judged(trials: Sequence[FrozenTrial]) -> list[FrozenTrial]:
    return [trial for trial in trials if trial.state in _JUDGED]


def _best_of(trials: Sequence[FrozenTrial]) -> list[FrozenTrial]:
    return heapq.nsmallest(MAX_GOOD, trials, key=_badness)


def _badness(trial: FrozenTrial) -> tuple[int, float, float]:
    """Order trials as Optuna does: complete ones by value, then pruned ones, those that went far first."""
    if trial.state is TrialState.COMPLETE:
        return 0, 0.0, float(trial.value or 0.0)
    step, value = max(trial.intermediate_values.items(), default=(0, float("inf")))
    return 1, -float(step), value


def _number(trial: FrozenTrial) -> int:
    return trial.number
