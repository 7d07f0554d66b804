"""Logging a finished model: its files, as an MLflow model that is linked to its run.

Owns: what lies in the model's folder, its requirements, its place in MLflow. Does not own: what the model does
(raw_model.py), whether it becomes champion (tracking/registry.py). Only MlflowClient is used: MLflow's fluent
functions keep an active run and a global address, which belong to whoever imported us.
"""

import shutil
import tempfile
import warnings
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import mlflow.pyfunc
from mlflow.entities import LoggedModelOutput, LoggedModelStatus
from mlflow.models import Model

from songpop.models.export import save_model
from songpop.models.runtime import keras
from songpop.scoring.profile import Profile
from songpop.scoring.pyfunc_door import SIGNATURE
from songpop.scoring.raw_model import CARD_FILE, MODEL_FILE, ModelCard
from songpop.scoring.sealed import SealedRows
from songpop.tracking.failures import store_failures
from songpop.tracking.files import digests_of, sha256_of
from songpop.tracking.leftovers import unfinished_models
from songpop.tracking.model_facts import DATA, ModelFacts
from songpop.tracking.patience import patient
from songpop.tracking.store import Store

# What loading and predicting import; named here because MLflow would load the model to find out, for ten seconds.
REQUIREMENTS = ("mlflow", "tensorflow", "keras", "numpy", "pandas", "scipy")
LOADER = "songpop.scoring.pyfunc_door"
MODEL_TYPE = "keras"
PACKAGE = Path(__file__).resolve().parents[1]  # songpop's own code


@dataclass(frozen=True, kw_only=True)
class LoggedRawModel:
    """A model that MLflow knows."""

    model_id: str
    uri: str  # for mlflow.pyfunc.load_model and mlflow models serve
    sha256: str  # of the `.keras` file


@patient
def log_model(
    store: Store,
    run_id: str,
    model: "keras.Model",
    card: ModelCard,
    sealed: SealedRows,
    facts: ModelFacts,
    *,
    profile: Profile | None = None,
    params: Mapping[str, Any] | None = None,
    name: str = "model",
) -> LoggedRawModel:
    """Log a finished model for a run; it is READY when every file is in place.

    What an earlier attempt has left unfinished of the same name and run is deleted.

    Args:
        store: an open store.
        run_id: the run whose model it is.
        model: raw matrix to probability, from `assemble`.
        card: its `sha256` is filled in here.
        sealed: the rows that promotion will compare on.
        facts: where it comes from; `sha256` and `files` are filled in here.
        profile: what its table looked like; None: it will tell no reasons, and know nothing of drift.
        params: hyperparameters, for the model's page.
        name: of the logged model.

    Raises:
        StoreError: if it cannot be written.
    """
    with tempfile.TemporaryDirectory() as temporary, store_failures(store.where):
        data = Path(temporary) / Path(DATA).name
        data.mkdir()
        save_model(model, data / MODEL_FILE)
        card = replace(card, sha256=sha256_of(data / MODEL_FILE))
        (data / CARD_FILE).write_text(card.to_json(), "utf-8")
        sealed.save(data)
        if profile is not None:
            profile.save(data)
        facts = replace(facts, sha256=card.sha256, files=digests_of(data))
        for left in [model for model in unfinished_models(store, run_id) if model.name == name]:
            store.client.delete_logged_model(left.model_id)
        logged = store.client.create_logged_model(
            store.experiment_id,
            name=name,
            source_run_id=run_id,
            tags=facts.to_tags(),
            params={key: str(value) for key, value in (params or {}).items()},
            model_type=MODEL_TYPE,
        )
        packed = Path(temporary) / "packed"
        _pack(packed, data, card, run_id, logged.model_id)
        store.client.log_model_artifacts(logged.model_id, str(packed))
        store.client.finalize_logged_model(logged.model_id, LoggedModelStatus.READY)
        store.client.log_outputs(run_id, [LoggedModelOutput(logged.model_id, step=0)])
    return LoggedRawModel(model_id=logged.model_id, uri=f"models:/{logged.model_id}", sha256=card.sha256)


def requirements() -> list[str]:
    """Return the installed versions of what the model needs."""
    return [f"{name}=={version(name)}" for name in REQUIREMENTS]


def _pack(packed: Path, data: Path, card: ModelCard, run_id: str, model_id: str) -> None:
    """Write the model as MLflow keeps one: MLmodel, requirements, songpop's code, our files under data/."""
    code = data.parent / "songpop"
    shutil.copytree(
        PACKAGE, code, ignore=shutil.ignore_patterns("__pycache__", "conf", "*.pyc", "*.html", "*.css", "*.js")
    )
    with warnings.catch_warnings():
        # The signature was tried through every door (pyfunc_door.py); an example would be a row of the table.
        warnings.filterwarnings("ignore", message=".*input example was not provided.*")
        _save(packed, data, code, card, run_id, model_id)


def _save(packed: Path, data: Path, code: Path, card: ModelCard, run_id: str, model_id: str) -> None:
    columns = sorted(set(card.recipe.source.values()))
    mlflow.pyfunc.save_model(
        path=str(packed),
        loader_module=LOADER,
        data_path=str(data),
        code_paths=[str(code)],  # it also loads where songpop is not installed
        mlflow_model=Model(run_id=run_id, model_id=model_id),
        signature=SIGNATURE,
        pip_requirements=requirements(),
        metadata={"songpop": {"columns": columns, "label": card.label, "format": asdict(card.recipe.format)}},
    )
