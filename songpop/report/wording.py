"""What only a report writes: durations, and what a mouse is told of a trial."""

from collections.abc import Sequence

from songpop.report.records import Trial
from songpop.wording import number, settings_line


def duration(seconds: float | None) -> str:
    """Write a duration in the unit that suits it."""
    if seconds is None:
        return "–"
    if seconds < 120:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    return f"{seconds / 60:.1f} min" if seconds < 7_200 else f"{seconds / 3_600:.1f} h"


def told_of(trials: Sequence[Trial]) -> tuple[str, ...]:
    """Return what a mouse is told of each trial's mark."""
    return tuple(f"trial {one.number}: {number(one.value)}, {one.state}\n{settings_line(one.params)}" for one in trials)
