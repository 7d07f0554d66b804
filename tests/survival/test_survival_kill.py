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
from small_sweeps import NAME, assert_sound, examined, kept_trials

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
ROUNDS = [*["random parent"] * 8, *["random worker"] * 7, *["in_journal"] * 5, *["in_tracking"] * 5]
FILES = [*["in_weights"] * 2, *["in_model"] * 5]  # only a new best trial has them written


def words(n_trials: int, name: str = NAME) -> list[str]:
    lean = [word for word in LEAN if not word.startswith("search.name=")]
    asked = [f"search.n_trials={n_trials}", f"search.name={name}"]
    return [*lean, "train.epochs=20", "train.early_stopping.patience=null", *asked]


def strike(process: subprocess.Popen[str], rng: random.Random, target: str) -> None:
    """Kill the parent, or one of its workers, at a random moment after the first trial can have begun."""
    deadline = time.monotonic() + 120
    while len(workers_of(process.pid)) < 2 and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    time.sleep(rng.uniform(0.0, 3.0))
    pids = [process.pid] if target == "random parent" else workers_of(process.pid)
    if pids and process.poll() is None:
        os.kill(rng.choice(pids), signal.SIGKILL)


def struck(fault: str, n_trials: int, rng: random.Random, cwd: Path) -> bool:
    """Go on with the sweep and let the fault strike; say whether the parent was killed."""
    if not fault.startswith("random"):
        status, _ = ended(fault, rng.randint(1, 2), "cli", *words(n_trials), cwd=cwd)
        assert status == -signal.SIGKILL, said(cwd)
        return True
    process = started("nothing", 0, "cli", *words(n_trials), cwd=cwd)
    strike(process, rng, fault)
    process.communicate(timeout=280)
    assert process.returncode in (0, -signal.SIGKILL), said(cwd)  # 0: a worker was killed, or it came too late
    return process.returncode != 0


@pytest.mark.survive
@pytest.mark.timeout(1500)
def test_thirty_rounds_of_kill_9(tmp_path: Path) -> None:
    """Twenty-five rounds on one sweep, which goes on after each; seven in a new one's files (below)."""
    rng = random.Random(11)
    rounds = list(ROUNDS)
    rng.shuffle(rounds)
    root, n_kills = tmp_path / "mlruns", 0
    kept: dict[int, tuple[str, float, str]] = {}
    for fault in rounds:
        n_asked = len(kept) + N_EACH
        n_kills += struck(fault, n_asked, rng, tmp_path)
        found = kept_trials(root) if (root / "studies" / f"{NAME}.journal").exists() else {}
        assert kept.items() <= found.items()
        assert len(found) <= n_asked
        kept = found
    assert n_kills >= 15
    status, out = ended("nothing", 0, "cli", *words(n_asked), cwd=tmp_path)
    assert status == 0, said(tmp_path)
    told = json.loads(out)
    assert (told["n_trials"], told["n_failed"]) == (n_asked, 0)
    assert kept.items() <= kept_trials(root).items()
    assert_sound(root, n_trials=n_asked)


@pytest.mark.survive
@pytest.mark.timeout(900)
def test_killed_inside_the_writing_of_files(tmp_path: Path) -> None:
    """Half of the weights or of the model is written: it is written anew, and no half model is left."""
    root = tmp_path / "mlruns"
    for number, fault in enumerate(FILES):
        name = f"files-{number}"
        assert ended(fault, 1, "cli", *words(2, name), cwd=tmp_path)[0] == -signal.SIGKILL, said(tmp_path)
        assert examined(root, mend=True).is_well
        status, out = ended("nothing", 0, "cli", *words(2, name), cwd=tmp_path)
        assert status == 0, said(tmp_path)
        assert json.loads(out)["champion"] is not None
        assert_sound(root, n_trials=2, name=name)
