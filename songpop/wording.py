"""How numbers, metrics and settings are written for people: the same in the terminal, the report, MLflow and the page.

Owns: the words, as text. Does not own: what makes text harmless in Markdown (tracking/markdown.py) or HTML (Jinja2).
Pure, and without any other module of songpop.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

# Metrics of predictions in words, in the order in which they are told.
METRICS: Mapping[str, str] = {
    "log_loss": "log loss",
    "accuracy": "accuracy",
    "precision": "precision",
    "recall": "recall",
    "f1": "F1",
    "specificity": "specificity",
    "roc_auc": "ROC AUC",
    "pr_auc": "PR AUC",
    "calibration_error": "calibration error",
}
IN_NUMBERS = ("loss", "log_loss", "roc_auc", "pr_auc", "calibration_error")  # the others are shares
NAMED = ("inputs", "embedding", "normalization", "skip")  # parameters whose values say nothing alone: all, layer, add


# ── numbers ─────────────────────────────────────────────────────────────────────────────────────────────────


def number(value: float | None, digits: int = 4) -> str:
    """Write a number with four decimals; a dash where there is none."""
    return "–" if value is None or math.isnan(value) else f"{value:.{digits}f}"


def share(value: float | None) -> str:
    """Write a share as a percentage with one decimal; a dash where there is none."""
    return "–" if value is None or math.isnan(value) else f"{100 * value:.1f} %"


def probability(value: float) -> str:
    """Write a probability with three decimals, and never as certainty."""
    return ">0.999" if value > 0.9995 else "<0.001" if value < 0.0005 else f"{value:.3f}"


def p_value(value: float | None) -> str:
    """Write how likely luck is, with three decimals, and never as impossible; a dash where it is not known."""
    return "–" if value is None or math.isnan(value) else "<0.001" if value < 0.001 else f"{value:.3f}"


def plural(n: int, word: str) -> str:
    """Write a count with its word."""
    return f"{n:,} {word}{'s' * (n != 1)}"


# ── metrics ─────────────────────────────────────────────────────────────────────────────────────────────────


def span(low: float, high: float, write: Callable[[float], str] = number) -> str:
    """Write an interval; nothing where it is not known, as that of one value alone."""
    return "" if math.isnan(low) or math.isnan(high) else f"{write(low)} to {write(high)}"


def with_interval(value: float, ends: tuple[float, float] | None, write: Callable[[float], str] = number) -> str:
    """Write a number with its interval; alone where that is not known."""
    told = "" if ends is None else span(*ends, write)
    return f"{write(value)} ({told})" if told else write(value)


def metric_text(metric: str, value: float, ends: tuple[float, float] | None = None, digits: int = 4) -> str:
    """Write a metric of predictions as people read it, with its interval if it has one: 0.3066, or 86.5 %."""
    return with_interval(value, ends, partial(number, digits=digits) if metric in IN_NUMBERS else share)


def simpler_line(log_loss: float, baselines: Mapping[str, Mapping[str, float]]) -> str | None:
    """Return which method without a search is better on the same sealed rows, as a sentence; None if none is."""
    name = min(baselines, key=lambda one: baselines[one]["log_loss"], default=None)
    gain = 0.0 if name is None else log_loss - baselines[name]["log_loss"]
    if name is None or not gain > 0:
        return None
    return (
        f"{name.capitalize()} is better by {number(gain)}: this table may not need a Keras model "
        "(docs/when-not-to-use.md)."
    )


def leak_line(leaks: Sequence[str]) -> str:
    """Return which columns gave the label away, as it stands beside whatever shows numbers of such models."""
    return f"LEAK: {', '.join(leaks)} gives the label away; these numbers say nothing about new songs."


# ── settings ────────────────────────────────────────────────────────────────────────────────────────────────


def settings_line(settings: Mapping[str, Any]) -> str:
    """Write hyperparameters in one line: names that say what they are alone (`silu`), all else with its name."""
    return " ".join(
        value if isinstance(value, str) and value != "none" and name not in NAMED else f"{name}={short_value(value)}"
        for name, value in settings.items()
    )


def short_value(value: Any) -> str:
    """Write a hyperparameter's value: of a number three digits, of one without a fraction all."""
    if not isinstance(value, float):
        return str(value)
    return f"{value:.0f}" if value.is_integer() and abs(value) < 1e6 else f"{value:.3g}"
