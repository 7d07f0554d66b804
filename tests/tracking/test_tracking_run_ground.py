"""What a run stands on: who wrote it, its table, its files, written again at each start."""

import json
from pathlib import Path

from songpop.tracking.records import PROCESS, DatasetRecord
from songpop.tracking.run_ground import MAX_DIGEST_LENGTH, begin_run, dataset_input, source_tags, write_artifacts

TABLE = DatasetRecord(name="songs", digest="ab" * 32, source="songs.csv", n_rows=12, columns=("Streams",))


def test_a_table_beside_a_run() -> None:
    found = dataset_input(TABLE).dataset
    assert (found.name, found.digest) == ("songs", TABLE.digest[:MAX_DIGEST_LENGTH])
    assert json.loads(found.profile) == {"num_rows": 12, "digest": TABLE.digest}
    assert json.loads(found.source) == {"uri": "songs.csv"}


def test_who_wrote_it() -> None:
    assert source_tags()["mlflow.source.name"] == "songpop"


def test_parameters_are_written_once_and_changes_as_tags(store) -> None:
    run = store.client.create_run(store.experiment_id)
    begin_run(store, run, {"a": "1"}, {"n_trials": 3}, TABLE, {"x/y.txt": "first"})
    begin_run(store, store.client.get_run(run.info.run_id), {"a": "2"}, {"n_trials": 5}, TABLE, {"x/y.txt": "second"})
    found = store.client.get_run(run.info.run_id)
    assert (found.info.status, found.data.params["n_trials"]) == ("RUNNING", "3")
    assert (found.data.tags["a"], found.data.tags["songpop.now.n_trials"]) == ("2", "5")
    assert PROCESS in found.data.tags
    assert Path(store.client.download_artifacts(run.info.run_id, "x/y.txt")).read_text("utf-8") == "second"


def test_nothing_to_write_writes_nothing(store) -> None:
    run = store.client.create_run(store.experiment_id)
    write_artifacts(store, run.info.run_id, {})
    assert store.client.list_artifacts(run.info.run_id) == []
