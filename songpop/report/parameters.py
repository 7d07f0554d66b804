"""What the parameters have to do with the loss: importance, parallel coordinates, slices, contours.

A search's trials are no random sample: it goes where it expects to win. These pictures describe it, and prove nothing.
"""

from collections.abc import Sequence
from itertools import combinations, islice
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.lines import Line2D
from numpy.typing import NDArray
from scipy.interpolate import griddata
from scipy.stats import rankdata

from songpop.report.records import Absence, Picture, Report, Trial
from songpop.report.scales import FEW, MIN_RANKED, is_numeric, is_varied, is_wide, ranked_parameters, scale_of
from songpop.report.theme import GRID, INK, MANY, MUTED, PAPER, SERIES, few_ticks, literal, log_scale, new_figure, short
from songpop.report.wording import told_of
from songpop.wording import number, plural, settings_line, share, short_value

Floats = NDArray[np.float64]
# How good a trial is, as share of the trials that are not worse → colour, width: the page's own colours, on any ground.
CLASSES = ((0.1, "best tenth", SERIES[1], 2.2), (0.5, "better half", SERIES[0], 0.9), (1.0, "others", MUTED, 0.6))
SMALL = 0.005  # importances below are in the table only
N_SLICES, N_CONTOURS, N_AXES = 9, 3, 10
MANY_LINES = 300  # through the axes; from here on they are pixels
MIN_FOR_CONTOUR, MIN_VALUES = 12, 4  # points of a surface; values of a parameter: over a switch there is none
MIN_BEST = 5  # trials of a best tenth: what fewer have in common is luck
FLAT = 1e-6  # width by length of a surface: a narrower one is a line, which Qhull refuses


def importance(report: Report) -> Picture | Absence:
    """What told the best tenth of the complete trials from the others."""
    if not report.importances:
        return Absence(
            reason="Fewer than 50 trials are complete: what tells the best tenth of them from the others would be "
            "luck. The same sweep command with a larger search.n_trials adds more trials."
        )
    shown = {name: value for name, value in report.importances.items() if value >= SMALL}
    names, shares = list(shown), list(shown.values())
    figure, axes = new_figure(height=0.6 + 0.32 * len(names))
    axes.barh(range(len(names)), shares, color=SERIES[0])
    axes.set(yticks=range(len(names)), yticklabels=[literal(short(name)) for name in names], xlabel="share")
    axes.invert_yaxis()
    for place, value in enumerate(shares):
        axes.annotate(f" {value:.0%} ", (value, place), va="center", fontsize=9)
    first = ", ".join(f"{name} {share(value)}" for name, value in list(report.importances.items())[:3])
    rows = tuple((name, share(value)) for name, value in report.importances.items())
    return Picture(figure=figure, finding=f"By PED-ANOVA: {first}.", columns=("parameter", "share"), rows=rows)


def parallel(report: Report) -> Picture | Absence:
    """Every complete trial as a line through its parameters, the best ones thick."""
    trials = sorted(report.complete, key=lambda trial: -trial.value)  # the best are drawn last, on top
    names = [name for name in ranked_parameters(report) if is_varied(name, trials)][:N_AXES]
    if len(trials) < FEW or not names:
        return Absence(reason="Fewer than three trials are complete, or no parameter varies.")
    scales = {name: scale_of(name, trials) for name in names}
    places = np.array([[scales[name][0].get(trial.number, -0.12) for name in names] for trial in trials])
    figure, axes = new_figure(height=4.6)
    looks = [_look(rank) for rank in rankdata([trial.value for trial in trials], "min") / len(trials)]
    axes.add_collection(
        LineCollection(
            [np.column_stack([np.arange(len(names)), row]) for row in places],
            colors=[colour for colour, _ in looks], linewidths=[width for _, width in looks], alpha=0.85,
            rasterized=len(trials) > MANY_LINES,
        )
    )  # fmt: skip
    axes.set(xlim=(-0.3, len(names) - 0.7), ylim=(-0.2, 1.08), yticks=[], xticks=range(len(names)))
    axes.set_xticklabels([literal(short(name, 16)) for name in names], rotation=25, ha="right")
    axes.grid(visible=False)
    for k, name in enumerate(names):
        axes.axvline(k, color=MUTED, linewidth=0.8)
        for place, words in scales[name][1]:
            axes.annotate(
                literal(short(words, 11)),
                (k, place),
                xytext=(3, 0),
                textcoords="offset points",
                fontsize=7.5,
                va="center",
                bbox={"facecolor": PAPER, "edgecolor": "none", "alpha": 0.75, "pad": 0.8},
            )
    axes.annotate("not set", (-0.28, -0.12), fontsize=7.5, color=MUTED, va="center")
    handles = [Line2D([], [], color=colour, linewidth=width, label=label) for _, label, colour, width in CLASSES]
    axes.legend(handles=handles, loc="lower left", bbox_to_anchor=(0, 1), ncols=len(CLASSES))
    top = list(reversed(trials))[:5]
    finding = (
        f"{plural(len(trials), 'complete trial')}; the best tenth is drawn thick. The best one: "
        f"{settings_line(top[0].params)}."
    )
    rows = tuple((str(one.number), number(one.value), settings_line(one.params)) for one in top)
    return Picture(figure=figure, finding=finding, columns=("trial", "validation log loss", "settings"), rows=rows)


