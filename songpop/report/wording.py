"""Numbers and settings as a report's captions and tables write them."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from songpop.report.records import Trial

NAMED = ("inputs", "embedding", "normalization", "skip")  # whose values say nothing alone: all, layer, add


def number(value: float | None, digits: int = 4) -> str:
    """Write a number with four decimals; a dash where there is none."""
    return "–" if value is None or math.isnan(value) else f"{value:.{digits}f}"


def share(value: float | None) -> str:
    """Write a share as a percentage with one decimal."""
    return "–" if value is None or math.isnan(value) else f"{100 * value:.1f} %"


def interval(value: float, low: float, high: float, digits: int = 4) -> str:
    """Write a number with its interval; alone where it has none."""
    if math.isnan(low) or math.isnan(high):
        return number(value, digits)
    return f"{number(value, digits)} ({number(low, digits)} to {number(high, digits)})"


def duration(seconds: float | None) -> str:
    """Write a duration in the unit that suits it."""
    if seconds is None:
        return "–"
    if seconds < 120:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    return f"{seconds / 60:.1f} min" if seconds < 7_200 else f"{seconds / 3_600:.1f} h"


def settings_of(params: Mapping[str, Any]) -> str:
    """Write searched parameters in one line: names that say what they are alone (`silu`), all else with its name."""
    return " ".join(
        value if isinstance(value, str) and value != "none" and name not in NAMED else f"{name}={short_value(value)}"
        for name, value in params.items()
    )


def short_value(value: Any) -> str:
    """Write a parameter's value: a number with three digits."""
    return (
        f"{value:.3g}"
        if isinstance(value, float) and not value.is_integer()
        else f"{value:.0f}"
        if isinstance(value, float)
        else str(value)
    )


def told_of(trials: Sequence[Trial]) -> tuple[str, ...]:
    """Return what a mouse is told of each trial's mark."""
    return tuple(f"trial {one.number}: {number(one.value)}, {one.state}\n{settings_of(one.params)}" for one in trials)


def plural(n: int, word: str) -> str:
    """Write a count with its word."""
    return f"{n:,} {word}{'s' * (n != 1)}"
