"""What a person sees of trials that were trained again: a row for each, and what holds for all."""

import math
from collections import Counter
from collections.abc import Iterator
from typing import Any

from rich.table import Table

from songpop.cli.tables import titled_table

SAME = "same"
BY_SEEDS = "seeds"


def replays_table(outcome: Any) -> Table:
    """A row per trial: the verdict, how far the numbers are apart at most, and why."""
    rows = [(one.run, one.sweep, _verdict(one), _largest(one), " ".join(_reasons(one))) for one in outcome.replays]
    columns = ("run", "sweep", "verdict", "largest\ndifference", "why")
    return titled_table("Trained again from the record", columns, rows)


def replay_lines(outcome: Any) -> Iterator[str]:
    """Yield how many are what, and what is not as it was where the numbers are."""
    counts = (
        (outcome.n_same, SAME),
        (outcome.n_drifted, "drifted"),
        (outcome.n_not_reproducible, "not reproducible"),
    )
    yield (
        f"Checked {_trials(outcome.n_runs)} in {outcome.wall_s:,.0f} s: "
        + ", ".join(f"{n} {name}" for n, name in counts if n)
        + f" (tolerance {outcome.tolerance:g})."
    )
    remarks = Counter(remark for one in outcome.replays for remark in one.remarks)
    if remarks:
        told = "; ".join(f"{remark} ({_trials(n)})" for remark, n in remarks.most_common())
        yield f"Not as it was, with the same result: {told}."


def _verdict(one: Any) -> str:
    is_by_seeds = one.verdict.value == SAME and one.rule.value == BY_SEEDS
    return "same (statistically)" if is_by_seeds else str(one.verdict.value)


def _largest(one: Any) -> str:
    if one.largest is None or not math.isfinite(one.largest.size):
        return "–"
    return f"{one.largest.size:.1e}" if one.largest.size else "0"


def _reasons(one: Any) -> Iterator[str]:
    if one.why:
        yield "; ".join(one.why) + "."
    if one.causes:
        yield f"Not as it was: {'; '.join(one.causes)}."
    elif one.first is not None and one.rule.value != BY_SEEDS and not one.remarks:
        yield "Packages, commit, lock and machine are as they were."


def _trials(n: int) -> str:
    return f"{n} trial{'s' * (n != 1)}"
