"""Rows that are written at once read back as what MLflow's client would have written."""

import sqlite3
import threading
import time
import uuid
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy
from mlflow.entities import Metric, Run, ViewType
from mlflow.tracking import MlflowClient
from trials import finished_trial

from songpop.contracts import TrialState
from songpop.errors import StoreError
from songpop.tracking import patience, trial_writer
from songpop.tracking.patience import Patience
from songpop.tracking.store import Store
from songpop.tracking.trial_batch import TrialBatch, batch_of
from songpop.tracking.trial_writer import write_trials

BATCHES = [
    batch_of(finished_trial(0, n_epochs=4), {"learning_rate": 1e-3}, {}),
    batch_of(finished_trial(1, state=TrialState.FAILED, message="NaN in epoch 2"), {}, {}),
    batch_of(finished_trial(2, state=TrialState.PRUNED), {}, {"accuracy": 0.9}),
]
TAGS = {"mlflow.user": "ada", "mlflow.parentRunId": "p"}
PLAIN = [replace(batch, tags={**batch.tags, **TAGS}) for batch in BATCHES]


def seen(store: Store, run_id: str) -> tuple[object, ...]:
    """All that a client is told of a run, apart from its id."""
    run: Run = store.client.get_run(run_id)
    info = {key: value for key, value in dict(run.info).items() if key not in ("run_id", "run_uuid")}
    info["artifact_uri"] = str(info["artifact_uri"]).replace(run_id, "ID")
    curves = {
        key: [(m.step, m.timestamp, m.value) for m in store.client.get_metric_history(run_id, key)]
        for key in sorted(run.data.metrics)
    }
    return info, run.data.params, run.data.tags, run.data.metrics, curves


def test_both_ways_write_the_same(store: Store) -> None:
    at_once = write_trials(store, PLAIN)
    one_by_one = write_trials(replace(store, engine=None), PLAIN)
    for mine, theirs in zip(at_once, one_by_one, strict=True):
        assert seen(store, mine) == seen(store, theirs)


def test_run_ids_are_in_the_order_of_time(store: Store) -> None:
    earlier, later = [], []
    for ids in (earlier, later):
        ids += write_trials(store, PLAIN)
        time.sleep(0.002)  # their clock ticks in milliseconds
    assert max(earlier) < min(later)
    assert len({*earlier, *later}) == 2 * len(PLAIN)
    assert {uuid.UUID(run_id).version for run_id in earlier} == {7}


def test_the_last_measurement_is_the_one_with_the_greatest_step(store: Store) -> None:
    metrics = (Metric("loss", 0.3, 10, 3), Metric("loss", 0.1, 30, 1), Metric("loss", 0.2, 20, 2))
    (run_id,) = write_trials(store, [replace(PLAIN[0], metrics=metrics)])
    assert store.client.get_run(run_id).data.metrics == {"loss": 0.3}
    assert len(store.client.get_metric_history(run_id, "loss")) == 3


def test_all_or_nothing(store: Store) -> None:
    broken: TrialBatch = replace(PLAIN[1], params=(PLAIN[0].params[0], PLAIN[0].params[0]))
    with pytest.raises(StoreError, match="UNIQUE constraint"):
        write_trials(store, [PLAIN[0], broken])
    assert store.client.search_runs([store.experiment_id]) == []


def test_artifacts_find_their_run(store: Store) -> None:
    (run_id,) = write_trials(store, PLAIN[:1])
    store.client.log_text(run_id, "hello", "note.txt")
    assert [file.path for file in store.client.list_artifacts(run_id)] == ["note.txt"]
    assert store.client.get_run(run_id).info.artifact_uri.endswith(f"{run_id}/artifacts")


class Losing:
    """A store whose first answer to one kind of call is lost: the call has been done, and nobody knows."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, where: Any, name: str) -> None:
        self.n_calls = 0
        given = getattr(where, name)

        def call(*args: Any, **kwargs: Any) -> Any:
            result = given(*args, **kwargs)
            self.n_calls += 1
            if self.n_calls == 1:
                raise ConnectionResetError(104, "Connection reset by peer")
            return result

        monkeypatch.setattr(where, name, call)


@pytest.fixture
def patient_store(store: Store, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setattr(patience, "FIRST_PAUSE_S", 0.001)
    return replace(store, patience=Patience(60))


@pytest.mark.parametrize("name", ["create_run", "log_batch", "set_terminated"])
def test_a_lost_answer_makes_no_second_run(name: str, patient_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    lost = Losing(monkeypatch, MlflowClient, name)
    run_ids = write_trials(replace(patient_store, engine=None), PLAIN)
    assert lost.n_calls > 1
    assert len(set(run_ids)) == len(PLAIN)
    found = patient_store.client.search_runs([patient_store.experiment_id], run_view_type=ViewType.ALL)
    assert sorted(run.info.run_id for run in found) == sorted(run_ids)
    monkeypatch.undo()
    whole = write_trials(patient_store, PLAIN)
    for mine, theirs in zip(run_ids, whole, strict=True):
        assert seen(patient_store, mine) == seen(patient_store, theirs)


def test_a_lost_commit_writes_nothing_twice(patient_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    lost = Losing(monkeypatch, trial_writer, "_insert")
    run_ids = write_trials(patient_store, PLAIN)
    assert lost.n_calls == 1
    found = patient_store.client.search_runs([patient_store.experiment_id])
    assert sorted(run.info.run_id for run in found) == sorted(run_ids)


def test_a_locked_database_is_waited_for(patient_store: Store) -> None:
    other = sqlite3.connect(patient_store.where, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    assert patient_store.engine is not None
    sqlalchemy.event.listen(patient_store.engine, "connect", lambda dbapi, _: dbapi.execute("PRAGMA busy_timeout=50"))
    patient_store.engine.dispose()
    threading.Timer(0.4, other.rollback).start()
    run_ids = write_trials(patient_store, PLAIN)
    assert len(patient_store.client.search_runs([patient_store.experiment_id])) == len(run_ids)
    other.close()
