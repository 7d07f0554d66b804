"""What a terminal shows while a search runs: a table that is drawn anew a few times a second.

Owns: the table, the numbers in it that follow from several moments (rate, time left). Does not own: counting
(search/progress.py), what is printed where there is no terminal (screen.py).
"""

import math
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, final

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from songpop.wording import number, settings_line

REFRESHES_PER_S = 4
WINDOW_S = 20.0  # what a rate is taken over: the first trials of a search are longer than the pruned ones later


@dataclass(frozen=True, kw_only=True)
class Moment:
    """How much was done when."""

    elapsed_s: float
    n_ended: int  # trials, recorded or not yet


def trials_per_s(moments: "deque[Moment]", now_s: float) -> float:
    """Return the trials that end in a second, over the last moments; NaN before the first one has."""
    first = moments[0]
    n_ended = moments[-1].n_ended - first.n_ended
    return n_ended / (now_s - first.elapsed_s) if n_ended and now_s > first.elapsed_s else math.nan


def left_s(n_left: int, rate: float, elapsed_s: float, timeout_s: float | None) -> float:
    """Return the seconds that a search still takes: by its rate, or until no trial begins any more; NaN if unknown."""
    by_rate = n_left / rate if rate > 0 else math.nan
    if timeout_s is None:
        return by_rate
    by_time = max(timeout_s - elapsed_s, 0.0)
    return by_time if math.isnan(by_rate) else min(by_rate, by_time)


def clock_of(seconds: float) -> str:
    """Write a duration as 0:07, 12:34 or 1:02:03; a dash where it is not known."""
    if math.isnan(seconds):
        return "–"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def search_panel(progress: Any, rate: float, now_s: float) -> Panel:
    """Return the table of a search.

    Args:
        progress: its last known state.
        rate: finished trials per second; NaN: not known yet.
        now_s: seconds since it began, at this moment.
    """
    n_left = max(progress.n_total - progress.n_finished - progress.n_behind, 0)
    cells = {
        "running": f"{progress.n_running}",
        "complete": f"{progress.n_complete}",
        "pruned": f"{progress.n_pruned}",
        "failed": f"{progress.n_failed}",
        "best": number(progress.best_value),
        "per minute": "–" if math.isnan(rate) else f"{60 * rate:,.0f}",
        "slots busy": f"{min(progress.n_running / progress.n_seats, 1):.0%}",
        "left": clock_of(left_s(n_left, rate, now_s, progress.timeout_s)),
    }
    table = Table.grid(padding=(0, 2), expand=True)
    for _ in cells:
        table.add_column(justify="right", no_wrap=True)
    table.add_row(*(Text(name, style="dim") for name in cells))
    table.add_row(*cells.values())
    behind = f", {progress.n_behind} to be recorded" if progress.n_behind else ""
    done = f"{progress.n_finished:,} of {progress.n_total:,} trials{behind}, {clock_of(now_s)}"
    return Panel(Group(_bar(progress.n_finished, progress.n_total, done), table, _best(progress)), title="search")


def steps_panel(text: str, n_done: int, n_total: int, now_s: float) -> Panel:
    """Return the bar of other work: finals, trials that are trained again."""
    return Panel(_bar(n_done, n_total, f"{n_done:,} of {n_total:,}, {clock_of(now_s)}"), title=Text(text))


def _bar(n_done: int, n_total: int, words: str) -> Table:
    grid = Table.grid(padding=(0, 2), expand=True)
    grid.add_column(ratio=1)
    grid.add_column(justify="right", no_wrap=True)
    grid.add_row(ProgressBar(total=max(n_total, 1), completed=n_done), words)
    return grid


def _best(progress: Any) -> Text:
    if progress.best_trial is None:
        return Text("no result yet", style="dim", no_wrap=True, overflow="ellipsis")
    ago = _ago(progress.n_since_best)
    told = f"best: trial {progress.best_trial}, {ago}: {settings_line(progress.best_suggested)}"
    return Text(told, no_wrap=True, overflow="ellipsis")


def _ago(n_trials: int) -> str:
    return f"{n_trials:,} trial{'s' * (n_trials != 1)} ago" if n_trials else "just now"


@final
class LiveTable:
    """The table of a running command; a context manager, gone at its end."""

    def __init__(self, console: Console, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._progress: Any = None
        self._told_s = 0.0  # when the last progress came
        self._moments: deque[Moment] = deque()
        self._steps: tuple[str, int, int] | None = None
        self._steps_from_s = 0.0
        self._live = Live(
            console=console, transient=True, refresh_per_second=REFRESHES_PER_S, get_renderable=self._rendered
        )

    def __enter__(self) -> "LiveTable":
        self._live.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._live.stop()

    def progress(self, progress: Any) -> None:
        """Take the state of a search."""
        self._progress, self._told_s = progress, self._clock()
        moments = self._moments
        if not moments:
            moments.append(Moment(elapsed_s=0.0, n_ended=progress.n_before))
        moments.append(Moment(elapsed_s=progress.elapsed_s, n_ended=progress.n_finished + progress.n_behind))
        while len(moments) > 2 and moments[1].elapsed_s < progress.elapsed_s - WINDOW_S:
            moments.popleft()

    def step(self, text: str, n_done: int, n_total: int) -> None:
        """Take a piece of other work that is done."""
        if self._steps is None:
            self._steps_from_s = self._clock()
        self._steps = (text, n_done, n_total)

    def _rendered(self) -> RenderableType:
        panels: list[RenderableType] = []
        if self._progress is not None:
            is_over = self._steps is not None or self._progress.n_finished >= self._progress.n_total
            now_s = self._progress.elapsed_s + (0.0 if is_over else self._clock() - self._told_s)
            panels.append(search_panel(self._progress, trials_per_s(self._moments, now_s), now_s))
        if self._steps is not None:
            panels.append(steps_panel(*self._steps, self._clock() - self._steps_from_s))
        return Group(*panels)
