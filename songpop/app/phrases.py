"""What the descriptions in MLflow have in common: a champion's numbers, settings at a glance, in Markdown. Pure."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from songpop.app.records import Champion
from songpop.search.finals import Contestant
from songpop.tracking.markdown import plain, table
from songpop.wording import METRICS, metric_text, settings_line, short_value

LAMBDAS = {"l1": ("l1",), "l2": ("l2",), "l1_l2": ("l1", "l2")}  # by type of penalty


def what_it_is(champion: Champion) -> str:
    """Return of how many models it is made."""
    return "one model" if champion.n_models == 1 else f"the mean of {champion.n_models} models"


def against_baselines(champion: Champion) -> Iterator[str]:
    """Yield by how much it is better or worse than each method without a search, on the same rows."""
    mine = champion.test.get("log_loss", math.nan)
    for name, found in champion.baselines.items():
        gain = found["log_loss"] - mine
        yield f"{'better' if gain > 0 else '**worse**'} than {plain(name)} by {abs(gain):.4f} log loss"


def sealed_table(champion: Champion, n_rows: int = len(METRICS)) -> str:
    """Return every metric on the sealed rows with its interval, at 0.5 and at the champion's threshold."""
    rows = [
        (METRICS[name], with_interval(champion, name), with_interval(champion, name, at_threshold=True))
        for name in METRICS
        if name in champion.test
    ][:n_rows]
    return table(("metric", "above 0.5", f"above {champion.threshold:.3f}"), rows)


def with_interval(champion: Champion, name: str, *, at_threshold: bool = False) -> str:
    """Return a metric on the sealed rows with its interval; "" where it does not depend on the threshold."""
    values = champion.test_at_threshold if at_threshold else champion.test
    intervals = champion.test_at_threshold_intervals if at_threshold else champion.test_intervals
    if name not in values:
        return ""
    return metric_text(name, values[name], intervals.get(name))


def summary(entered: Contestant) -> str:
    """Return what tells a finalist from others at a glance; an ensemble's members."""
    return plain(settings_line(entered.suggested)) if entered.members else at_a_glance(asdict(entered.params))


def at_a_glance(params: Mapping[str, Any]) -> str:
    """Return penalty, optimizer and its rate, and schedule."""
    penalty = str(params.get("regularization", "?"))
    lambdas = [_short(params[name]) for name in LAMBDAS.get(penalty, ()) if name in params]
    optimizer, rate = params.get("optimizer", "?"), _short(params.get("learning_rate", "?"))
    parts = (" ".join([penalty, *lambdas]), f"{optimizer} {rate}", str(params.get("schedule", "?")))
    return ", ".join(map(plain, parts))


def _short(value: Any) -> str:
    """Return a value, which MLflow has as text, of a number three digits."""
    try:
        return short_value(float(value))
    except ValueError:
        return str(value)
