"""What a run is recorded with, and how it ends when its work does not."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from mlflow.tracking import MlflowClient
from quick import sweep_settings

import songpop.app.recording as recording  # its `test_digest` is no test
from songpop.app.listener import Silence
from songpop.app.prepare import Ground, prepare_ground
from songpop.errors import StoreError
from songpop.settings import SweepSettings


@pytest.fixture
def settings(store_root: Path) -> SweepSettings:
    return sweep_settings(paths__root=str(store_root))


@pytest.fixture
def client(store_root: Path) -> MlflowClient:
    return MlflowClient(f"sqlite:///{store_root / 'mlflow.db'}")


@pytest.mark.parametrize("error", [KeyboardInterrupt, StoreError, ZeroDivisionError])
def test_whatever_goes_wrong_no_run_stays_running(
    error: type[BaseException], settings: SweepSettings, ground: Ground, client: MlflowClient
) -> None:
    run_ids = []

    def work() -> None:
        with recording.open_run(settings, ground, kind="sweep", name="s", n_slots=2) as (_, run):
            assert client.get_run(run.run_id).info.status == "RUNNING"
            run_ids.append(run.run_id)
            raise error

    with pytest.raises(error):
        work()
    assert client.get_run(run_ids[0]).info.status == "KILLED"


def test_the_record_is_enough_to_do_it_again(settings: SweepSettings, ground: Ground, client: MlflowClient) -> None:
    with recording.open_run(settings, ground, kind="sweep", name="s", n_slots=2) as (_, run):
        run.finish()
    folder = Path(client.download_artifacts(run.run_id, ""))
    config = yaml.safe_load((folder / "config.yaml").read_text(encoding="utf-8"))
    assert config["data"]["columns"]["counts"] == settings.data.columns.counts
    assert (config["split"]["kind"], config["protocol"]["name"]) == ("stratified", "honest")
    with np.load(folder / "split.npz") as parts:
        assert np.array_equal(parts["test"], ground.split.test)
        assert np.array_equal(parts["train"], ground.split.train)
    told = json.loads((folder / "split.json").read_text())
    assert told["parts"]["test"]["n_rows"] == len(ground.split.test)
    assert told["parts"]["test"]["n_positive"] == ground.table.label[ground.split.test].sum()
    assert json.loads((folder / "table.json").read_text())["digest"] == ground.table.digest


def test_the_data_set_stands_beside_the_run(settings: SweepSettings, ground: Ground, client: MlflowClient) -> None:
    with recording.open_run(settings, ground, kind="train", name="t", n_slots=2) as (_, run):
        run.finish()
    (dataset,) = (one.dataset for one in client.get_run(run.run_id).inputs.dataset_inputs)
    assert (dataset.name, dataset.digest) == ("sample", ground.table.digest[:36])
    assert json.loads(dataset.profile)["num_rows"] == len(ground.table.label)


def test_a_trial_says_under_what_it_was_trained(
    settings: SweepSettings, ground: Ground, client: MlflowClient, store_root: Path
) -> None:
    tags = recording.record_tags(settings, ground, None, 4)
    assert (tags["songpop.engine"], tags["songpop.n_slots"]) == ("population", "4")
    with recording.open_run(settings, ground, kind="sweep", name="s", n_slots=4) as (_, run):
        run.finish()
    folder = Path(client.download_artifacts(run.run_id, ""))
    last = (folder / "environment.json").read_text()
    own = (folder / "environments" / f"{tags['songpop.environment']}.json").read_text()
    assert own == last
    assert json.loads(own)["machine_class"] == tags["songpop.machine"]
    assert json.loads(own)["packages"]["numpy"] == np.__version__


@pytest.mark.parametrize("leaks", [(), ("Track Score",), ("A", "B + C")])
def test_leaks_are_a_tag(leaks: tuple[str, ...], ground: Ground) -> None:
    leaky = replace(ground, leaks=replace(ground.leaks, allowed=leaks))
    tags = recording.record_tags(sweep_settings(), leaky, None, 2)
    assert json.loads(tags["songpop.leaks"]) == list(leaks)


# ── the digest by which openings are counted ────────────────────────────────────────────────────────────────


def test_rows_are_known_again_in_any_order_and_by_any_columns(songs: pd.DataFrame, ground: Ground) -> None:
    backwards = replace(ground, split=replace(ground.split, test=ground.split.test[::-1]))
    other_columns = prepare_ground(sweep_settings(data__columns__counts=["Spotify Streams"]), songs, Silence())
    digests = {recording.test_digest(one) for one in (ground, backwards, other_columns)}
    assert len(digests) == 1


def test_one_other_row_is_another_test_part(ground: Ground) -> None:
    rows = ground.split.test.copy()
    rows[0] = ground.split.train[0]
    other = replace(ground, split=replace(ground.split, test=rows))
    fewer = replace(ground, split=replace(ground.split, test=ground.split.test[1:]))
    assert len({recording.test_digest(one) for one in (ground, other, fewer)}) == 3
