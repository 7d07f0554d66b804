"""A logged model, a champion, and the folder of a model: each made once, since Keras takes seconds."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from small_models import (
    CARD,
    FACTS,
    PROFILE,
    RECORD_FILES,
    RECORD_TAGS,
    opened,
    saved_folder,
    sealed_of,
    small_model,
    songs,
)


@pytest.fixture(scope="session")
def model_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return saved_folder(tmp_path_factory.mktemp("models") / "model")


@pytest.fixture
def model_folder(model_template: Path, tmp_path: Path) -> Path:
    """The files of a model that a test may harm."""
    return Path(shutil.copytree(model_template, tmp_path / "model"))


@pytest.fixture(scope="session")
def logged(store_template: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Any]:
    """A store with one sweep whose winner's model is logged, and that model; nobody writes to it."""
    return logged_in(opened(store_template, tmp_path_factory.mktemp("logged")))


@pytest.fixture(scope="session")
def champion(store_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A store whose champion is that model; nobody writes to it."""
    return crowned_in(opened(store_template, tmp_path_factory.mktemp("champion")))


def logged_in(store: Any) -> tuple[Any, Any]:
    from dataclasses import replace

    from songpop.scoring.model_log import log_model
    from songpop.tracking.records import MODEL_ID
    from songpop.tracking.runs import start_sweep

    run = start_sweep(store, FACTS.sweep, tags=RECORD_TAGS, artifacts=RECORD_FILES)
    sealed = sealed_of(songs(150, seed=2), 1_000, range(1_000))
    facts = replace(FACTS, run_id=run.run_id)
    model = log_model(store, run.run_id, small_model(songs(200, seed=1)), CARD, sealed, facts, profile=PROFILE)
    run.finish(tags={MODEL_ID: model.model_id})
    return store, model


def crowned_in(store: Any) -> Any:
    from songpop.scoring.judge import SealedJudge
    from songpop.settings import GateSettings, RegistrySettings
    from songpop.tracking.candidate import candidate_of
    from songpop.tracking.registry import promote
    from songpop.tracking.sweeps import find_sweep

    logged_in(store)
    by_hand = GateSettings(calibration=1.0)  # the small model was never trained
    promote(store, RegistrySettings(), by_hand, candidate_of(store, find_sweep(store)), SealedJudge())
    return store
