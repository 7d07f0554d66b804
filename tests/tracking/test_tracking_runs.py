"""One parent per sweep, one child per finished trial, and what a crash leaves is mended."""

import sqlite3
import subprocess
import sys

import numpy as np
import pytest
from trials import finished_trial, remembered

from songpop.contracts import TrialState
from songpop.errors import ArtifactError, StoreError
from songpop.tracking.records import DatasetRecord
from songpop.tracking.runs import start_sweep
from songpop.tracking.sweeps import children

TABLE = DatasetRecord(name="songs", digest="ab" * 32, source="songs.csv", n_rows=4_598, columns=("Streams",))


def statuses(store, run) -> list[str]:
    return sorted(child.info.status for child in children(store, run.run_id))


def test_parent_holds_what_the_sweep_was_given(store) -> None:
    run = start_sweep(
        store,
        "songs-honest-full",
        tags={"songpop.protocol": "honest"},
        params={"n_trials": 12},
        artifacts={"config.yaml": "a: 1\n", "tables/split.npz": b"\x00\x01"},
        dataset=TABLE,
    )
    found = store.client.get_run(run.run_id)
    assert (found.info.run_name, found.info.status) == ("songs-honest-full", "RUNNING")
    assert (found.data.tags["songpop.protocol"], found.data.params["n_trials"]) == ("honest", "12")
    (table,) = found.inputs.dataset_inputs
    assert (table.dataset.name, table.dataset.digest) == ("songs", ("ab" * 32)[:36])
    assert {file.path for file in store.client.list_artifacts(run.run_id)} == {"config.yaml", "tables"}


def test_record_writes_one_finished_child(store) -> None:
    run = start_sweep(store, "s", child_tags={"songpop.engine": "keras"})
    child = store.client.get_run(run.record(finished_trial(7), {"learning_rate": 0.003}))
    assert (child.info.run_name, child.info.status) == ("trial-007 l2 rmsprop", "FINISHED")
    assert child.data.tags["mlflow.parentRunId"] == run.run_id
    assert child.data.tags["songpop.engine"] == "keras"
    assert child.data.params["learning_rate"] == "0.003"
    assert child.data.metrics["best_val_log_loss"] == 0.4
    curve = store.client.get_metric_history(child.info.run_id, "val_log_loss")
    assert [point.step for point in curve] == [1, 2, 3]
    assert child.info.start_time == 1_700_000_007_000


def test_failed_trial(store) -> None:
    run = start_sweep(store, "s")
    child = store.client.get_run(run.record(finished_trial(state=TrialState.FAILED, message="NaN in epoch 2"), {}))
    assert (child.info.status, child.data.tags["songpop.message"]) == ("FAILED", "NaN in epoch 2")


def test_same_name_goes_on_in_the_same_run(store) -> None:
    first = start_sweep(store, "s", params={"n_trials": 12, "epochs": 30}, study="one")
    first.finish("KILLED", metrics={"n_trials": 5})
    assert store.client.get_run(first.run_id).info.status == "KILLED"
    second = start_sweep(store, "s", params={"n_trials": 20, "epochs": 30}, dataset=TABLE, study="one")
    found = store.client.get_run(second.run_id)
    assert second.run_id == first.run_id
    assert found.info.status == "RUNNING"
    assert (found.data.params["n_trials"], found.data.tags["songpop.now.n_trials"]) == ("12", "20")
    assert "songpop.now.epochs" not in found.data.tags


def test_deleted_sweep_begins_anew(store) -> None:
    first = start_sweep(store, "s")
    store.client.delete_run(first.run_id)
    assert start_sweep(store, "s").run_id != first.run_id


def test_reconcile_deletes_what_the_study_does_not_know(store) -> None:
    run, other = start_sweep(store, "s"), start_sweep(store, "other")
    known = run.record(finished_trial(0), {})
    run.record(finished_trial(1), {})  # recorded, then killed before the study was told
    store.client.create_run(store.experiment_id, tags={"mlflow.parentRunId": run.run_id})  # killed while recording
    elsewhere = store.client.create_run(store.experiment_id, tags={"mlflow.parentRunId": other.run_id})
    mended = run.reconcile([remembered(0, known), remembered(2, "lost")])
    assert (mended.n_deleted, mended.missing) == (2, (2,))
    assert [child.info.run_id for child in children(store, run.run_id)] == [known]
    assert [child.info.run_id for child in children(store, other.run_id)] == [elsewhere.info.run_id]


def test_weights_come_back(store) -> None:
    run = start_sweep(store, "s")
    result = finished_trial()
    run_id = run.record(result, {})
    run.keep_weights(run_id, result.weights)
    for kept, given in zip(run.load_weights(run_id), result.weights, strict=True):
        np.testing.assert_array_equal(kept, given)


def test_weights_that_are_missing(store) -> None:
    run = start_sweep(store, "s")
    with pytest.raises(ArtifactError, match=r"weights of run \w+ \(weights.npz\) are missing"):
        run.load_weights(run.record(finished_trial(), {}))


def test_a_store_that_becomes_unwritable_is_said_in_one_sentence(store, store_root) -> None:
    run = start_sweep(store, "s")
    with sqlite3.connect(store_root / "mlflow.db") as connection:
        connection.execute("CREATE TRIGGER full BEFORE INSERT ON runs BEGIN SELECT RAISE(ABORT, 'disk is full'); END")
    with pytest.raises(StoreError, match=r"mlflow.db could not be written, the disk is full"):
        run.record(finished_trial(), {})


KILLED = """
import os, sys
from dataclasses import replace
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from songpop.settings import TrackingSettings
from songpop.tracking.runs import start_sweep
from songpop.tracking import trial_writer
from songpop.tracking.store import open_store
from trials import finished_trial
store = open_store(TrackingSettings(), Path(sys.argv[1]))
if sys.argv[3] == "client":
    store = replace(store, engine=None)
run = start_sweep(store, "s", study="one")
print(run.record(finished_trial(0), {}), flush=True)
log_batch = type(store.client).log_batch
trial_writer._latest = lambda metrics: os.kill(os.getpid(), 9)  # four of five tables are written
type(store.client).log_batch = lambda *a, **k: (log_batch(*a, **k), os.kill(os.getpid(), 9))
run.record(finished_trial(1), {})
"""


@pytest.mark.slow
@pytest.mark.parametrize(("way", "left_behind"), [("client", ["RUNNING"]), ("rows", [])])
def test_kill_in_the_middle_of_a_record(store, store_root, request, way: str, left_behind: list[str]) -> None:
    """Three calls to a server can leave a run half-made, which the next start deletes; one transaction cannot."""
    here = str(request.path.parent)
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(store_root), here, way],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == -9, done.stderr
    run = start_sweep(store, "s", study="one")
    assert statuses(store, run) == ["FINISHED", *left_behind]
    assert run.reconcile([remembered(0, done.stdout.strip())]).n_deleted == len(left_behind)
    assert statuses(store, run) == ["FINISHED"]


def test_another_study_of_the_same_name_has_a_record_of_its_own(store) -> None:
    first = start_sweep(store, "s", study="one")
    kept = first.record(finished_trial(), {})
    second = start_sweep(store, "s", study="two")
    second.reconcile([])
    assert second.run_id != first.run_id
    assert store.client.get_run(kept).info.lifecycle_stage == "active"


def test_a_training_that_was_killed_is_ended_by_the_next(store) -> None:
    dead = start_sweep(store, "t", kind="train")
    start_sweep(store, "t", kind="train")
    assert store.client.get_run(dead.run_id).info.status == "KILLED"
