"""Trials read back whole: from a database and as a server answers, several at once."""

import sqlite3
from dataclasses import replace

import pytest
from trials import finished_trial

from songpop.contracts import TrialState
from songpop.errors import GateError
from songpop.tracking.records import StoredNumber
from songpop.tracking.runs import SweepRun, start_sweep
from songpop.tracking.store import Store, sqlite_file
from songpop.tracking.trial_records import read_files, read_trials, trials_of


@pytest.fixture
def run(store: Store) -> SweepRun:
    files: dict[str, str | bytes] = {"config.yaml": "data: {}", "environments/ab.json": b"{}", "other.txt": "x"}
    return start_sweep(store, "s", artifacts=files, child_tags={"songpop.table": "t1"})


@pytest.fixture
def run_ids(run: SweepRun) -> list[str]:
    trials = [finished_trial(2, n_epochs=4), finished_trial(0, state=TrialState.FAILED), finished_trial(1)]
    return run.record_all([(trial, {}) for trial in trials])


def test_every_number_of_many_trials_in_their_order(store: Store, run: SweepRun, run_ids: list[str]) -> None:
    first, second = read_trials(store, run_ids[:2])
    assert (first.run_id, first.parent, first.name) == (run_ids[0], run.run_id, "trial-002 l2 rmsprop")
    assert (first.tags["songpop.table"], first.tags["songpop.trial"]) == ("t1", "2")
    losses = [one.value for one in first.numbers if one.metric == "val_loss"]
    assert losses == [0.4 + 0.1 / epoch for epoch in (1, 2, 3, 4)]
    assert StoredNumber(metric="best_val_log_loss", step=0, value=0.4) in first.numbers
    assert "best_val_log_loss" not in {one.metric for one in second.numbers}


def test_a_server_tells_the_same(store: Store, run_ids: list[str]) -> None:
    by_client = replace(store, engine=None)
    assert [*map(set, (one.numbers for one in read_trials(by_client, run_ids)))] == [
        *map(set, (one.numbers for one in read_trials(store, run_ids)))
    ]


@pytest.mark.parametrize("table", ["metrics", "latest_metrics"])
def test_a_changed_number_is_read_wherever_it_stands(table: str, store: Store, run_ids: list[str]) -> None:
    file = sqlite_file(store.uri)
    assert file is not None
    sql = f"UPDATE {table} SET value = 9 WHERE run_uuid = ? AND key = 'val_loss' AND step = 4"
    with sqlite3.connect(file) as connection:
        assert connection.execute(sql, (run_ids[0],)).rowcount == 1
    for some in (store, replace(store, engine=None)):
        assert StoredNumber(metric="val_loss", step=4, value=9.0) in read_trials(some, run_ids)[0].numbers


def test_a_sweeps_trials_by_their_numbers(store: Store, run: SweepRun, run_ids: list[str]) -> None:
    assert trials_of(store, None) == trials_of(store, "s") == (run_ids[1], run_ids[2], run_ids[0])
    training = start_sweep(store, "train-x", kind="train")
    (tried,) = training.record_all([(finished_trial(5), {})])
    assert trials_of(store, "train-x") == (tried,)
    start_sweep(store, "empty")
    with pytest.raises(GateError, match="The sweep empty must have a finished trial"):
        trials_of(store, "empty")
    with pytest.raises(GateError, match="holds no sweep 'nope'"):
        trials_of(store, "nope")


def test_runs_that_are_no_trials_are_refused(store: Store, run: SweepRun, run_ids: list[str]) -> None:
    other = store.client.create_run(store.experiment_id)
    for run_id, message in (
        ("abc", "holds no run 'abc'"),
        ("x' OR 1", "holds no run"),
        (run.run_id, "that of a whole sweep. Its trials are trained again by sweep='s'"),
        (other.info.run_id, "is not songpop's. Name the run of a trial"),
    ):
        with pytest.raises(GateError, match=message):
            read_trials(store, [run_ids[0], run_id])


def test_a_deleted_trial_can_still_be_read(store: Store, run_ids: list[str]) -> None:
    store.client.delete_run(run_ids[0])
    assert read_trials(store, run_ids[:1])[0].numbers


def test_the_files_that_are_there(store: Store, run: SweepRun) -> None:
    found = read_files(store, run.run_id, ["config.yaml", "split.npz", "environments/ab.json", "environments/cd.json"])
    assert found.is_there
    assert found.files == {"config.yaml": b"data: {}", "environments/ab.json": b"{}"}
    gone = read_files(store, "0" * 32, ["config.yaml"])
    assert (gone.is_there, gone.files) == (False, {})
