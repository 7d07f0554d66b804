"""`songpop predict` on the champion of a finished sweep: the file, the first songs, what is refused."""

from pathlib import Path

import pandas as pd
import pytest

import songpop
from songpop.app.predict import predict
from songpop.errors import DataError, GateError, SettingsError, StoreError
from songpop.settings import Order, PathSettings, PredictSettings, RegistrySettings


@pytest.fixture
def settings(champion_root: Path, songs: pd.DataFrame, tmp_path: Path) -> PredictSettings:
    """Forty songs, one of them with a cell that cannot be read."""
    few = songs.head(40).copy()
    few.loc[3, "YouTube Views"] = "many"
    few.to_csv(tmp_path / "in.csv", index=False, encoding="latin-1")
    return PredictSettings(
        input=str(tmp_path / "in.csv"),
        output=str(tmp_path / "out.csv"),
        paths=PathSettings(root=str(champion_root)),
    )


def test_the_file_and_the_record_say_the_same(settings: PredictSettings) -> None:
    told = predict(settings)
    written = pd.read_csv(told.output)
    assert (told.n_songs, len(written)) == (40, 40)
    assert told.n_high_potential == written["high_potential"].sum()
    assert told.unusable == {"YouTube Views": 1}
    assert (told.model, told.version, told.leaks) == ("songpop", 1, ())
    assert len(told.sha256) == 64
    assert "Track Score > " in told.label
    assert written["probability"].is_monotonic_decreasing


def test_the_first_songs_are_known_by_title_and_artist(settings: PredictSettings) -> None:
    told = predict(settings)
    written = pd.read_csv(told.output, dtype=str, keep_default_na=False)
    names = (written["Track"] + " – " + written["Artist"]).tolist()
    assert [song.song for song in told.first] == names[:10]
    assert [song.rank for song in told.first] == sorted(song.rank for song in told.first)
    assert told.first[0].rank == 1


def test_what_is_added(settings: PredictSettings) -> None:
    settings.n_reasons = 7
    told = predict(settings)
    written = pd.read_csv(told.output, dtype=str, keep_default_na=False)
    assert list(written.columns[:7]) == [
        "rank", "probability", "probability_low", "probability_high", "high_potential", "reasons", "remarks",
    ]  # fmt: skip
    assert (written["reasons"] != "").tolist() == [True] * 7 + [False] * 33
    low, chance, high = (written[name].astype(float) for name in ("probability_low", "probability", "probability_high"))
    assert ((low <= chance) & (chance <= high)).all()
    assert written["remarks"].str.contains("unusable: YouTube Views").sum() == 1
    assert told.n_remarks == (written["remarks"] != "").sum()
    assert "; ".join(map(str, told.first[0].reasons)) == written["reasons"].iloc[0]
    assert told.drift == ()  # forty songs tell nothing


def test_the_order_of_the_input_can_stay(settings: PredictSettings) -> None:
    settings.order = Order.given
    told = predict(settings)
    given = pd.read_csv(str(settings.input), encoding="latin-1", dtype=str, keep_default_na=False)
    written = pd.read_csv(told.output, dtype=str, keep_default_na=False)
    assert written["Track"].tolist() == given["Track"].tolist()
    assert told.first[0].rank == 1  # shown are the best in any order


def test_a_frame_gives_the_ranks_of_its_file(settings: PredictSettings, songs: pd.DataFrame) -> None:
    predict(settings)
    written = pd.read_csv(str(settings.output), dtype=str)
    few = songs.head(40).copy()
    few.loc[3, "YouTube Views"] = ""
    ranked = songpop.predict(few, paths__root=settings.paths.root)
    assert ranked["rank"].tolist() == written["rank"].astype(int).tolist()
    assert ranked["probability"].to_numpy() == pytest.approx(written["probability"].astype(float).to_numpy(), abs=1e-6)


def test_songs_that_are_not_released_on_the_day_are_counted(settings: PredictSettings) -> None:
    assert predict(settings).n_ahead == 0
    settings.as_of = "2000-01-01"
    assert 0 < predict(settings).n_ahead <= 40


def test_the_columns_that_have_drifted(settings: PredictSettings, songs: pd.DataFrame) -> None:
    other = songs.head(300).copy()
    other["Spotify Streams"] = "1"
    other.to_csv(str(settings.input), index=False, encoding="latin-1")
    assert [one.column for one in predict(settings).drift] == ["Spotify Streams"]


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"input": None}, SettingsError, "Add input=FILE"),
        ({"output": None}, SettingsError, "Add output=FILE"),
        ({"input": "nowhere.csv"}, DataError, "nowhere.csv"),
        ({"output": "nowhere/out.csv"}, StoreError, "folder that exists"),
        ({"as_of": "tomorrow"}, SettingsError, "as_of"),
        ({"n_reasons": -1}, SettingsError, "`n_reasons` must be at least 0"),
        ({"registry": RegistrySettings(model="mine")}, GateError, "registry.model=mine"),
    ],
)
def test_refusals(
    change: dict[str, object], error: type[Exception], message: str, settings: PredictSettings, tmp_path: Path
) -> None:
    for key, value in change.items():
        setattr(settings, key, value)
    with pytest.raises(error, match=message):
        predict(settings)
    assert not (tmp_path / "out.csv").exists()
