"""The live table: right at 80 columns, honest about rate and time left, and quiet without a terminal."""

import math
import os
import pty
import re
import subprocess
import sys
from collections import deque
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from outcomes import progress
from rich.console import Console

from songpop.cli.live import LiveTable, Moment, clock_of, left_s, search_panel, steps_panel, trials_per_s


def shown(renderable: Any, width: int = 80) -> list[str]:
    console = Console(width=width, color_system=None)
    with console.capture() as captured:
        console.print(renderable)
    return captured.get().splitlines()


@pytest.mark.parametrize(("seconds", "words"), [(math.nan, "–"), (7, "0:07"), (754, "12:34"), (3_723, "1:02:03")])
def test_durations(seconds: float, words: str) -> None:
    assert clock_of(seconds) == words


@pytest.mark.parametrize(
    ("n_left", "rate", "elapsed_s", "timeout_s", "expected"),
    [
        (10, 2.0, 5.0, None, 5.0),
        (10, math.nan, 5.0, None, math.nan),
        (10, 0.0, 5.0, None, math.nan),
        (10, 2.0, 5.0, 7.0, 2.0),  # the time is over before the trials are
        (10, 2.0, 9.0, 7.0, 0.0),
        (10, math.nan, 5.0, 60.0, 55.0),
        (0, 2.0, 5.0, None, 0.0),
    ],
)
def test_time_left(n_left: int, rate: float, elapsed_s: float, timeout_s: float | None, expected: float) -> None:
    assert left_s(n_left, rate, elapsed_s, timeout_s) == pytest.approx(expected, nan_ok=True)


def moments(*pairs: tuple[float, int]) -> deque[Moment]:
    return deque(Moment(elapsed_s=elapsed_s, n_ended=n) for elapsed_s, n in pairs)


def test_the_rate_is_that_of_the_last_moments() -> None:
    assert trials_per_s(moments((0.0, 30), (10.0, 50)), 10.0) == 2.0  # the thirty of an earlier call do not count
    assert trials_per_s(moments((0.0, 30), (10.0, 50)), 20.0) == 1.0  # nothing has finished since
    assert math.isnan(trials_per_s(moments((0.0, 30), (1.0, 30)), 1.0))


@given(st.integers(0, 10**6), st.integers(1, 10**6), st.floats(0, 10**6), st.sampled_from([math.nan, 0.01, 3.0, 10**5]))
def test_no_line_is_longer_than_the_terminal(n_finished: int, n_total: int, now_s: float, rate: float) -> None:
    state = replace(
        progress(), n_finished=n_finished, n_total=n_total, n_pruned=n_finished, best_suggested={"inputs": "x" * 90}
    )
    lines = shown(search_panel(state, rate, now_s))
    assert len(lines) == 6
    assert {len(line) for line in lines} == {80}


def test_a_search() -> None:
    text = "\n".join(shown(search_panel(progress(), 0.5, 3.0)))
    for words in ("5 of 25 trials, 0:03", "0.3100", "100%", "0:40", "best: trial 2, 2 trials ago: l2 l2=0.001 rmsprop"):
        assert words in text, (words, text)
    assert "1 trial ago" in "\n".join(shown(search_panel(replace(progress(), n_since_best=1), 0.5, 3.0)))


def test_before_the_first_result() -> None:
    text = "\n".join(shown(search_panel(progress(best=None), math.nan, 1.0)))
    assert "no result yet" in text
    assert re.search(r"–\s+–?", text)


def test_what_waits_to_be_recorded_is_told() -> None:
    assert "20 to be recorded" in shown(search_panel(replace(progress(), n_behind=20), 1.0, 3.0))[1]


def test_other_work() -> None:
    text = "\n".join(shown(steps_panel("finals [of 7]", 30, 70, 61.0)))
    assert "finals [of 7]" in text
    assert "30 of 70, 1:01" in text


def test_a_long_search_forgets_its_beginning() -> None:
    now_s = [0.0]
    table = LiveTable(Console(quiet=True), clock=lambda: now_s[0])
    for second in range(100):
        now_s[0] = float(second)
        table.progress(replace(progress(), elapsed_s=now_s[0], n_finished=second if second < 50 else 50 + 10 * second))
    assert trials_per_s(table._moments, now_s[0]) == pytest.approx(10.0)


def run_in_terminal(words: list[str], folder: Path) -> tuple[int, str]:
    """Run songpop with a terminal for its standard error; returns its exit status and what the terminal was sent."""
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "80", "LINES": "24"}
    environment.pop("MLFLOW_TRACKING_URI", None)
    command = [sys.executable, "-m", "songpop", *words]
    with (folder / "out.txt").open("w") as out:
        running = subprocess.Popen(command, cwd=folder, env=environment, stdout=out, stderr=theirs)
    os.close(theirs)
    sent = b""
    while True:
        try:
            piece = os.read(ours, 65_536)
        except OSError:  # Linux' word for the end of a terminal
            break
        sent += piece
        if not piece:
            break
    os.close(ours)
    return running.wait(timeout=120), sent.decode(errors="replace")


@pytest.mark.slow
def test_a_sweep_in_a_terminal(tmp_path: Path) -> None:
    status, sent = run_in_terminal(["sweep", "--json", "debug=quick", "train.epochs=5", "paths.root=mlruns"], tmp_path)
    assert status == 0, sent
    for words in ("running", "pruned", "slots busy", "per minute", "best: trial", "finals"):
        assert words in sent, words
    assert sent.rstrip().endswith("\x1b[2K") or "\x1b[?25h" in sent[-400:]  # the cursor is shown again
    assert (tmp_path / "out.txt").read_text().count("\n") == 1  # one object, as without a terminal


@pytest.mark.slow
def test_a_sweep_without_a_terminal_sends_no_control_codes(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "songpop", "sweep", "debug=quick", "paths.root=mlruns"]
    environment = {key: value for key, value in os.environ.items() if key != "MLFLOW_TRACKING_URI"}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "\x1b" not in done.stderr + done.stdout
    assert re.search(r"trial \d+: \w+, ", done.stderr)
