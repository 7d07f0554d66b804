"""Workers that hang or run out of memory: their trials are trained again, and the sweep ends as if nothing had been."""

import json
import os
import resource
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from children import LEAN, said, started, workers_of
from small_sweeps import assert_sound

from songpop.overrides import quoted

pytestmark = [pytest.mark.survive, pytest.mark.timeout(600)]
# Larger and larger networks: whenever a worker comes to harm, it soon needs more memory than it had.
RUNGS = ["8", "256-256", "512-512", "768-768"]
SPACE = f"""
widths: {{kind: choice, choices: {json.dumps(RUNGS)}}}
learning_rate: {{kind: float, low: 1.0e-4, high: 1.0e-2, log: true}}
"""
POINTS = [{"widths": RUNGS[place // 6], "learning_rate": (place + 1) / 10_000} for place in range(6 * len(RUNGS))]
N_TRIALS = len(POINTS)


def hang(pid: int) -> None:
    """Stop a process, which then neither works nor dies."""
    os.kill(pid, signal.SIGSTOP)


def starve(pid: int) -> None:
    """Give a process no further memory, as a container at its limit does."""
    resource.prlimit(pid, resource.RLIMIT_DATA, (0, 0))  # what it has it keeps


def kill(pid: int) -> None:
    """End a process as the kernel does that has no memory left for it."""
    os.kill(pid, signal.SIGKILL)


def wait_for_trials(process: subprocess.Popen[str], cwd: Path) -> None:
    deadline = time.monotonic() + 120
    while said(cwd).count("trial ") < 2 and process.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.parametrize("harm", [hang, starve, kill])
def test_a_worker_comes_to_harm(harm: Callable[[int], None], tmp_path: Path) -> None:
    (tmp_path / "conf" / "space").mkdir(parents=True)
    (tmp_path / "conf" / "space" / "growing.yaml").write_text(SPACE)
    words = [*LEAN[:1], "--config-dir=conf", *LEAN[1:], "space=growing", f"search.known_points={quoted(POINTS)}"]
    words += ["train.epochs=20", "train.early_stopping.patience=null", "engine.trial_timeout_s=15", "finals=none"]
    process = started("nothing", 0, "cli", *words, f"search.n_trials={N_TRIALS}", cwd=tmp_path)
    wait_for_trials(process, tmp_path)
    harm(workers_of(process.pid)[0])
    out, _ = process.communicate(timeout=400)
    assert process.returncode == 0, said(tmp_path)
    told = json.loads(out)
    assert told["load"]["n_deaths"] >= 1
    assert (told["n_trials"], told["n_failed"]) == (N_TRIALS, 0)
    assert_sound(tmp_path / "mlruns", n_trials=N_TRIALS)
