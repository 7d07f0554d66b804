"""The model takes the same songs however they arrive, and refuses files that are not its own."""

import datetime as dt
import io
import json

import numpy as np
import pandas as pd
import pytest
from small_models import CARD, saved_folder, songs

from songpop.errors import ArtifactError, DataError, SettingsError
from songpop.scoring.raw_model import ModelCard, RawModel, day_of

SONGS = songs(40, seed=3)


@pytest.fixture(scope="session")
def model(model_template) -> RawModel:
    return RawModel(model_template)


def as_plain_read_csv(frame: pd.DataFrame) -> pd.DataFrame:
    return pd.read_csv(io.StringIO(frame.to_csv(index=False)))


def as_json_records(frame: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(json.loads(as_plain_read_csv(frame).to_json(orient="records")))


def as_objects(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.astype(object).where(frame != "", None)


@pytest.mark.parametrize(
    "arrive",
    [
        as_plain_read_csv,
        as_json_records,
        as_objects,
        lambda frame: frame[frame.columns[::-1]],
        lambda frame: frame.assign(Extra="ignored"),
    ],
)
def test_however_they_arrive(arrive, model) -> None:
    expected = model.predict(SONGS)
    found = model.predict(arrive(SONGS))
    pd.testing.assert_frame_equal(found.reset_index(drop=True), expected)
    assert expected["probability"].nunique() > 10


def test_columns_and_threshold(model) -> None:
    found = model.predict(SONGS)
    assert list(found.columns) == ["probability", "high_potential"]
    np.testing.assert_array_equal(found["high_potential"], (found["probability"] > 0.5).astype(int))


def test_the_plain_keras_file_gives_the_same(model, model_template) -> None:
    from songpop.data.cells import matrix_of
    from songpop.models.export import load_plain

    plain = load_plain(model_template / "model.keras")
    expected = np.asarray(plain(matrix_of(SONGS, CARD.recipe, strict=True))).reshape(-1)
    np.testing.assert_allclose(model.probabilities(SONGS), expected, atol=1e-6)


def test_songs_beyond_doubt_still_differ(tmp_path) -> None:
    model = RawModel(saved_folder(tmp_path / "sure", sign=20.0))
    sure = model.logits(SONGS)[model.probabilities(SONGS) == 1]
    assert len(sure) > 2
    assert len(set(sure.tolist())) == len(sure)


def test_no_rows(model) -> None:
    found = model.predict(SONGS.iloc[:0])
    assert (len(found), list(found.columns)) == (0, ["probability", "high_potential"])


def test_missing_cells_and_nonsense_count_as_missing(model) -> None:
    empty = pd.DataFrame({name: ["", None, "nonsense"] for name in SONGS.columns})
    found = model.probabilities(empty)
    assert np.isfinite(found).all()
    assert len(set(found.tolist())) == 1


def test_a_missing_column_is_named(model) -> None:
    with pytest.raises(DataError, match=r"missing: \['Spins'\]"):
        model.predict(SONGS.drop(columns="Spins"))


def test_ages_count_from_another_day(model) -> None:
    today, later = model.probabilities(SONGS), model.probabilities(SONGS, dt.date(2030, 1, 1))
    assert not np.allclose(today, later, atol=1e-7)
    np.testing.assert_array_equal(model.probabilities(SONGS, dt.date(2024, 6, 15)), today)


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (lambda folder: (folder / "model.keras").unlink(), "model.keras is missing"),
        (lambda folder: (folder / "recipe.json").unlink(), "recipe.json is missing"),
        (lambda folder: (folder / "model.keras").write_bytes(b"PK"), r"model.keras is not the one.*SHA-256"),
        (lambda folder: (folder / "recipe.json").write_text("{}"), "recipe.json must be the JSON that songpop wrote"),
        (lambda folder: (folder / "recipe.json").write_text("[1"), "cannot be read"),
    ],
)
def test_changed_files(harm, message, model_folder) -> None:
    harm(model_folder)
    with pytest.raises(ArtifactError, match=message):
        RawModel(model_folder)


def test_card_survives_json() -> None:
    assert ModelCard.from_json(CARD.to_json()) == CARD


def test_days() -> None:
    assert day_of("2024-06-15") == dt.date(2024, 6, 15)
    assert day_of("") is None
    with pytest.raises(SettingsError, match=r"`as_of` must be a date like 2024-06-15, but it is 'June'"):
        day_of("June")
