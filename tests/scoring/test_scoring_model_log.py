"""A logged model: linked to its run, complete, pinned, and no trace in MLflow's fluent state."""

import os
from importlib.metadata import version
from pathlib import Path

import mlflow
import numpy as np
from mlflow.models import Model
from small_models import songs

from songpop.scoring.model_log import requirements
from songpop.scoring.raw_model import RawModel
from songpop.scoring.sealed import SealedRows
from songpop.tracking.files import sha256_of
from songpop.tracking.model_facts import DATA, ModelFacts, checked_folder
from songpop.tracking.sweeps import find_sweep


def test_logged_model_is_linked_ready_and_complete(logged) -> None:
    store, model = logged
    found = store.client.get_logged_model(model.model_id)
    assert (str(found.status), found.source_run_id) == ("READY", find_sweep(store).run_id)
    assert [output.model_id for output in store.client.get_run(found.source_run_id).outputs.model_outputs] == [
        model.model_id
    ]
    facts = ModelFacts.from_tags(found.tags)
    folder = checked_folder(store, found.artifact_location, facts)
    assert sorted(facts.files) == ["model.keras", "profile.npz", "recipe.json", "sealed.csv.gz", "sealed.npz"]
    assert sha256_of(folder / "model.keras") == facts.sha256 == model.sha256
    assert np.isfinite(RawModel(folder).probabilities(songs(5))).all()
    assert len(SealedRows.load(folder).label) == 150


def test_mlmodel_file(logged) -> None:
    store, model = logged
    location = store.client.get_logged_model(model.model_id).artifact_location.removeprefix("file://")
    found = Model.load(location)
    assert (found.model_id, found.run_id) == (model.model_id, find_sweep(store).run_id)
    assert found.flavors["python_function"]["data"] == DATA
    assert found.metadata["songpop"]["columns"] == ["Explicit", "Release Date", "Spins", "Streams"]
    assert f"keras=={version('keras')}" in (Path(location) / "requirements.txt").read_text("utf-8")


def test_no_fluent_state_is_left(logged) -> None:
    store, _ = logged
    assert mlflow.active_run() is None
    assert mlflow.get_tracking_uri() != store.uri
    assert os.environ.get("MLFLOW_TRACKING_URI") is None


def test_requirements_are_pinned() -> None:
    assert all("==" in line for line in requirements())