def slices(report: Report) -> Picture | Absence:
    """The loss over single parameters, those first that it hangs together with most."""
    trials = report.complete
    names = [name for name in ranked_parameters(report) if is_varied(name, trials)][:N_SLICES]
    if len(trials) < FEW or not names:
        return Absence(reason="Fewer than three trials are complete, or no parameter varies.")
    n_columns = min(3, len(names))
    n_rows = -(-len(names) // n_columns)
    figure, grid = new_figure(n_rows, n_columns, height=0.6 + 2.1 * n_rows, sharey=True, squeeze=False)
    titles, rows = {}, []
    for k, axes in enumerate(grid.ravel()):
        axes.set_visible(k < len(names))
        if k < len(names):
            having = [trial for trial in trials if names[k] in trial.params]
            titles[f"slice-{k}"] = told_of(having)
            _slice(axes, names[k], having, f"slice-{k}")
            rows.append(_summary(names[k], having))
    for axes in grid[:, 0]:
        axes.set_ylabel("val log loss")
        log_scale(axes, [trial.value for trial in trials])
    is_told = len(trials) >= 10 * MIN_BEST
    best = "; ".join(f"{row[0]} of the best tenth: {row[2]}" for row in rows[:3])
    columns = ("parameter", "trials", "over all of them", "over their best tenth")
    return Picture(
        figure=figure,
        finding=f"Each point is one of {plural(len(trials), 'complete trial')}. {_order(report)}."
        + (f" {best[0].upper()}{best[1:]}." if is_told else ""),
        columns=columns if is_told else columns[:-1],
        rows=tuple(rows if is_told else [row[:-1] for row in rows]),
        titles=titles,
    )


def contours(report: Report) -> Picture | Absence:
    """The loss over pairs of numbers, in the order of the slices."""
    trials = report.complete
    names = [name for name in ranked_parameters(report) if is_varied(name, trials) and is_numeric(name, trials)]
    ordered = sorted(combinations(names, 2), key=lambda pair: names.index(pair[1]))  # a late name comes late
    pairs = list(islice((pair for pair in ordered if _is_surface(pair, _having(pair, trials))), N_CONTOURS))
    if not pairs:
        return Absence(
            reason=f"No two numeric parameters with {MIN_VALUES} values or more varied together, and not along one "
            f"line, in {MIN_FOR_CONTOUR} complete trials."
        )
    figure, grid = new_figure(1, len(pairs), height=3.2, squeeze=False)
    titles, rows = {}, []
    drawn: Any = None
    low, high = np.quantile([trial.value for trial in trials], [0.0, 0.8])
    for k, (axes, pair) in enumerate(zip(grid[0], pairs, strict=True)):
        having = _having(pair, trials)
        titles[f"contour-{k}"] = told_of(having)
        drawn = _contour(axes, pair, having, (float(low), float(high)), f"contour-{k}")
        best = min(having, key=lambda trial: trial.value)
        rows.append((" and ".join(pair), *(short_value(best.params[name]) for name in pair), number(best.value)))
    figure.colorbar(drawn, ax=grid[0].tolist(), label="val log loss", shrink=0.8, format="%.3g")
    finding = "Lowest at " + "; ".join(f"{row[0]}: {row[1]} and {row[2]} ({row[3]})" for row in rows) + "."
    return Picture(
        figure=figure, finding=finding, columns=("pair", "first", "second", "best"), rows=tuple(rows), titles=titles
    )


def _look(rank: float) -> tuple[str, float]:
    """Return colour and width of a trial's line by its rank as a share, from just above 0 to 1."""
    return next((colour, width) for bound, _, colour, width in CLASSES if rank <= bound)


def _order(report: Report) -> str:
    """Return in which order parameters are shown."""
    if report.importances:
        return "Parameters are in the order of their importance"
    return (
        "Parameters are in the order of their rank correlation with the loss; those that fewer than "
        f"{MIN_RANKED} trials have come last"
    )


def _slice(axes: Axes, name: str, trials: Sequence[Trial], gid: str) -> None:
    values = [trial.value for trial in trials]
    if is_numeric(name, trials):
        places = np.array([float(trial.params[name]) for trial in trials])
        if is_wide(places):
            few_ticks(axes, float(places.min()), float(places.max()))
    else:
        options = sorted({str(trial.params[name]) for trial in trials})
        spread = (np.arange(len(trials)) * 0.618 % 1 - 0.5) * 0.3  # so that equal ones do not hide each other
        places = np.array([options.index(str(trial.params[name])) for trial in trials]) + spread
        axes.set_xticks(
            range(len(options)), [literal(short(option, 12)) for option in options], rotation=30, ha="right", fontsize=8
        )
    axes.scatter(
        places, values, s=16, color=SERIES[0], alpha=0.75, linewidths=0, gid=gid, rasterized=len(trials) > MANY
    )
    axes.set_title(literal(short(name, 28)), loc="left")


def _summary(name: str, trials: Sequence[Trial]) -> tuple[str, str, str, str]:
    ordered = sorted(trials, key=lambda trial: trial.value)
    best = ordered[: len(ordered) // 10]
    return name, str(len(ordered)), _spread(name, ordered), _spread(name, best) if len(best) >= MIN_BEST else "–"


def _spread(name: str, trials: Sequence[Trial]) -> str:
    if is_numeric(name, trials):
        values = [float(trial.params[name]) for trial in trials]
        return f"{min(values):.3g} to {max(values):.3g}" if min(values) < max(values) else f"{values[0]:.3g}"
    counted: dict[str, int] = {}
    for trial in trials:
        counted[str(trial.params[name])] = counted.get(str(trial.params[name]), 0) + 1
    return ", ".join(f"{value} ({n})" for value, n in sorted(counted.items(), key=lambda item: -item[1]))


def _having(pair: tuple[str, str], trials: Sequence[Trial]) -> list[Trial]:
    return [trial for trial in trials if all(name in trial.params for name in pair)]


def _places(pair: tuple[str, str], trials: Sequence[Trial]) -> tuple[Floats, tuple[bool, ...]]:
    """Return where trials lie in the plane of two parameters, shape (N, 2), and which of the axes is logarithmic."""
    raw = np.array([[float(trial.params[name]) for trial in trials] for name in pair])
    is_log = tuple(map(is_wide, raw))
    return np.column_stack([np.log10(one) if log else one for one, log in zip(raw, is_log, strict=True)]), is_log


def _is_surface(pair: tuple[str, str], trials: Sequence[Trial]) -> bool:
    """Say whether enough trials have both parameters, and do not all lie on a line, over which there is no surface."""
    if len(trials) < MIN_FOR_CONTOUR:
        return False
    if any(len({trial.params[name] for trial in trials}) < MIN_VALUES for name in pair):
        return False
    places, _ = _places(pair, trials)
    unit = (places - places.mean(axis=0)) / np.maximum(np.ptp(places, axis=0), 1e-12)
    return int(np.linalg.matrix_rank(unit, rtol=FLAT)) == 2


def _contour(axes: Axes, pair: tuple[str, str], trials: Sequence[Trial], ends: tuple[float, float], gid: str) -> Any:
    places, is_log = _places(pair, trials)
    low, span = places.min(axis=0), np.maximum(np.ptp(places, axis=0), 1e-12)
    values = np.clip([trial.value for trial in trials], *ends)
    unit = np.linspace(0, 1, 60)
    mesh = np.stack(np.meshgrid(unit, unit), axis=-1).reshape(-1, 2)
    surface = griddata((places - low) / span, values, mesh, method="linear")
    levels = np.linspace(*ends, 9) if ends[1] > ends[0] else 9
    drawn = axes.contourf(
        low[0] + span[0] * unit, low[1] + span[1] * unit, surface.reshape(60, 60), levels=levels, cmap="viridis"
    )
    axes.scatter(
        places[:, 0], places[:, 1], s=14, facecolors="#fffffe", edgecolors=INK, linewidths=0.7, gid=gid,
        rasterized=len(trials) > MANY,
    )  # fmt: skip
    axes.grid(color=GRID, alpha=0.4)
    for setter, k in ((axes.set_xlabel, 0), (axes.set_ylabel, 1)):
        setter(literal(short(pair[k], 20)) + (" (log10)" if is_log[k] else ""))
    return drawn
