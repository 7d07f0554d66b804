"""The published question, answered by a picture: which penalty, how strong, and Adam or RMSprop."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy.stats import mannwhitneyu

from songpop.report.records import Absence, Picture, Report, Trial
from songpop.report.theme import MARKERS, MUTED, SERIES, literal, log_scale, new_figure
from songpop.report.wording import told_of
from songpop.wording import number, plural

TYPE, OPTIMIZER = "regularization", "optimizer"
LAMBDAS: Mapping[str, str] = {"l1": "l1", "l2": "l2", "l1_l2": "l2"}  # type → the parameter on the axis
ADAM, RMSPROP = "adam", "rmsprop"
FEW = 3


def paths(report: Report) -> Picture | Absence:
    """Lambda against loss, by type of penalty and by optimizer."""
    trials = [trial for trial in report.complete if TYPE in trial.params]
    types = [name for name in LAMBDAS if any(trial.params[TYPE] == name for trial in trials)]
    if not types:
        return Absence(
            reason="No complete trial had a penalty: the space does not search `regularization`, or too few trials "
            "are complete."
        )
    optimizers = sorted({str(trial.params.get(OPTIMIZER, "fixed")) for trial in trials})
    without = [trial.value for trial in trials if trial.params[TYPE] == "none"]
    figure, grid = new_figure(1, len(types), height=3.6, sharey=True, squeeze=False)
    titles: dict[str, tuple[str, ...]] = {}
    bests: list[tuple[Trial, tuple[str, ...]]] = []  # of each type and optimizer, with its row
    for column, (axes, kind) in enumerate(zip(grid[0], types, strict=True)):
        for k, optimizer in enumerate(optimizers):
            some = _with(trials, kind, optimizer)
            if some:
                gid = f"path-{column}-{k}"
                titles[gid] = told_of(some)
                _path(axes, kind, some, k, optimizer, gid)
                best = min(some, key=lambda trial: trial.value)
                row = (kind, optimizer, str(len(some)), f"{_lambda(best, kind):.2g}", number(best.value))
                bests.append((best, row))
        if without:
            axes.axhline(min(without), color=MUTED, linestyle="--", linewidth=1.2, label="best without penalty")
        axes.set(xscale="log", xlabel=f"lambda of {LAMBDAS[kind]}", title=kind)
        log_scale(axes, [trial.value for trial in trials])
    grid[0][0].set_ylabel("validation log loss")
    figure.legend(*_handles(grid[0]), loc="outside lower center", ncols=4)
    kind, optimizer, _, strength, reached = min(bests, key=lambda one: one[0].value)[1]
    told = f" The best without a penalty has {number(min(without))}." if without else ""
    finding = f"The best with a penalty is {kind} by {optimizer} at lambda {strength}: {reached}.{told}"
    return Picture(
        figure=figure, finding=finding, columns=("type", "optimizer", "trials", "lambda of its best", "its best"),
        rows=tuple(row for _, row in bests), titles=titles,
    )  # fmt: skip


def optimizers(report: Report) -> Picture | Absence:
    """Adam against RMSprop, and against the others that were searched."""
    trials = [trial for trial in report.complete if OPTIMIZER in trial.params]
    groups = {
        name: [trial for trial in trials if trial.params[OPTIMIZER] == name]
        for name in sorted({str(trial.params[OPTIMIZER]) for trial in trials})
    }
    if len(groups) < 2:
        return Absence(
            reason="No two optimizers were tried: the space does not search `optimizer`, fixes it, or too few trials "
            "are complete."
        )
    figure, axes = new_figure(height=3.6)
    titles = {}
    for k, some in enumerate(groups.values()):
        values = [trial.value for trial in some]
        spread = (np.arange(len(some)) * 0.618 % 1 - 0.5) * 0.4
        titles[f"optimizer-{k}"] = told_of(some)
        colour, marker = SERIES[k % len(SERIES)], MARKERS[k % len(MARKERS)]
        axes.scatter(
            k + spread, values, s=22, color=colour, marker=marker, alpha=0.8, linewidths=0, gid=f"optimizer-{k}"
        )
        axes.hlines(np.median(values), k - 0.3, k + 0.3, color=colour, linewidth=2.5)
    axes.set(xticks=range(len(groups)), ylabel="validation log loss")
    axes.set_xticklabels([literal(f"{name}\n{plural(len(some), 'trial')}") for name, some in groups.items()])
    log_scale(axes, [trial.value for trial in trials])
    rows = tuple(
        (
            name,
            str(len(some)),
            number(float(np.median([one.value for one in some]))),
            number(min(one.value for one in some)),
        )
        for name, some in groups.items()
    )
    return Picture(
        figure=figure, finding=_duel(report, groups), columns=("optimizer", "trials", "median", "best"), rows=rows,
        titles=titles,
    )  # fmt: skip


def _duel(report: Report, groups: Mapping[str, Sequence[Trial]]) -> str:
    """Return what can be said of Adam and RMSprop, and how far it can be trusted."""
    adam, rmsprop = ([one.value for one in groups.get(name, ())] for name in (ADAM, RMSPROP))
    caution = (
        "A search's trials are no experiment: each optimizer got other settings, and the promising one got more trials."
    )
    if min(len(adam), len(rmsprop)) < FEW:
        return f"Adam has {plural(len(adam), 'complete trial')}, RMSprop {len(rmsprop)}: too few to compare. {caution}"
    p = float(mannwhitneyu(adam, rmsprop).pvalue)
    by_adam, by_rmsprop = (number(float(np.median(values))) for values in (adam, rmsprop))
    better = "Adam's trials are better" if np.median(adam) < np.median(rmsprop) else "RMSprop's trials are better"
    told = "Their trials are equal" if by_adam == by_rmsprop else better
    told += f" on the median ({by_adam} by Adam, {by_rmsprop} by RMSprop; Mann-Whitney p = {p:.2g})."
    return f"{told} {_finalists(report)}{caution}"


def _finalists(report: Report) -> str:
    """Return how the best finalist of each of the two stands, which is an experiment: the same resamples and seeds."""
    if report.finals is None:
        return ""
    means: dict[str, float] = {}
    for one in report.finals.finalists:
        if one.interval is not None and not one.contestant.members:
            means.setdefault(one.contestant.params.optimizer, one.interval.mean)
    if ADAM not in means or RMSPROP not in means:
        return ""
    return f"In the finals the best with Adam has {number(means[ADAM])}, with RMSprop {number(means[RMSPROP])}. "


def _with(trials: Sequence[Trial], kind: str, optimizer: str) -> list[Trial]:
    return [
        trial
        for trial in trials
        if trial.params[TYPE] == kind
        and str(trial.params.get(OPTIMIZER, "fixed")) == optimizer
        and isinstance(trial.params.get(LAMBDAS[kind]), float)
        and _lambda(trial, kind) > 0
    ]


def _lambda(trial: Trial, kind: str) -> float:
    return float(trial.params[LAMBDAS[kind]])


def _path(axes: Any, kind: str, trials: Sequence[Trial], k: int, optimizer: str, gid: str) -> None:
    ordered = sorted(trials, key=lambda trial: _lambda(trial, kind))
    colour = SERIES[k % len(SERIES)]
    axes.scatter(
        [_lambda(trial, kind) for trial in trials],
        [trial.value for trial in trials],
        s=26, color=colour, marker=MARKERS[k % len(MARKERS)], linewidths=0, label=literal(optimizer), gid=gid,
    )  # fmt: skip
    axes.plot(
        [_lambda(trial, kind) for trial in ordered],
        [trial.value for trial in ordered],
        color=colour,
        linewidth=0.6,
        alpha=0.6,
    )


def _handles(grid: Sequence[Any]) -> tuple[list[Any], list[str]]:
    found: dict[str, Any] = {}
    for axes in grid:
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True):
            found.setdefault(label, handle)
    return list(found.values()), list(found)
