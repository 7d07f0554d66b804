"""The finals: a forest plot of the finalists, and how their runs learnt; and the leaderboard beside them."""

from collections.abc import Iterator, Sequence

import numpy as np

from songpop.evaluation.stats import Interval
from songpop.report.records import Absence, Picture, Report
from songpop.report.theme import DASHES, INK, MUTED, SERIES, literal, log_scale, new_figure
from songpop.search.finals import Finalist, Finals
from songpop.wording import number, p_value, settings_line, share, with_interval

N_LEADERS = 10
N_CURVES = 6  # finalists whose curves are drawn
CARRIED = "A run that ended earlier counts with its last value from there on"
NO_FINALS = (
    "No finals are known that chose its model: the sweep was interrupted, had no complete trial, ran with finals=none, "
    "or their file is lost or damaged. The same sweep command with finals=default holds them."
)


def leaderboard(report: Report) -> Picture | Absence:
    """The best trials of the search, with what the finals made of them."""
    leaders = sorted(report.complete, key=lambda trial: trial.value)[:N_LEADERS]
    if not leaders:
        return Absence(reason="No trial is complete.")
    held = _held_by_trial(report)
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
                [found.mean], [place + 0.18], xerr=reach(found), marker="s",
                color=SERIES[1], capsize=3, linestyle="none",
            )  # fmt: skip
    if any(one.number in held for one in leaders):
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
            share(one.accuracy),
            f"{one.n_epochs} ({one.best_epoch})",
            settings_line(one.params),
        )
        for place, one in enumerate(leaders)
    )
    finding = f"Trial {leaders[0].number} leads with {number(leaders[0].value)}: {settings_line(leaders[0].params)}."
    if report.finals is not None and report.finals.shrinkage is not None:
        word = "better" if report.finals.shrinkage >= 0 else "worse"
        finding += f" The search's best looked {abs(report.finals.shrinkage):.4f} {word} than it is in the finals."
    columns = ("#", "trial", "in the search", "in the finals", "accuracy", "epochs (best)", "settings")
    return Picture(figure=figure, finding=finding, columns=columns, rows=rows)


def forest(report: Report) -> Picture | Absence:
    """Each finalist's mean over the resamples with its interval; the lowest mean first, the winner green."""
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
        mean = one.interval.mean
        axes.errorbar([mean], [y], xerr=reach(one.interval), marker="D" if is_winner else "o", color=colour, capsize=3)
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
    labels = [finalist_name(place, one) for place, one in shown]
    axes.set(yticks=range(len(shown)), xlabel=f"validation log loss, mean over {finals.n_resamples} resamples, 95 %")
    axes.set_yticklabels([literal(label) for label in labels])
    axes.invert_yaxis()
    log_scale(axes, [one.interval.mean for _, one in shown if one.interval], "x")
    rows = tuple(
        (
            label,
            one.contestant.origin.value,
            with_interval(one.interval.mean, (one.interval.low, one.interval.high)) if one.interval else "–",
            number(one.difference),
            p_value(one.p_value),
            "wins" if place == finals.winner else "cannot be told from it" if one.is_within_noise else "behind",
            f"{one.n_weights:,}",
            settings_line(one.contestant.suggested),
        )
        for label, (place, one) in zip(labels, shown, strict=True)
    )
    finding = f"Number {(finals.winner or 0) + 1} wins: {finals.reason}."
    columns = ("finalist", "from", "mean (95 %)", "behind", "p", "verdict", "weights", "settings")
    return Picture(figure=figure, finding=finding, columns=columns, rows=rows)


def learning_curves(report: Report) -> Picture | Absence:
    """How the finalists' runs learnt: mean and range over the resamples, all of them at each epoch."""
    if report.finals is None:
        return Absence(reason=NO_FINALS)
    if not report.curves:
        return Absence(reason="The runs of the finals are not in the tracking store any more.")
    figure, axes = new_figure()
    rows = []
    names = [finalist_name(place, one) for place, one in enumerate(report.finals.finalists)]
    known = sorted({curve.finalist for curve in report.curves})
    places = known[:N_CURVES]
    is_carried = False
    for k, place in enumerate(places):
        curves = [curve.losses for curve in report.curves if curve.finalist == place]
        longest = max(map(len, curves))
        is_carried = is_carried or longest > min(map(len, curves))
        # The runs that are left would be others than those that began: the mean would fall where a bad one ends.
        carried = np.array([np.pad(losses, (0, longest - len(losses)), mode="edge") for losses in curves])
        epochs = np.arange(1, longest + 1)
        mean, low, high = carried.mean(axis=0), carried.min(axis=0), carried.max(axis=0)
        axes.fill_between(epochs, low, high, color=SERIES[k], alpha=0.12, linewidth=0)
        axes.plot(epochs, mean, color=SERIES[k], linestyle=DASHES[k], label=literal(names[place]))
        best = int(mean.argmin())
        rows.append((names[place], str(len(curves)), str(best + 1), number(float(mean[best])), number(float(mean[-1]))))
    axes.set(xlabel="epoch", ylabel="validation log loss")
    log_scale(axes, [loss for curve in report.curves for loss in curve.losses if np.isfinite(loss)])
    axes.legend(ncols=2)
    told = [
        "; ".join(f"number {row[0]}, is best after epoch {row[2]} ({row[3]} on average)" for row in rows[:3]),
        *_without_curve(report.finals, known),
        *([f"the first {len(places)} of {len(known)} are drawn"] if len(known) > len(places) else []),
        *([CARRIED] if is_carried else []),
    ]
    finding = " ".join(f"{one[0].upper()}{one[1:]}." for one in told)
    columns = ("finalist", "runs", "best epoch", "mean there", "mean at the end")
    return Picture(figure=figure, finding=finding, columns=columns, rows=tuple(rows))


def finalist_name(place: int, one: Finalist) -> str:
    """Return what a finalist is called in every picture: its place, and its trial or, without one, what it is."""
    which = one.contestant.origin.value if one.contestant.trial is None else f"trial {one.contestant.trial}"
    return f"{place + 1}, {which}"


def reach(found: Interval) -> list[list[float]]:
    """Return how far an interval's bar goes from its mean, as `errorbar` wants it: no log loss lies below 0."""
    return [[found.mean - max(found.low, 0.0)], [found.high - found.mean]]


def _without_curve(finals: Finals, known: Sequence[int]) -> Iterator[str]:
    """Yield why the winner has no curve, if it is an ensemble: it was not trained, its members were."""
    if finals.winner is not None and finals.winner not in known:
        winner = finals.finalists[finals.winner]
        if winner.contestant.members:
            yield f"number {finalist_name(finals.winner, winner)}, won and has no curve: it is the mean of its members"


def _held_by_trial(report: Report) -> dict[int, Finalist]:
    """Return the finalists by the last of the trials that are one training: any of these may be who took part."""
    further = {one.goes_on_from: one.number for one in report.trials if one.state == "complete"}
    found = {}
    for one in () if report.finals is None else report.finals.finalists:
        number = one.contestant.trial
        while number is not None and number in further:
            number = further[number]
        if number is not None and one.interval is not None:
            found[number] = one
    return found


def _held(one: object) -> str:
    found = getattr(one, "interval", None)
    return "–" if found is None else with_interval(found.mean, (found.low, found.high))
