"""A small table, a model fitted to it by hand, and both logged: what the tests of predict work on."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from songpop.contracts import Column, ColumnKind, Params
from songpop.data.cells import CellFormat, Recipe, matrix_of
from songpop.models.export import Trained, assemble, save_model
from songpop.models.features import fit_features
from songpop.models.mlp import build_network
from songpop.models.runtime import keras
from songpop.scoring.profile import Profile
from songpop.scoring.raw_model import CARD_FILE, MODEL_FILE, ModelCard
from songpop.scoring.sealed import SealedRows
from songpop.settings import BASELINES, FeatureKind, TrackingSettings
from songpop.tracking.files import sha256_of
from songpop.tracking.model_facts import ModelFacts
from songpop.tracking.store import Store, open_store

PARAMS = Params(widths="8", activation="relu")
RECIPE = Recipe(
    columns=(
        Column(name="Streams", kind=ColumnKind.COUNT),
        Column(name="Spins", kind=ColumnKind.COUNT),
        Column(name="Explicit", kind=ColumnKind.FLAG),
        Column(name="Age", kind=ColumnKind.AGE),
    ),
    format=CellFormat(decimal=".", thousands=",", date_format="%m/%d/%Y"),
    as_of="2024-06-15",
    source={"Streams": "Streams", "Spins": "Spins", "Explicit": "Explicit", "Age": "Release Date"},
)
CARD = ModelCard(recipe=RECIPE, threshold=0.5, label="Streams above 1000", leaks=(), encoding="latin-1", separator=",")


def songs(n_rows: int, seed: int = 0) -> pd.DataFrame:
    """A table as text cells: thousands separators, missing cells, dates, a text column that no model reads.

    `Spins` stays below 1,000, so that a plain read_csv makes floats of it and text of `Streams`.
    """
    rng = np.random.default_rng(seed)
    streams = np.exp(rng.normal(8, 2, n_rows)).astype(int) + 1_000
    spins = rng.integers(0, 900, n_rows)
    days = np.datetime64("2024-06-15") - rng.integers(0, 3_000, n_rows)
    dates = pd.to_datetime(days).strftime("%m/%d/%Y")
    return pd.DataFrame(
        {
            "Track": [f"Söng {i}" for i in range(n_rows)],
            "Streams": [f"{value:,}" for value in streams],
            "Spins": ["" if i % 5 == 0 else str(value) for i, value in enumerate(spins)],
            "Release Date": list(dates),
            "Explicit": [str(value) for value in rng.integers(0, 2, n_rows)],
        },
        dtype="str",
    )


def labels_of(frame: pd.DataFrame) -> "np.ndarray[tuple[int], np.dtype[np.int8]]":
    """The label, which the honest model can learn: many streams."""
    streams = matrix_of(frame, RECIPE, strict=True)[:, 0]
    return (streams > np.median(streams)).astype(np.int8)


def small_model(frame: pd.DataFrame, seed: int = 0, sign: float = 1.0) -> keras.Model:
    """A network whose output follows `Streams` (`sign` -1: against it); random but for that, never trained."""
    preprocessing = fit_features(matrix_of(frame, RECIPE, strict=True), RECIPE.columns, FeatureKind.logs)
    network = build_network(PARAMS, len(preprocessing.names), seed)
    weights = [np.asarray(w) * 0.01 for w in network.get_weights()]
    weights[0][0, 0], weights[0][0, 1] = 2.0, -2.0
    weights[2][0, 0], weights[2][1, 0] = sign, -sign
    return assemble(Trained(preprocessing=preprocessing, params=PARAMS, weights=weights))


def sealed_of(frame: pd.DataFrame, first_key: int, trained: range) -> SealedRows:
    """`frame` as sealed rows with song keys from `first_key` on."""
    return SealedRows(
        rows=frame,
        label=labels_of(frame),
        song_keys=np.arange(first_key, first_key + len(frame), dtype=np.uint64),
        trained_keys=np.asarray(trained, dtype=np.uint64),
        baselines={name: np.full(len(frame), chance) for name, chance in zip(BASELINES, (0.5, 0.4, 0.45), strict=True)},
    )


PROFILE = Profile.of(matrix_of(songs(200, seed=1), RECIPE, strict=True), RECIPE.columns, np.random.default_rng(0))
# What a promotion asks of a sweep's record.
RECORD_TAGS = {f"songpop.{name}": "ab12" for name in ("space", "table", "split", "search_seed", "split_seed", "spec")}
RECORD_FILES: dict[str, str | bytes] = {
    "config.yaml": "{}",
    "space.json": "{}",
    "split.npz": b"PK",
    "environment.json": '{"commit": "12ab", "lock_digest": "34cd"}',
}
FACTS = ModelFacts(
    n_seeds=10,
    label_rule="Track Score above_median ",
    sweep="sample-honest-full",
    run_id="",
    protocol="honest",
    leaks=(),
    table="songs.csv",
    is_generated=False,
    table_digest="ab" * 32,
    label=CARD.label,
    commit="",
    test={"log_loss": 0.3},
)


def saved_folder(folder: Path, *, seed: int = 0, sign: float = 1.0, n_rows: int = 200) -> Path:
    """The files of a model, as they lie inside a logged one."""
    folder.mkdir(parents=True, exist_ok=True)
    frame = songs(n_rows, seed=1)
    save_model(small_model(frame, seed, sign), folder / MODEL_FILE)
    card = replace(CARD, sha256=sha256_of(folder / MODEL_FILE))
    (folder / CARD_FILE).write_text(card.to_json(), "utf-8")
    sealed_of(songs(n_rows, seed=2), 1_000, range(1_000)).save(folder)
    PROFILE.save(folder)
    return folder


def opened(template: Path, root: Path) -> Store:
    """A store of its own, made from the template."""
    shutil.copy(template, root / "mlflow.db")
    return open_store(TrackingSettings(uri=f"sqlite:///{root / 'mlflow.db'}"), root)
