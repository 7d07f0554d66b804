"""kill -9 of a real process, at moments that nobody chose: no acknowledged trial is lost, none is kept twice."""

import json
import random
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from optuna.trial import FrozenTrial
from search_fakes import FakeEngine, FakeTracker, opened

from songpop.search.driver import run_search
from songpop.settings import OracleKind

SCRIPT = Path(__file__).with_name("killed_sweep.py")
N_TRIALS = 60


def killed_after(folder: Path, options: dict[str, Any], delay_s: float) -> list[int]:
    """Start the search, kill it `delay_s` after its first kept trial, and return the trials that it called kept."""
    command = [sys.executable, str(SCRIPT), str(folder), json.dumps(options), "0.004"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        time.sleep(delay_s)
        process.kill()
        return [int(line) for line in [first, *process.stdout.read().splitlines()] if line]


@pytest.mark.slow
@pytest.mark.parametrize(
    "options",
    [{"sampler": "tpe", "pruner": "asha"}, {"algorithm": "hyperband"}],
    ids=["tpe", "hyperband"],
)
def test_kill_9_at_any_moment(tmp_path: Path, options: dict[str, Any]) -> None:
    options = {**options, "n_trials": N_TRIALS}
    here = {key: OracleKind(value) if key == "algorithm" else value for key, value in options.items()}
    rng = random.Random(5)
    kept: set[int] = set()
    n_kills = 0
    while len(kept) < N_TRIALS and n_kills < 20:
        told = killed_after(tmp_path / "killed", options, rng.uniform(0.0, 0.2))
        n_kills += 1
        backend = opened(tmp_path / "killed", n_trials=N_TRIALS)
        numbers = [trial.trial for trial in backend.finished()]
        backend.close()
        assert not set(told) & kept
        kept |= set(told)
        assert kept <= set(numbers)
        assert numbers == list(range(len(numbers)))
        kept = set(numbers)
    assert n_kills >= 2

    results = []
    for folder in ("killed", "whole"):
        backend = opened(tmp_path / folder, **here)
        run_search(backend, FakeEngine(), FakeTracker, on_progress=lambda progress: None)
        results.append([(t.trial, t.state, t.suggested, t.value, t.goes_on_from) for t in backend.finished()])
        backend.close()
    assert results[0] == results[1]


@pytest.mark.slow
def test_keeping_a_trial_costs_the_same_after_a_thousand(tmp_path: Path) -> None:
    """In CPU time, since a busy machine is not the store's doing; the wall time adds one fsync."""
    backend = opened(tmp_path, n_trials=1100, n_epochs=30)
    times: list[float] = []
    append = backend._store.append

    def timed(trials: Sequence[FrozenTrial]) -> None:
        started = time.thread_time()
        append(trials)
        times.extend([(time.thread_time() - started) / len(trials)] * len(trials))

    backend._store.append = timed  # type: ignore[method-assign]
    run_search(backend, FakeEngine(), FakeTracker, on_progress=lambda progress: None)
    early, late = sorted(times[:100])[50], sorted(times[-100:])[50]
    assert late < 0.010
    assert late < 3 * early + 0.002
