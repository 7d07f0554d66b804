"""The finals: a forest plot of the finalists, and how their runs learnt; and the leaderboard beside them."""

import numpy as np

from songpop.report.records import Absence, Picture, Report
from songpop.report.theme import DASHES, INK, MUTED, SERIES, literal, log_scale, new_figure
from songpop.report.wording import interval, number, settings_of

N_LEADERS = 10
N_CURVES = 6  # finalists whose curves are drawn
NO_FINALS = (
    "No finals were held: the sweep was interrupted, had no complete trial, or ran with finals=none. The same "
    "sweep command with finals=default holds them."
)


def leaderboard(report: Report) -> Picture | Absence:
    """The best trials of the search, with what the finals made of them."""
    gone_on = {trial.number for trial in report.complete}
    leaders = sorted(report.complete, key=lambda trial: trial.value)[:N_LEADERS]
    if not leaders:
        return Absence(reason="No trial is complete.")
    held = {} if report.finals is None else {
        one.contestant.trial: one for one in report.finals.finalists if one.contestant.trial in gone_on and one.interval
    }  # fmt: skip
    figure, axes = new_figure(height=0.9 + 0.34 * len(leaders))
    for place, trial in enumerate(leaders):
        axes.plot(
            [trial.value],
            [place],
            marker="o",
            color=SERIES[0],
            linestyle="none",
            label="in the search" if not place else None,
        )
        if trial.number in held and held[trial.number].interval is not None:
            found = held[trial.number].interval
            assert found is not None
            axes.errorbar(
                [found.mean], [place + 0.18], xerr=[[found.mean - found.low], [found.high - found.mean]], marker="s",
                color=SERIES[1], capsize=3, linestyle="none",
            )  # fmt: skip
    if held:
        axes.plot([], [], marker="s", color=SERIES[1], linestyle="none", label="in the finals, 95 %")
    axes.set(yticks=range(len(leaders)), xlabel="validation log loss")
    axes.set_yticklabels([f"trial {trial.number}" for trial in leaders])
    axes.invert_yaxis()
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2)  # above: the intervals may be anywhere
    rows = tuple(
        (
            str(place + 1),
            str(one.number),
            number(one.value),
            _held(held.get(one.number)),
            f"{100 * one.accuracy:.1f} %",
            f"{one.n_epochs} ({one.best_epoch})",
            settings_of(one.params),
        )
        for place, one in enumerate(leaders)
    )
    finding = f"Trial {leaders[0].number} leads with {number(leaders[0].value)}: {settings_of(leaders[0].params)}."
    if report.finals is not None and report.finals.shrinkage is not None:
        word = "better" if report.finals.shrinkage >= 0 else "worse"
        finding += f" The search's best looked {abs(report.finals.shrinkage):.4f} {word} than it is in the finals."
    columns = ("#", "trial", "in the search", "in the finals", "accuracy", "epochs (best)", "settings")
    return Picture(figure=figure, finding=finding, columns=columns, rows=rows)


def forest(report: Report) -> Picture | Absence:
    """Each finalist's mean over the resamples with its interval; the winner first."""
    finals = report.finals
    if finals is None:
        return Absence(reason=NO_FINALS)
    shown = [(place, one) for place, one in enumerate(finals.finalists) if one.interval is not None]
    if not shown:
        return Absence(reason="Each finalist had a run that failed.")
    figure, axes = new_figure(height=1.0 + 0.36 * len(shown))
    for y, (place, one) in enumerate(shown):
        assert one.interval is not None
        is_winner = place == finals.winner
        colour = SERIES[2] if is_winner else SERIES[0] if one.is_within_noise else MUTED
        mean, low, high = one.interval.mean, one.interval.low, one.interval.high
        axes.errorbar(
            [mean], [y], xerr=[[mean - low], [high - mean]], marker="D" if is_winner else "o", color=colour, capsize=3
        )
        axes.plot(
            one.values,
            np.full(len(one.values), y + 0.22),
            marker="|",
            color=colour,
            linestyle="none",
            markersize=5,
            alpha=0.7,
        )
        if is_winner:
            axes.axvline(mean, color=INK, linestyle=DASHES[1], linewidth=0.9)
    labels = [
        f"{place + 1} {one.contestant.origin.value}{'' if one.contestant.trial is None else f' {one.contestant.trial}'}"
        for place, one in shown
    ]
    axes.set(yticks=range(len(shown)), xlabel=f"validation log loss, mean over {finals.n_resamples} resamples, 95 %")
    axes.set_yticklabels([literal(label) for label in labels])
    axes.invert_yaxis()
    values = [one.interval.mean for _, one in shown if one.interval]
    if max(values) > 5 * min(values):
        axes.set_xscale("log")
    rows = tuple(
        (
            label,
            interval(one.interval.mean, one.interval.low, one.interval.high) if one.interval else "–",
            number(one.difference),
            "–" if one.p_value is None else f"{one.p_value:.3f}",
            "wins" if place == finals.winner else "cannot be told from it" if one.is_within_noise else "behind",
            f"{one.n_weights:,}",
            settings_of({name: _value(value) for name, value in one.contestant.suggested.items()}),
        )
        for label, (place, one) in zip(labels, shown, strict=True)
    )
    finding = f"Number {(finals.winner or 0) + 1} wins: {finals.reason}."
    columns = ("finalist", "mean (95 %)", "behind", "p", "verdict", "weights", "settings")
    return Picture(figure=figure, finding=finding, columns=columns, rows=rows)


def learning_curves(report: Report) -> Picture | Absence:
    """How the finalists' runs learnt: mean and range over the resamples."""
    if report.finals is None:
        return Absence(reason=NO_FINALS)
    if not report.curves:
        return Absence(reason="The runs of the finals are not in the tracking store any more.")
    figure, axes = new_figure()
    rows = []
    places = sorted({curve.finalist for curve in report.curves})[:N_CURVES]
    for k, place in enumerate(places):
        curves = [curve.losses for curve in report.curves if curve.finalist == place]
        longest = max(map(len, curves))
        padded = np.array([[*losses, *[np.nan] * (longest - len(losses))] for losses in curves])
        epochs = np.arange(1, longest + 1)
        mean, low, high = np.nanmean(padded, axis=0), np.nanmin(padded, axis=0), np.nanmax(padded, axis=0)
        axes.fill_between(epochs, low, high, color=SERIES[k], alpha=0.12, linewidth=0)
        axes.plot(epochs, mean, color=SERIES[k], linestyle=DASHES[k], label=f"finalist {place + 1}")
        best = int(np.nanargmin(mean))
        rows.append(
            (str(place + 1), str(len(curves)), str(best + 1), number(float(mean[best])), number(float(mean[-1])))
        )
    axes.set(xlabel="epoch", ylabel="validation log loss")
    log_scale(axes, [loss for curve in report.curves for loss in curve.losses if np.isfinite(loss)])
    axes.legend(ncols=2)
    finding = (
        "; ".join(f"finalist {row[0]} is best after epoch {row[2]} ({row[3]} on average)" for row in rows[:3]) + "."
    )
    columns = ("finalist", "runs", "best epoch", "mean there", "mean at the end")
    return Picture(figure=figure, finding=finding[0].upper() + finding[1:], columns=columns, rows=tuple(rows))


def _held(one: object) -> str:
    found = getattr(one, "interval", None)
    return "–" if found is None else interval(found.mean, found.low, found.high)


def _value(value: object) -> float | str:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else str(value)
