"""What a sweep ends with, as tables: the finals with their intervals, and the sealed test rows."""

from collections.abc import Mapping
from typing import Any

from rich.table import Table

from songpop.cli.tables import titled_table
from songpop.wording import METRICS, metric_text, number, p_value, settings_line, share, simpler_line

AT_HALF = "above 0.5"
WIDE = 100  # columns of a terminal that holds all of a table
LEFT_OUT = ("in the\nsearch", "weights")  # where it is narrower
WON, WITHIN_NOISE = "◀", "≈"
N_IMPORTANT = 5  # parameters that are told


def totals_line(outcome: Any) -> str:
    """How many trials, how they ended, what was saved, how long it took."""
    pruned = ""
    if outcome.min_epochs_pruned is not None:
        pruned = f", the earliest after epoch {outcome.min_epochs_pruned}"
    saved = 1 - outcome.n_epochs / outcome.n_epochs_full if outcome.n_epochs_full else 0.0
    return (
        f"{outcome.n_trials} trials: {outcome.n_complete} complete, {outcome.n_pruned} pruned{pruned}, "
        f"{outcome.n_failed} failed; {outcome.n_epochs:,} epochs trained of {outcome.n_epochs_full:,} "
        f"({share(saved)} saved). {outcome.n_new} new in {outcome.wall_s:,.0f} s{_load(outcome.load)}; "
        f"{outcome.ended_because}."
    )


def importance_line(importances: Mapping[str, float]) -> str:
    """Return which parameters told the best tenth of the trials from the rest; nothing where that is not known."""
    if not importances:
        return ""
    told = [f"{name} {share(value)}" for name, value in list(importances.items())[:N_IMPORTANT]]
    return f"What tells the best tenth of the complete trials from the others (PED-ANOVA): {', '.join(told)}."


def finals_table(sweep: str, finals: Any, width: int = WIDE) -> Table:
    """A row per finalist: mean over the resamples and its interval, how sure it is that it is behind, its size.

    A narrow terminal keeps what decides, and room for the settings.

    Args:
        sweep: its name.
        finals: what is shown.
        width: of the terminal, in columns.
    """
    rows = []
    for place, one in enumerate(finals.finalists):
        entered = one.contestant
        origin = entered.origin.value if entered.trial is None else f"{entered.origin.value}\ntrial {entered.trial}"
        mark = WON if place == finals.winner else WITHIN_NOISE if one.is_within_noise else ""
        rows.append(
            (
                f"{place + 1} {mark}".rstrip(),
                origin,
                _mean(one.interval),
                number(entered.search_value),
                _behind(one),
                f"{one.n_weights:,}",
                settings_line(entered.suggested),
            )
        )
    marks = f"{WON} wins, {WITHIN_NOISE} cannot be told from it"
    title = f"Finals of {sweep}: mean over {finals.n_resamples} resamples ± 95 % ({marks})"
    columns = ("#", "from", "val log loss", "in the\nsearch", "behind\n(p)", "weights", "settings")
    kept = [k for k, name in enumerate(columns) if width >= WIDE or name not in LEFT_OUT]
    return titled_table(title, [columns[k] for k in kept], [[row[k] for k in kept] for row in rows])


def finals_lines(finals: Any) -> list[str]:
    """What the finals say, in sentences."""
    if finals.winner is None:
        return ["The finals have no winner: each finalist had a run that failed."]
    lines = [f"Number {finals.winner + 1} wins: {finals.reason}."]
    if finals.finalists[finals.winner].contestant.is_champion:
        lines.append("It is the present champion's configuration: this search found nothing better.")
    if finals.shrinkage is not None:
        direction = "better" if finals.shrinkage >= 0 else "worse"
        lines.append(f"The search's best looked {abs(finals.shrinkage):.4f} {direction} than it is.")
    return lines


def sealed_table(champion: Any) -> Table:
    """Every metric on the sealed test rows with its interval, at 0.5 and at the chosen threshold."""
    rows = []
    for key, name in METRICS.items():
        if key in champion.test:
            at_half = _measured(key, champion.test, champion.test_intervals)
            rows.append(
                (name, at_half, _measured(key, champion.test_at_threshold, champion.test_at_threshold_intervals))
            )
    times = f"{champion.n_test_openings} time{'s' * (champion.n_test_openings != 1)}"
    title = f"{champion.n_test_rows:,} sealed test rows, opened {times}: 95 % intervals"
    return titled_table(title, ("metric", AT_HALF, f"above {champion.threshold:.3f}"), rows)


def champion_lines(champion: Any) -> list[str]:
    """What the champion is, and what simpler methods reach on the same rows."""
    what = "one model" if champion.n_models == 1 else f"the mean of {champion.n_models} models"
    others = {name: found["log_loss"] for name, found in champion.baselines.items()}
    told = ", ".join(f"{name} {number(value)}" for name, value in others.items())
    lines = [f"The champion is {what}. Log loss of simpler methods, trained on the same rows: {told}."]
    if simpler := simpler_line(champion.test["log_loss"], champion.baselines):
        lines.append(simpler)
    return lines


def _mean(interval: Any) -> str:
    if interval is None:
        return "a run failed"
    return f"{number(interval.mean)} ± {number((interval.high - interval.low) / 2)}"


def _behind(finalist: Any) -> str:
    if finalist.p_value is None:
        return "–"
    return f"{number(finalist.difference)}\n({p_value(finalist.p_value)})"


def _measured(name: str, values: Mapping[str, float], intervals: Mapping[str, Any]) -> str:
    return metric_text(name, values[name], intervals.get(name)) if name in values else ""


def _load(load: Any) -> str:
    if load is None:
        return ""
    deaths = f", workers that died and were replaced: {load.n_deaths}" if load.n_deaths else ""
    traces = f", {load.n_traces} programs traced" if load.n_traces else ""
    return f" (slots {share(load.occupancy)} full{traces}{deaths})"
