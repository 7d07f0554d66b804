"""Whether two trainings of one trial gave the same: number by number, or as one of several seeds.

Owns: what differs, and how much is too much. Does not own: reading records (tracking), training (engines).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from songpop.evaluation.stats import prediction_interval
from songpop.replay.verdicts import Difference
from songpop.tracking.records import OBJECTIVE, StoredNumber

NOT_COMPARED = ("wall_s",)  # time is never the same
BEST = "best_"  # of the trial as a whole
TEST = "test_"  # measured when the test rows were opened, which a replay does not do
# Numbers above some hundreds have no fourth decimal in float32, in which trials are trained.
FLOAT32_ROUNDING = 4 * 2.0**-23
MIN_SEEDS = 2


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """What was found; `first` is None where nothing differs by more than the tolerance."""

    n_numbers: int
    first: Difference | None
    largest: Difference | None


def compare_numbers(
    stored: Iterable[StoredNumber], now: Iterable[StoredNumber], *, tolerance: float, n_epochs: int
) -> Comparison:
    """Compare what is stored of a trial with what would be stored of the new one.

    Args:
        stored: every number of its record; times, numbers of the test part, and metrics that no training gives (written
            to the run later) are passed over.
        now: those of the training now.
        tolerance: how far two numbers may be apart; rounding of float32 is allowed for large ones.
        n_epochs: epochs of the record; metrics of an epoch come before those of the trial as a whole.
    """
    measured = {_place(one): one.value for one in now if one.metric not in NOT_COMPARED}
    known = {metric for metric, _ in measured}
    kept = [one for one in stored if _is_compared(one, known)]
    places = {_place(one) for one in kept}
    differences = [_difference(*_place(one), one.value, measured.get(_place(one))) for one in kept]
    differences += [
        _difference(metric, step, None, value)
        for (metric, step), value in measured.items()
        if (metric, step) not in places
    ]
    differences.sort(key=lambda one: _order(one, n_epochs))
    beyond = [one for one in differences if not _is_within(one, tolerance)]
    return Comparison(
        n_numbers=len(differences),
        first=next(iter(beyond), None),
        largest=max(differences, key=lambda one: one.size, default=None),
    )


def compare_seeds(stored: float | None, others: Sequence[float | None], *, tolerance: float, level: float) -> str:
    """Say what speaks against the stored objective being one of other seeds' kind; "" if nothing does.

    A trial that failed is one of their kind if one of them failed as well; one that did not, if it lies inside the
    prediction interval of those that did not.

    Args:
        stored: best_val_log_loss of the record; None: the trial failed.
        others: the same of the same trial with other seeds; None: failed.
        tolerance: by so much the interval is wider: all seeds may give one value.
        level: of the interval.
    """
    finite = [value for value in others if value is not None]
    n, n_failed = len(others), len(others) - len(finite)
    if stored is None:
        return "" if n_failed else f"the trial failed, but none of {n} other seeds does"
    if len(finite) < MIN_SEEDS:
        return f"best_val_log_loss: stored {stored:.6g}, but {n_failed} of {n} other seeds fail"
    interval = prediction_interval(finite, level)
    if interval.low - tolerance <= stored <= interval.high + tolerance:
        return ""
    return (
        f"best_val_log_loss: stored {stored:.6g}, outside of the {100 * level:.6g} % prediction interval of "
        f"{len(finite)} other seeds, {interval.low:.6g} to {interval.high:.6g}"
    )


def best_of(numbers: Iterable[StoredNumber]) -> float | None:
    """Return the objective among a trial's numbers; None if it has none (it failed)."""
    return next((one.value for one in numbers if one.metric == OBJECTIVE), None)


def _is_compared(number: StoredNumber, known: set[str]) -> bool:
    if number.metric in NOT_COMPARED or number.metric.startswith(TEST):
        return False
    return number.metric in known or number.metric.startswith(BEST)  # the others were written to the run later


def _place(number: StoredNumber) -> tuple[str, int]:
    """Return what a number is a measurement of; earlier versions logged those of the whole trial at its best epoch."""
    return number.metric, 0 if number.metric.startswith(BEST) else number.step


def _difference(metric: str, step: int, stored: float | None, now: float | None) -> Difference:
    return Difference(metric=metric, epoch=step, stored=stored, now=now)


def _order(difference: Difference, n_epochs: int) -> tuple[int, str]:
    is_of_an_epoch = not difference.metric.startswith((BEST, "n_"))
    return (difference.epoch if is_of_an_epoch else n_epochs + 1, difference.metric)


def _is_within(difference: Difference, tolerance: float) -> bool:
    return difference.size <= max(tolerance, FLOAT32_ROUNDING * abs(difference.stored or 0.0))
