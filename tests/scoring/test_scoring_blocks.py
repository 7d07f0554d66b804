"""A registered model that counts names and reads dates: raw cells in, through every door, in a fresh process."""

import io
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import mlflow.pyfunc
import numpy as np
import pandas as pd
import pytest
from small_models import CARD, FACTS, PARAMS, RECORD_FILES, RECORD_TAGS, opened, sealed_of, songs
from test_scoring_pyfunc_door import FRESH

from songpop.data.cells import matrix_of
from songpop.data.table import SongTable, load_table
from songpop.models.export import Trained, assemble
from songpop.models.features import fit_features
from songpop.models.mlp import build_network
from songpop.scoring.fresh_process import predict_elsewhere
from songpop.scoring.model_log import log_model
from songpop.scoring.raw_model import MODEL_FILE, RawModel
from songpop.settings import ColumnSettings, DataSettings, FeatureBlock, FeatureKind, IdentitySettings, LabelSettings
from songpop.tracking.model_facts import DATA
from songpop.tracking.runs import start_sweep

BLOCKS = (FeatureBlock.calendar, FeatureBlock.names)
SETTINGS = DataSettings(
    date_format="%m/%d/%Y",
    columns=ColumnSettings(counts=["Streams", "Spins"], flags=["Explicit"], dates=["Release Date"]),
    label=LabelSettings(column="Score"),
    identity=IdentitySettings(title="Track", artist="Artist"),
)


def with_artists(frame: pd.DataFrame) -> pd.DataFrame:
    """Artist 0 has one song, artist 1 two, and so on, in several spellings."""
    numbers = np.repeat(np.arange(40), np.arange(1, 41))[: len(frame)]
    return frame.assign(Artist=[f"{'Zyx' if k % 2 else 'ZYX'} {n}" for k, n in enumerate(numbers)])


NEW = with_artists(songs(30, seed=3)).assign(Artist=["zyx 19", " Zyx 3", "Nobody", "", "NA", *["ZYX 1"] * 25])
PLAIN = pd.read_csv(io.StringIO(NEW.to_csv(index=False)))


@pytest.fixture(scope="module")
def table() -> SongTable:
    frame = with_artists(songs(200, seed=1))
    return load_table(SETTINGS, frame=frame.assign(Score=[str(k) for k in range(200)]), extra=BLOCKS)


@pytest.fixture(scope="module")
def packed(table: SongTable, store_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a logged model, random but for the blocks."""
    found = fit_features(table.matrix, table.columns, FeatureKind.logs, BLOCKS)
    network = build_network(PARAMS, len(found.names), seed=0)
    model = assemble(
        Trained(preprocessing=found, params=PARAMS, weights=[np.asarray(w) for w in network.get_weights()])
    )
    store = opened(store_template, tmp_path_factory.mktemp("blocks"))
    run = start_sweep(store, FACTS.sweep, tags=RECORD_TAGS, artifacts=RECORD_FILES)
    sealed = replace(sealed_of(songs(50, seed=2), 1_000, range(1_000)), rows=with_artists(songs(50, seed=2)))
    card = replace(CARD, recipe=table.recipe)
    logged = log_model(store, run.run_id, model, card, sealed, replace(FACTS, run_id=run.run_id))
    return Path(store.client.get_logged_model(logged.model_id).artifact_location.removeprefix("file://"))


def expected_of(packed: Path) -> Any:
    return RawModel(packed / DATA).predict(NEW)["probability"]


@pytest.mark.parametrize("frame", [NEW, PLAIN, PLAIN.astype(object), NEW.replace("", None), NEW.assign(Score="1")])
def test_the_same_through_every_door(frame: pd.DataFrame, packed: Path) -> None:
    found = mlflow.pyfunc.load_model(str(packed)).predict(frame)
    np.testing.assert_array_equal(found["probability"], expected_of(packed))


def test_an_artist_counts_by_the_songs_it_had(packed: Path) -> None:
    one = NEW.iloc[[0] * 6].assign(Artist=["Zyx 3", "ZYX 3", "zyx 18", "Nobody", "", "Someone"])
    chance = RawModel(packed / DATA).probabilities(one)
    assert chance[0] == chance[1]
    assert len({*chance[[0, 2, 3]]}) == 3
    assert chance[3] == chance[4] == chance[5]


def test_a_weekday_counts_and_as_of_does_not_touch_it(packed: Path, table: SongTable) -> None:
    days = NEW.iloc[[0] * 2].assign(**{"Release Date": ["06/14/2024", "06/13/2024"]})
    matrix = matrix_of(days, table.recipe, strict=True)
    place = [column.name for column in table.columns].index("Release Date weekday")
    assert matrix[:, place].tolist() == [4, 3]
    assert len(set(RawModel(packed / DATA).probabilities(days).tolist())) == 2


def test_names_are_in_the_recipe_and_not_in_the_file(packed: Path) -> None:
    import zipfile

    document = json.loads((packed / DATA / "recipe.json").read_text("utf-8"))["recipe"]
    assert document["columns"][-1]["categories"][:2] == ["zyx 0", "zyx 1"]
    assert [column["period"] for column in document["columns"] if "period" in column] == [365.25, 7.0]
    with zipfile.ZipFile(packed / DATA / MODEL_FILE) as archive:
        assert not any(b"zyx" in archive.read(name).lower() for name in archive.namelist())


def test_the_columns_that_are_needed_stand_in_the_metadata(packed: Path) -> None:
    found = mlflow.models.Model.load(str(packed)).metadata["songpop"]["columns"]
    assert found == ["Artist", "Explicit", "Release Date", "Spins", "Streams"]


@pytest.mark.slow
def test_a_process_without_songpop_says_the_same(packed: Path, table: SongTable) -> None:
    told = predict_elsewhere(packed / DATA / MODEL_FILE, matrix_of(NEW, table.recipe, strict=False), 120.0)
    np.testing.assert_allclose(told, expected_of(packed), atol=1e-6)


@pytest.mark.slow
def test_mlflow_loads_it_where_songpop_is_not_installed(packed: Path, tmp_path: Path) -> None:
    NEW.to_csv(tmp_path / "songs.csv", index=False)
    repository = str(Path(__file__).parents[2])
    done = subprocess.run(
        [sys.executable, "-c", FRESH, str(packed), str(tmp_path / "songs.csv"), repository],
        capture_output=True, text=True, timeout=200, cwd=tmp_path, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    np.testing.assert_allclose(json.loads(done.stdout), expected_of(packed), atol=1e-6)
