"""A sweep that is killed, and one that is interrupted: what finished is kept, each trial once, none RUNNING."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from mlflow.tracking import MlflowClient
from small_sweeps import examined

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

N_TRIALS = 30
CREATE_TRIAL = b'"op_code":4,'  # Optuna's word in the journal
WORDS = ["sweep", "--json", "train.epochs=150", f"search.n_trials={N_TRIALS}", "space=published", "sampler=random"]
WORDS += ["train.early_stopping.patience=null", "pruner=none", "engine.n_workers=2", "engine.n_slots=2"]
WORDS += ["finals.n_configs=1", "finals.n_seeds=2", "finals.with_known_points=false"]
N_MORE = 5  # than there are seats, so that one has ended before


def start(folder: Path, *words: str) -> subprocess.Popen[str]:
    environment = {key: value for key, value in os.environ.items() if key != "MLFLOW_TRACKING_URI"}
    return subprocess.Popen(
        [sys.executable, "-m", "songpop", *WORDS, *words],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=(folder / "stderr.txt").open("a"),
        text=True,
    )


def runs(folder: Path) -> list[Any]:
    client = MlflowClient(f"sqlite:///{folder / 'mlruns' / 'mlflow.db'}")
    return list(client.search_runs([experiment.experiment_id for experiment in client.search_experiments()]))


def n_created(folder: Path) -> int:
    journal = folder / "mlruns" / "studies" / "sample-honest-published.journal"
    return journal.read_bytes().count(CREATE_TRIAL) if journal.exists() else 0


def wait_for_new_trials(folder: Path, n_before: int, process: subprocess.Popen[str]) -> None:
    """Until this process has begun trials of its own: before that it may not have set its signals' handlers."""
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline and process.poll() is None:
        if n_created(folder) >= n_before + N_MORE:
            return
        time.sleep(0.02)
    raise AssertionError(f"{N_MORE} trials were not begun: {(folder / 'stderr.txt').read_text()}")


def test_interrupted_ended_killed_and_finished(tmp_path: Path) -> None:
    """One sweep that meets Ctrl-C, SIGTERM and kill -9 in turn, and is then left to finish."""
    n_kept = 0
    for word in (signal.SIGINT, signal.SIGTERM):
        n_before, process = n_created(tmp_path), start(tmp_path)
        wait_for_new_trials(tmp_path, n_before, process)
        process.send_signal(word)
        out, _ = process.communicate()
        assert process.returncode == 130, (tmp_path / "stderr.txt").read_text()
        told = json.loads(out)
        assert told["interrupted"] is True
        assert told["n_trials"] > n_kept
        n_kept = told["n_trials"]
        assert "RUNNING" not in {run.info.status for run in runs(tmp_path)}
    n_before, process = n_created(tmp_path), start(tmp_path)
    wait_for_new_trials(tmp_path, n_before, process)
    process.kill()
    process.wait()
    resumed = start(tmp_path)
    out, _ = resumed.communicate()
    assert resumed.returncode == 0, (tmp_path / "stderr.txt").read_text()
    told = json.loads(out)
    assert told["n_new"] <= N_TRIALS - n_kept
    assert told["n_trials"] == N_TRIALS
    found = runs(tmp_path)
    assert {run.info.status for run in found} <= {"FINISHED", "FAILED"}
    trials = Counter(run.data.tags["songpop.trial"] for run in found if run.data.tags["songpop.kind"] == "trial")
    assert trials == Counter({str(number): 1 for number in range(N_TRIALS)})
    assert examined(tmp_path / "mlruns").findings == ()


@pytest.mark.survive
def test_killed_in_the_finals_and_held_again(tmp_path: Path) -> None:
    """Runs of the finals that were recorded stay; held again, each is there once, and nothing says RUNNING."""
    few = ["search.n_trials=3", "finals.n_seeds=20", "train.epochs=100"]

    def finals() -> list[Any]:
        made = (tmp_path / "mlruns" / "mlflow.db").exists()
        return [run for run in runs(tmp_path) if run.data.tags["songpop.kind"] == "final"] if made else []

    process = start(tmp_path, *few)
    deadline = time.monotonic() + 120
    while not finals() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    assert process.poll() is None, (tmp_path / "stderr.txt").read_text()
    process.kill()
    process.wait()
    kept = {run.info.run_id for run in finals()}
    assert 0 < len(kept) < 3 * 20  # the best trial, and the other members of an ensemble
    assert "RUNNING" in {run.info.status for run in runs(tmp_path)}
    out, _ = start(tmp_path, *few).communicate()
    told = json.loads(out)
    assert told["n_new"] == 0
    assert kept < {run.info.run_id for run in finals()}
    seen = Counter((run.data.params["finalist"], run.data.params["resample"]) for run in finals())
    trained = {finalist for finalist, _ in seen}
    assert len(trained) > 1
    assert seen == Counter({(finalist, str(number)): 1 for finalist in trained for number in range(20)})
    assert {run.info.status for run in runs(tmp_path)} == {"FINISHED"}
    assert told["champion"]["n_models"] in {20 * n_members for n_members in range(1, len(trained) + 1)}
