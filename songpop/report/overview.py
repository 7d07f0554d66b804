"""A sweep in one picture, as it stands in its run's description: the search on the left, the finals on the right.

Pure: from records to the bytes of a PNG, the same for the same records.
"""

import math
from collections.abc import Sequence
from io import BytesIO

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from songpop.contracts import FinishedTrial, TrialState
from songpop.report.course import draw_best_so_far
from songpop.report.finals import finalist_name
from songpop.report.theme import MUTED, SERIES, styled
from songpop.search.finals import Finals

SIZE_INCHES, DPI = (9.0, 3.4), 100  # as wide as the column of a run's page
N_FINALISTS = 12
MIN_TRIALS = 8  # fewer are told by a table


def overview(trials: Sequence[FinishedTrial], finals: Finals | None) -> bytes | None:
    """Return the picture as a PNG; None where there are too few trials for one.

    Args:
        trials: of the search, finished.
        finals: None: none were held.
    """
    complete = [one for one in trials if one.state is TrialState.COMPLETE and math.isfinite(one.value)]
    if len(complete) < MIN_TRIALS:
        return None
    held = finals if finals is not None and finals.winner is not None else None
    buffer = BytesIO()
    with styled():
        figure = Figure(figsize=SIZE_INCHES, dpi=DPI, layout="constrained")
        axes = figure.subplots(1, 1 if held is None else 2, squeeze=False)[0]
        _search(axes[0], trials, complete)
        if held is not None:
            _finals(axes[1], held)
        figure.savefig(buffer, format="png", metadata={"Software": None})
    return buffer.getvalue()


def _search(axes: Axes, trials: Sequence[FinishedTrial], complete: Sequence[FinishedTrial]) -> None:
    """Draw each trial's value over its number, and the best so far."""
    shown = sorted((one for one in trials if math.isfinite(one.value)), key=lambda one: one.trial)
    is_full = [one.state is TrialState.COMPLETE for one in shown]
    draw_best_so_far(axes, [one.trial for one in shown], [one.value for one in shown], is_full)
    values = [one.value for one in complete]
    low, high = min(values), float(np.quantile(values, 0.9))  # the worst would press the others together
    room = 0.08 * max(high - low, 1e-6)
    axes.set_ylim(low - room, high + room)
    axes.set_title("Search", loc="left", fontsize=10)
    axes.set_xlabel("trial")
    axes.set_ylabel("validation log loss")
    axes.legend(frameon=False, fontsize=8, loc="upper right")


def _finals(axes: Axes, finals: Finals) -> None:
    """Draw each finalist's mean and interval; the winner is filled, who cannot be told from it is of its colour."""
    shown = [(place, one) for place, one in enumerate(finals.finalists) if one.interval is not None][:N_FINALISTS]
    for height, (place, one) in enumerate(shown):
        interval = one.interval
        if interval is None:
            continue
        is_winner = place == finals.winner
        colour = SERIES[1] if is_winner else SERIES[0] if one.is_within_noise else MUTED
        face = colour if is_winner else "white"
        axes.plot([max(interval.low, 0.0), interval.high], [height, height], color=colour, linewidth=1.5)
        axes.plot(interval.mean, height, "o", color=colour, markerfacecolor=face, markersize=6)
    axes.set_yticks(range(len(shown)), [finalist_name(place, one) for place, one in shown], fontsize=8)
    axes.invert_yaxis()
    told = f"Finals: mean over {finals.n_resamples} resamples, 95 %"
    axes.set_title(f"{told}\norange: winner; blue: cannot be told from it", loc="left", fontsize=10)
    axes.set_xlabel("validation log loss")
