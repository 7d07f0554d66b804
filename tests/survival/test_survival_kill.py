"""kill -9: inside each store's write for certain, and at moments that nobody chose; the parent and its workers."""

import json
import os
import random
import signal
import subprocess
import time
from pathlib import Path

import pytest
from children import LEAN, ended, said, started, workers_of
from small_sweeps import assert_sound, examined, kept_trials

IN_A_WRITE = ("in_journal", "in_tracking", "between_the_stores")


@pytest.mark.slow
def test_killed_inside_each_write(store_root: Path, tmp_path: Path) -> None:
    """One small sweep, killed once inside each store's write, each time some trials later."""
    kept: dict[int, tuple[str, float, str]] = {}
    for when, fault in enumerate(IN_A_WRITE, start=2):
        status, out = ended(fault, when, "small", store_root, 40, cwd=tmp_path)
        assert status == -signal.SIGKILL, said(tmp_path)
        told = {int(line) for line in out.splitlines()}
        found = kept_trials(store_root)
        assert told <= set(found)
        assert kept.items() <= found.items()  # what was kept before is what it was
        kept = found
    assert examined(store_root, mend=True).is_well
    assert examined(store_root).findings == ()
    assert ended("nothing", 0, "small", store_root, 40, cwd=tmp_path)[0] == 0, said(tmp_path)
    assert kept.items() <= kept_trials(store_root).items()
    assert_sound(store_root, n_trials=40)


# ── the command line itself ─────────────────────────────────────────────────────────────────────────────────

N_EACH = 6  # trials that a round may train
# Fifteen rounds at random moments, five in each store's write.
ROUNDS = [*["random parent"] * 8, *["random worker"] * 7]
ROUNDS += [fault for fault in ("in_journal", "in_tracking", "in_weights", "in_model") for _ in range(5)]


def words(n_trials: int) -> list[str]:
    return [*LEAN, "train.epochs=20", "train.early_stopping.patience=null", f"search.n_trials={n_trials}"]


def strike(process: subprocess.Popen[str], rng: random.Random, target: str) -> None:
    """Kill the parent, or one of its workers, at a random moment after the first trial can have begun."""
    deadline = time.monotonic() + 120
    while len(workers_of(process.pid)) < 2 and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    time.sleep(rng.uniform(0.0, 3.0))
    pids = [process.pid] if target == "random parent" else workers_of(process.pid)
    if pids and process.poll() is None:
        os.kill(rng.choice(pids), signal.SIGKILL)


@pytest.mark.survive
@pytest.mark.timeout(1500)
def test_thirty_rounds_of_kill_9(tmp_path: Path) -> None:
    rng = random.Random(11)
    rounds = list(ROUNDS)
    rng.shuffle(rounds)
    root, n_asked, n_kills = tmp_path / "mlruns", 0, 0
    kept: dict[int, tuple[str, float, str]] = {}
    for fault in rounds:
        n_asked = len(kept) + N_EACH
        is_random = fault.startswith("random")
        name, when = ("nothing", 0) if is_random else (fault, 1 if fault == "in_model" else rng.randint(1, 2))
        process = started(name, when, "cli", *words(n_asked), cwd=tmp_path)
        if is_random:
            strike(process, rng, fault)
        process.communicate(timeout=280)
        n_kills += process.returncode == -signal.SIGKILL
        assert process.returncode in (0, -signal.SIGKILL), said(tmp_path)  # 0: a worker was killed, or nothing hit
        if fault == "in_model":
            assert process.returncode == -signal.SIGKILL, said(tmp_path)
        found = kept_trials(root) if (root / "studies").exists() else {}
        assert kept.items() <= found.items()
        assert len(found) <= n_asked
        kept = found
    assert n_kills >= 20
    status, out = ended("nothing", 0, "cli", *words(n_asked), cwd=tmp_path)
    assert status == 0, said(tmp_path)
    told = json.loads(out)
    assert (told["n_trials"], told["n_failed"]) == (n_asked, 0)
    assert examined(root, mend=True).is_well  # half-logged models of the killed ones
    assert kept.items() <= kept_trials(root).items()
    assert_sound(root, n_trials=n_asked)
