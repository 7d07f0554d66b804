"""A finished sweep describes itself in MLflow, by its record alone; its metrics have the names they should have."""

from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from mlflow.tracking import MlflowClient
from mlflow.utils.mlflow_tags import MLFLOW_RUN_NOTE

from songpop.app.finals_file import FINALS_FILE
from songpop.app.records import CHAMPION, CHAMPION_FILE, SweepOutcome
from songpop.app.story import describe_sweep, story_of, sweep_of_model
from songpop.settings import TrackingSettings
from songpop.tracking.metric_names import SORTED_BY, meaning_of
from songpop.tracking.records import KIND, MODEL_ID
from songpop.tracking.store import Store, open_store


def client_of(root: Path) -> MlflowClient:
    return MlflowClient(f"sqlite:///{root / 'mlflow.db'}")


def runs_of(root: Path) -> list[Any]:
    client = client_of(root)
    return list(client.search_runs([one.experiment_id for one in client.search_experiments()], max_results=1_000))


@pytest.fixture
def own_store(own_root: Path) -> Store:
    return open_store(TrackingSettings(), own_root)


def test_a_finished_sweep_describes_itself(outcome: SweepOutcome, root: Path) -> None:
    note = client_of(root).get_run(outcome.parent_run_id).data.tags[MLFLOW_RUN_NOTE]
    assert outcome.champion is not None
    assert note.startswith("**Won:** ")
    assert f"Test log loss {outcome.champion.test['log_loss']:.4f} (" in note
    assert "not examined by the gates yet" in note
    assert f"[trial {outcome.leaders[0].trial}](#/experiments/1/runs/{outcome.leaders[0].run_id})" in note


def test_the_story_is_that_of_the_outcome(outcome: SweepOutcome, root: Path) -> None:
    told = story_of(open_store(TrackingSettings(), root, writing=False), outcome.parent_run_id)
    assert (told.champion, told.finals) == (outcome.champion, outcome.finals)
    assert [row.trial for row in told.leaders] == [row.trial for row in outcome.leaders]
    assert told.facts is not None
    assert told.facts.sweep == outcome.sweep


@pytest.mark.parametrize("file", [CHAMPION_FILE, FINALS_FILE])
def test_a_damaged_file_is_left_out(file: str, outcome: SweepOutcome, own_store: Store) -> None:
    own_store.client.log_text(outcome.parent_run_id, "{", file)
    told = story_of(own_store, outcome.parent_run_id)
    assert (told.champion is None, told.finals is None) == (file == CHAMPION_FILE, file == FINALS_FILE)
    assert describe_sweep(own_store, outcome.parent_run_id)


def test_the_champion_of_another_version_is_left_out(outcome: SweepOutcome, own_store: Store) -> None:
    text = '{"kind": "bag"}'
    own_store.client.log_text(outcome.parent_run_id, text, CHAMPION_FILE)
    own_store.client.set_tag(outcome.parent_run_id, CHAMPION, sha256(text.encode()).hexdigest())
    assert story_of(own_store, outcome.parent_run_id).champion is None


def test_what_a_person_wrote_stays(outcome: SweepOutcome, own_store: Store) -> None:
    own_store.client.set_tag(outcome.parent_run_id, MLFLOW_RUN_NOTE, "Do not promote.")
    assert not describe_sweep(own_store, outcome.parent_run_id)
    assert own_store.client.get_run(outcome.parent_run_id).data.tags[MLFLOW_RUN_NOTE] == "Do not promote."


def test_a_model_knows_its_sweep(outcome: SweepOutcome, own_store: Store) -> None:
    model_id = own_store.client.get_run(outcome.parent_run_id).data.tags[MODEL_ID]
    assert sweep_of_model(own_store, model_id) == outcome.parent_run_id
    assert sweep_of_model(own_store, "m-unknown") is None


def test_metrics_have_the_same_names_everywhere(outcome: SweepOutcome, root: Path) -> None:
    runs = runs_of(root)
    assert {run.data.tags[KIND] for run in runs} == {"sweep", "trial", "finals", "final"}
    unknown = {name for run in runs for name in run.data.metrics if meaning_of(name) is None}
    assert not unknown
    for run in runs:
        if run.data.tags[KIND] in ("trial", "final"):
            assert set(SORTED_BY) <= set(run.data.metrics), run.info.run_name


def test_the_models_metrics_are_those_of_its_run_and_know_the_table(outcome: SweepOutcome, root: Path) -> None:
    client = client_of(root)
    parent = client.get_run(outcome.parent_run_id)
    model = client.get_logged_model(parent.data.tags[MODEL_ID])
    dataset = parent.inputs.dataset_inputs[0].dataset
    assert {one.key for one in model.metrics} <= set(parent.data.metrics)
    assert {(one.dataset_name, one.dataset_digest) for one in model.metrics} == {(dataset.name, dataset.digest)}


def test_the_finals_lead_back_to_the_sweep(outcome: SweepOutcome, root: Path) -> None:
    (finals,) = [run for run in runs_of(root) if run.data.tags[KIND] == "finals"]
    assert f"[{outcome.sweep}](#/experiments/1/runs/{outcome.parent_run_id})" in finals.data.tags[MLFLOW_RUN_NOTE]
