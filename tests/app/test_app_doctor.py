"""The doctor finds what does not agree, mends what can be mended, and the second time finds nothing."""

import json
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from copies import copied
from mlflow.entities import Metric
from search_fakes import opened
from small_sweeps import NAME, assert_sound, examined, opened_store, parent_of, small_sweep

from songpop.app.doctor import Diagnosis
from songpop.cli import run
from songpop.tracking.records import KIND, PROCESS, STATE, STUDY, SWEEP, TRIAL
from songpop.tracking.runs import start_sweep
from songpop.tracking.store import Store
from songpop.tracking.sweeps import children

N_TRIALS = 4
FAR = '{"host": "far", "boot": "", "namespace": "", "pid": 1, "start": "1"}'


@pytest.fixture(scope="module")
def swept(store_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished sweep; tests take copies."""
    root = tmp_path_factory.mktemp("swept") / "mlruns"
    root.mkdir()
    shutil.copy(store_template, root / "mlflow.db")
    small_sweep(root, n_trials=N_TRIALS)
    return root


@pytest.fixture
def root(swept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return copied(swept, tmp_path / "mlruns")


def runs_of(store: Store) -> list[Any]:
    """The runs of the sweep's trials, by their number."""
    found = children(store, parent_of(store).info.run_id)
    return sorted(found, key=lambda one: int(one.data.tags[TRIAL]))


def told(diagnosis: Diagnosis) -> str:
    return "\n".join(f"{one.where}: {one.problem} | {one.remedy}" for one in diagnosis.findings)


def test_a_sound_store_is_one_line(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert_sound(root, n_trials=N_TRIALS)
    assert run(["doctor", f"paths.root='{root}'"]) == 0
    out, err = capsys.readouterr()
    assert out == "Study, tracking and registry agree: 1 sweep, 4 trials, 0 registered versions.\n"
    assert err == ""


# ── what can be mended ──────────────────────────────────────────────────────────────────────────────────────


def parent_runs_for_ever(root: Path, store: Store) -> None:
    store.client.update_run(parent_of(store).info.run_id, status="RUNNING")


def unknown_run(root: Path, store: Store) -> None:
    tags = {"mlflow.parentRunId": parent_of(store).info.run_id, KIND: "trial", TRIAL: "4"}
    store.client.create_run(store.experiment_id, tags=tags)  # killed between its calls


def two_runs_of_one_trial(root: Path, store: Store) -> None:
    tags = {"mlflow.parentRunId": parent_of(store).info.run_id, KIND: "trial", TRIAL: "2"}
    store.client.set_terminated(store.client.create_run(store.experiment_id, tags=tags).info.run_id)


def deleted_runs(root: Path, store: Store) -> None:
    for one in runs_of(store)[:2]:
        store.client.delete_run(one.info.run_id)


def deleted_sweep(root: Path, store: Store) -> None:
    for one in [*runs_of(store), parent_of(store)]:
        store.client.delete_run(one.info.run_id)


def trial_runs_for_ever(root: Path, store: Store) -> None:
    store.client.update_run(runs_of(store)[1].info.run_id, status="RUNNING")


def torn_journal(root: Path, store: Store) -> None:
    with (root / "studies" / f"{NAME}.journal").open("ab") as file:
        file.write(b'{"op_code":4,"worker_id":"x')


def half_logged_model(root: Path, store: Store) -> None:
    store.client.create_logged_model(store.experiment_id, name="model", source_run_id=runs_of(store)[0].info.run_id)


def half_made_store(root: Path, store: Store) -> None:
    (root / "mlflow.db.new-12ab").write_bytes(b"SQLite format 3\x00")


DEAD = "from songpop.tracking.processes import this_process; print(this_process())"


def dead_training(root: Path, store: Store) -> None:
    process = subprocess.run([sys.executable, "-c", DEAD], capture_output=True, text=True, check=True).stdout
    training = start_sweep(store, "train-x", kind="train")
    store.client.set_tag(training.run_id, PROCESS, process)
    store.client.create_run(store.experiment_id, tags={"mlflow.parentRunId": training.run_id, KIND: "trial"})


MENDED: tuple[tuple[Callable[[Path, Store], None], str, int], ...] = (
    (parent_runs_for_ever, "its run says RUNNING, but nobody runs it", 1),
    (unknown_run, "the study does not know run", 1),
    (two_runs_of_one_trial, "the study does not know run .* of trial 2", 1),
    (deleted_runs, "the run of trial [01] is deleted", 2),
    (deleted_sweep, "its run is deleted, but its study is not", 1 + N_TRIALS),
    (trial_runs_for_ever, "trial 1 says RUNNING, but it has ended", 1),
    (torn_journal, r"torn \(27 bytes\)", 1),
    (half_logged_model, "it was not logged to its end", 1),
    (half_made_store, "it was not made to its end", 1),
    (dead_training, "train train-x: .*the process that began it has ended", 1),
)


@pytest.mark.parametrize(("damage", "problem", "n_found"), MENDED, ids=lambda value: getattr(value, "__name__", ""))
def test_what_can_be_mended(damage: Callable[[Path, Store], None], problem: str, n_found: int, root: Path) -> None:
    damage(root, opened_store(root))
    seen = examined(root)  # only looks
    assert re.search(problem, told(seen))
    assert not seen.is_well
    mended = examined(root, mend=True)
    assert re.search(problem, told(mended))
    assert len(mended.findings) == n_found
    assert mended.is_well
    assert_sound(root, n_trials=N_TRIALS)
    small_sweep(root, n_trials=N_TRIALS + 1)  # and it can go on
    assert_sound(root, n_trials=N_TRIALS + 1)


# ── what cannot ─────────────────────────────────────────────────────────────────────────────────────────────


def no_journal(root: Path, store: Store) -> None:
    (root / "studies" / f"{NAME}.journal").write_text("a shopping list\n")


def lose(root: Path, run_ids: list[str]) -> None:
    """As if another copy of the store had been brought back."""
    with sqlite3.connect(root / "mlflow.db") as connection:
        for table in ("metrics", "latest_metrics", "params", "tags", "runs"):
            connection.executemany(f"DELETE FROM {table} WHERE run_uuid = ?", [(run_id,) for run_id in run_ids])


def lost_store(root: Path, store: Store) -> None:
    lose(root, [one.info.run_id for one in [*runs_of(store), parent_of(store)]])


def lost_runs(root: Path, store: Store) -> None:
    lose(root, [runs_of(store)[3].info.run_id])


def other_state(root: Path, store: Store) -> None:
    store.client.set_tag(runs_of(store)[0].info.run_id, STATE, "pruned")


def other_value(root: Path, store: Store) -> None:
    store.client.log_batch(runs_of(store)[0].info.run_id, metrics=[Metric("best_val_log_loss", 0.1, 2**41, 99)])


def other_parameter(root: Path, store: Store) -> None:
    with sqlite3.connect(root / "mlflow.db") as connection:
        connection.execute("UPDATE params SET value = '0.5' WHERE key = 'learning_rate'")


UNMENDED: tuple[tuple[Callable[[Path, Store], None], str], ...] = (
    (no_journal, "its line 1 is none.*Restore the file"),
    (lost_store, "remembers 4 trials, but .* has no run of it.*tracking.uri"),
    (lost_runs, "trial 3 of the study has no run"),
    (other_state, "trial 0 has state complete in the study, but pruned in its run"),
    (other_value, "trial 0 has val_log_loss .* but 0.1 in its run"),
    (other_parameter, "trial 0 has learning_rate .* but 0.5 in its run"),
)


@pytest.mark.parametrize(("damage", "problem"), UNMENDED, ids=lambda value: getattr(value, "__name__", ""))
def test_what_cannot_be_mended(
    damage: Callable[[Path, Store], None], problem: str, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    damage(root, opened_store(root))
    assert run(["doctor", "--json", f"paths.root='{root}'"]) == 5
    found = json.loads(capsys.readouterr().out)
    assert not found["is_well"]
    assert re.search(problem, " ".join(f"{one['problem']} {one['remedy']}" for one in found["findings"]))
    assert run(["doctor", f"paths.root='{root}'"]) == 5
    assert "Not as it should be" in capsys.readouterr().out


# ── who is left alone ───────────────────────────────────────────────────────────────────────────────────────


def test_a_running_sweep_is_left_alone(root: Path) -> None:
    store = opened_store(root)
    backend = opened(root / "studies", n_trials=9)
    start_sweep(store, NAME, study=backend.study_id)
    half_logged_model(root, store)
    told = examined(root, mend=True)
    assert told.findings == ()
    assert told.left_alone == (f"A sweep named {NAME!r} is running now; it was left alone.",)
    assert parent_of(store).info.status == "RUNNING"
    backend.close()
    assert len(examined(root, mend=True).findings) == 2
    assert_sound(root, n_trials=N_TRIALS)


def test_a_run_of_another_machine_is_left_alone(root: Path) -> None:
    store = opened_store(root)
    tags = {
        KIND: "sweep",
        SWEEP: "far",
        STUDY: "elsewhere",
        PROCESS: FAR,
    }
    store.client.create_run(store.experiment_id, tags=tags, run_name="far")
    told = examined(root, mend=True)
    assert told.findings == ()
    assert "sweep far says RUNNING" in told.left_alone[0]
    assert told.is_well


def test_a_training_that_goes_on_is_left_alone(root: Path) -> None:
    training = start_sweep(opened_store(root), "train-x", kind="train")
    assert examined(root, mend=True).findings == ()
    training.finish()


def test_a_study_in_a_database(store_root: Path, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'studies.db'}"
    small_sweep(store_root, n_trials=N_TRIALS, url=url)
    assert_sound(store_root, n_trials=N_TRIALS, url=url)
    store = opened_store(store_root)
    unknown_run(store_root, store)
    parent_runs_for_ever(store_root, store)
    here = parent_of(store).data.tags[PROCESS]
    store.client.set_tag(parent_of(store).info.run_id, PROCESS, FAR)  # the lock of a sweep that runs there is not here
    elsewhere = examined(store_root, mend=True, url=url)
    assert (elsewhere.findings, len(elsewhere.left_alone)) == ((), 1)
    store.client.set_tag(parent_of(store).info.run_id, PROCESS, here)
    assert len(examined(store_root, mend=True, url=url).findings) == 2
    assert_sound(store_root, n_trials=N_TRIALS, url=url)
