"""The course of a search: the best so far over trials and over time, how full its slots were, what it cost.

The best so far is that of complete trials, as everywhere: a pruned one is not chosen, however low it was when it ended.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from songpop.report.records import Absence, Picture, Report, Trial
from songpop.report.theme import DASHES, INK, MANY, MUTED, SERIES, log_scale, new_figure
from songpop.report.wording import duration, told_of
from songpop.wording import number, plural, share

Floats = NDArray[np.float64]
N_ROWS = 20  # of a table of numbers
NO_VALUE = "No complete trial has a value."
NO_RANDOM = " No random search of the same space and epochs, on the same table and split, is recorded."


def best_over_trials(report: Report) -> Picture | Absence:
    """The best validation log loss so far, over trials, against chance."""
    trials = measured(report.trials)
    complete = [trial for trial in trials if is_complete(trial)]
    if not complete:
        return Absence(reason=NO_VALUE)
    values = np.array([trial.value for trial in complete])
    best, by_chance = np.minimum.accumulate(values), expected_best(values)
    figure, axes = new_figure()
    numbers = [trial.number for trial in complete]
    _draw(axes, [trial.number for trial in trials], trials)
    axes.plot(numbers, by_chance, linestyle=DASHES[1], color=MUTED, label="the same trials in random order")
    told = ""
    if report.random is not None:
        others = [one for one in measured(report.random.trials) if is_complete(one)]
        other = np.minimum.accumulate([one.value for one in others])
        tried = [one.number for one in others]
        axes.step(tried, other, where="post", linestyle=DASHES[2], color=SERIES[1], label="random search")
        k = min(len(other), len(best)) - 1
        told = f" After {plural(k + 1, 'complete trial')} random search ({report.random.name}) had {number(other[k])}."
    axes.set(xlabel="trial", ylabel="validation log loss")
    log_scale(axes, [trial.value for trial in trials])
    axes.legend()
    at, half = report.best, at_half(complete)
    assert at is not None
    finding = (
        f"The best of {plural(len(complete), 'complete trial')} is {number(float(best[-1]))}, trial {at.number}. In "
        f"random order the same trials would have reached {number(float(by_chance[half]))} halfway on average; this "
        f"search had {number(float(best[half]))}.{told or NO_RANDOM}"
    )
    picked = np.unique(np.linspace(0, len(complete) - 1, min(N_ROWS, len(complete))).astype(int))
    rows = tuple((str(numbers[k]), number(float(best[k])), number(float(by_chance[k]))) for k in picked)
    return Picture(
        figure=figure,
        finding=finding,
        columns=("trial", "best so far", "in random order"),
        rows=rows,
        titles={"trials": told_of(trials)},
    )


def best_over_time(report: Report) -> Picture | Absence:
    """The best validation log loss so far, over the seconds of the search."""
    trials = sorted(measured(report.trials), key=lambda one: one.ended_s)
    complete = [trial for trial in trials if is_complete(trial)]
    if not complete:
        return Absence(reason=NO_VALUE)
    ended = [trial.ended_s for trial in complete]
    best = np.minimum.accumulate([trial.value for trial in complete])
    figure, axes = new_figure()
    _draw(axes, [trial.ended_s for trial in trials], trials)
    if report.random is not None:
        others = sorted(filter(is_complete, measured(report.random.trials)), key=lambda one: one.ended_s)
        reached = np.minimum.accumulate([one.value for one in others])
        seconds = [one.ended_s for one in others]
        axes.step(seconds, reached, where="post", linestyle=DASHES[2], color=SERIES[1], label="random search")
    axes.set(xlabel="seconds of search, without pauses", ylabel="validation log loss")
    log_scale(axes, [trial.value for trial in trials])
    axes.legend()
    bound = 1.05 * best[-1]
    first = next(k for k, value in enumerate(best) if value <= bound)
    finding = (
        f"{number(float(best[-1]))} after {duration(ended[int(best.argmin())])}; within 5 % of it after "
        f"{duration(ended[first])} and {plural(first + 1, 'complete trial')}."
    )
    picked = np.unique(np.linspace(0, len(complete) - 1, min(N_ROWS, len(complete))).astype(int))
    rows = tuple((f"{ended[k]:.1f}", number(float(best[k]))) for k in picked)
    return Picture(
        figure=figure,
        finding=finding,
        columns=("seconds", "best so far"),
        rows=rows,
        titles={"trials": told_of(trials)},
    )


def measured(trials: Sequence[Trial]) -> list[Trial]:
    """Return the trials that have a value."""
    return [trial for trial in trials if np.isfinite(trial.value)]


def is_complete(trial: Trial) -> bool:
    """Say whether a trial was trained to its end."""
    return trial.state == "complete"


def draw_best_so_far(axes: Axes, places: Sequence[float], values: Sequence[float], is_full: Sequence[bool]) -> None:
    """Draw a mark per trial, full for complete ones and hollow for the others, and the best of the complete ones.

    Args:
        axes: where to.
        places: of the trials, rising, shape (N,).
        values: finite, shape (N,).
        is_full: whether each is complete, shape (N,).
    """
    axes.scatter(
        places,
        values,
        s=18,
        facecolors=[SERIES[5] if full else "none" for full in is_full],
        edgecolors=SERIES[5],
        linewidths=1.0,
        gid="trials",
        rasterized=len(values) > MANY,
        label="trials (hollow: pruned)",
    )
    kept = np.flatnonzero(is_full)
    best = np.minimum.accumulate(np.asarray(values)[kept])
    axes.step(np.asarray(places)[kept], best, where="post", color=SERIES[0], label="best so far")


def expected_best(values: Floats) -> Floats:
    """Return the mean of the best of the first k values over all orders, for k from 1, shape (N,).

    The k-th entry is the sum over the sorted values of each times the chance that it is the least of k drawn without
    replacement.
    """
    ordered, n = np.sort(values), len(values)
    expected = np.empty(n)
    left = np.full(n, 1.0)  # chance that none of the first j sorted values is among the k drawn
    taken = np.arange(n)
    for k in range(1, n + 1):
        left = left * np.maximum(n - taken - (k - 1), 0) / (n - (k - 1))
        chance = left - np.append(left[1:], 0.0)
        expected[k - 1] = float(chance @ ordered)
    return expected


def occupancy(report: Report) -> Picture | Absence:
    """How many trials ran at a time."""
    if not report.trials:
        return Absence(reason="There is no trial.")
    seconds, running = running_over_time(report.trials)
    figure, axes = new_figure(height=3.0)
    axes.fill_between(seconds, running, step="post", color=SERIES[0], alpha=0.35, linewidth=0)
    axes.step(seconds, running, where="post", color=SERIES[0], linewidth=1.0, label="trials that train")
    axes.axhline(report.n_seats, color=INK, linestyle=DASHES[1], linewidth=1.2, label=f"{report.n_seats} slots")
    axes.set(xlabel="seconds of search, without pauses", ylabel="trials at once", ylim=(0, None))
    axes.legend()
    spans = np.diff(seconds)
    busy = float((running[:-1] * spans).sum() / (report.n_seats * spans.sum())) if spans.sum() else 0.0
    finding = (
        f"{share(min(busy, 1.0))} of the time of {report.n_seats} slots (estimated from the trials' start and end) "
        "trained a trial."
    )
    tenths = np.linspace(0, seconds[-1], 11)
    rows = tuple(
        (f"{low:.1f} to {high:.1f}", f"{_mean_between(seconds, running, low, high):.1f}")
        for low, high in pairwise(tenths)
    )
    return Picture(figure=figure, finding=finding, columns=("seconds", "trials at once"), rows=rows)


def running_over_time(trials: Sequence[Trial]) -> tuple[Floats, Floats]:
    """Return when the number of running trials changes (T,), and how many run from then on (T,)."""
    begun = np.array([trial.began_s for trial in trials])
    ended = np.array([trial.ended_s for trial in trials])
    moments = np.unique(np.concatenate([[0.0], begun, ended]))
    running = np.searchsorted(np.sort(begun), moments, "right") - np.searchsorted(np.sort(ended), moments, "right")
    return moments, running.astype(np.float64)


def cost(report: Report) -> Picture | Absence:
    """What the sweep cost, by where the epochs went."""
    if not report.trials:
        return Absence(reason="There is no trial.")
    states = {"complete": SERIES[0], "pruned": SERIES[1], "failed": SERIES[3]}
    epochs = {state: sum(one.n_new_epochs for one in report.trials if one.state == state) for state in states}
    n_full = report.n_epochs_each * sum(one.goes_on_from is None for one in report.trials)
    figure, axes = new_figure(height=2.0)
    left = 0
    for (state, n_epochs), hatch in zip(epochs.items(), ("", "//", "xx"), strict=True):
        axes.barh([0], [n_epochs], left=left, color=states[state], edgecolor="#fffffe", hatch=hatch, label=state)
        left += n_epochs
    axes.barh([0], [max(n_full - left, 0)], left=left, facecolor="none", edgecolor=MUTED, linestyle="--", label="saved")
    axes.set(xlabel="epochs", yticks=[])
    axes.legend(ncols=4, loc="upper center", bbox_to_anchor=(0.5, 1.35))
    search_s = max(trial.ended_s for trial in report.trials)
    rows = (
        ("search", duration(search_s)),
        ("finals", duration(report.finals_s)),
        ("trials", f"{len(report.trials):,}"),
        ("epochs trained", f"{left:,}"),
        ("epochs saved by pruning and early stopping", share(1 - left / n_full if n_full else 0.0)),
        ("tracked trials per hour of search", f"{3_600 * len(report.trials) / max(search_s, 1e-9):,.0f}"),
        ("processor seconds of training, at most", f"{sum(one.ended_s - one.began_s for one in report.trials):,.1f}"),
    )
    finding = (
        f"{plural(len(report.trials), 'trial')} in {duration(search_s)} of search, {duration(report.finals_s)} of "
        f"finals; {left:,} epochs trained of {n_full:,}."
    )
    return Picture(figure=figure, finding=finding, columns=("what", "how much"), rows=rows)


def at_half(trials: Sequence[Trial]) -> int:
    """Return the place of the trial that is halfway."""
    return (len(trials) - 1) // 2


def _mean_between(seconds: Floats, running: Floats, low: float, high: float) -> float:
    edges = np.unique(np.concatenate([[low, high], seconds[(seconds > low) & (seconds < high)]]))
    levels = running[np.searchsorted(seconds, edges[:-1], "right") - 1]
    return float((levels * np.diff(edges)).sum() / max(high - low, 1e-9))


def _draw(axes: Axes, places: Sequence[float], trials: Sequence[Trial]) -> None:
    draw_best_so_far(axes, places, [trial.value for trial in trials], [is_complete(trial) for trial in trials])
