"""Numbers and settings as a person reads them."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

NAMED = ("inputs", "embedding", "normalization", "skip")  # whose values say nothing alone: all, layer, add


def number(value: float | None, digits: int = 4) -> str:
    """Write a number with four decimals; a dash where there is none."""
    return "–" if value is None or math.isnan(value) else f"{value:.{digits}f}"


def probability(value: float) -> str:
    """Write a probability with three decimals, and never as certainty."""
    return ">0.999" if value > 0.9995 else "<0.001" if value < 0.0005 else f"{value:.3f}"


def share(value: float | None) -> str:
    """Write a share as a percentage with one decimal."""
    return "–" if value is None or math.isnan(value) else f"{100 * value:.1f} %"


def times(n: int) -> str:
    """Write how often something was done."""
    return f"{n} time{'s' * (n != 1)}"


def settings_line(suggested: Mapping[str, Any]) -> str:
    """Write searched parameters in one line: names that say what they are alone (`silu`), all else with its name."""
    return " ".join(
        value if isinstance(value, str) and value != "none" and name not in NAMED else f"{name}={_short(value)}"
        for name, value in suggested.items()
    )


def leak_line(leaks: Sequence[str]) -> str:
    """Write which columns gave the label away, as it stands under whatever shows numbers of such models."""
    return f"LEAK: {', '.join(leaks)} gives the label away; these numbers say nothing about new songs."


def _short(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
