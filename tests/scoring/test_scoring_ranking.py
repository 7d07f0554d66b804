"""Ranking a file: every row comes out, in order, whole or not at all; bad input is one sentence."""

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from small_models import songs

from songpop.errors import ArtifactError, DataError, GateError, SettingsError, StoreError
from songpop.scoring.ranking import rank_songs
from songpop.settings import Order, RegistrySettings
from songpop.tracking.champion import champion_of

SETTINGS = RegistrySettings()
SONGS = songs(40, seed=3)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    file = tmp_path / "songs.csv"
    SONGS.to_csv(file, index=False, encoding="latin-1")
    return file


def read(file: Path) -> pd.DataFrame:
    return pd.read_csv(file, dtype=str, keep_default_na=False, encoding="utf-8")


def test_a_file_in_order_of_promise(champion, table, tmp_path) -> None:
    output = tmp_path / "scored.csv"
    ranking = rank_songs(champion, SETTINGS, table, output)
    found = read(output)
    assert list(found.columns) == ["rank", "probability", "high_potential", *SONGS.columns]
    assert found["rank"].astype(int).is_monotonic_increasing
    assert found["probability"].astype(float).is_monotonic_decreasing
    unranked = found.sort_values("Track")[list(SONGS.columns)].reset_index(drop=True)
    assert unranked.to_dict() == SONGS.sort_values("Track").reset_index(drop=True).to_dict()
    assert (ranking.n_songs, ranking.version, ranking.as_of) == (40, 1, "2024-06-15")
    assert ranking.n_high_potential == (found["high_potential"] == "1").sum()
    assert not list(tmp_path.glob(".*partial"))


def test_as_given_and_from_a_frame(champion, table, tmp_path) -> None:
    given = rank_songs(champion, SETTINGS, SONGS, order=Order.given).songs
    assert given["Track"].tolist() == SONGS["Track"].tolist()
    ranked = rank_songs(champion, SETTINGS, table, tmp_path / "scored.csv").songs
    merged = given.merge(ranked, on="Track", suffixes=("", "_file"))
    np.testing.assert_array_equal(merged["rank"], merged["rank_file"])


def test_another_day(champion) -> None:
    ranking = rank_songs(champion, SETTINGS, SONGS, as_of="2030-01-01")
    assert ranking.as_of == "2030-01-01"


def test_equal_probabilities_share_the_better_rank(champion) -> None:
    twice = pd.concat([SONGS, SONGS.assign(Track=SONGS["Track"] + " (again)")], ignore_index=True)
    ranks = rank_songs(champion, SETTINGS, twice).songs["rank"].tolist()
    assert ranks == sorted(ranks)
    assert ranks[:4] == [1, 1, 3, 3]


def test_no_rows(champion, tmp_path) -> None:
    file = tmp_path / "empty.csv"
    SONGS.iloc[:0].to_csv(file, index=False)
    ranking = rank_songs(champion, SETTINGS, file, tmp_path / "scored.csv")
    assert ranking.n_songs == 0
    assert (tmp_path / "scored.csv").read_text("utf-8").startswith("rank,probability,high_potential,Track")


def test_unusable_cells_are_counted(champion) -> None:
    harmed = SONGS.copy()
    harmed.loc[:2, "Streams"] = "many"
    assert rank_songs(champion, SETTINGS, harmed).unusable == {"Streams": 3}


@pytest.mark.parametrize(
    ("content", "error", "message"),
    [
        ("", DataError, "`input`.*empty"),
        ("Track,Streams\na,1\n", DataError, "missing.*'Spins'"),
        ("Track,Streams\na,1,2\n", DataError, "line 2"),
        ("rank,Streams,Spins,Explicit,Release Date\n1,1,1,1,01/01/2020\n", DataError, r"has \['rank'\].*Rename"),
        ("Track;Streams;Spins\na;1;2\n", DataError, "The champion reads files in latin-1 with ',' between cells"),
    ],
)
def test_bad_input(content, error, message, champion, tmp_path) -> None:
    file, output = tmp_path / "songs.csv", tmp_path / "scored.csv"
    file.write_text(content)
    with pytest.raises(error, match=message):
        rank_songs(champion, SETTINGS, file, output)
    assert not output.exists()


def test_a_file_that_is_not_there(champion, tmp_path) -> None:
    with pytest.raises(DataError, match="`input` must name a CSV file, but there is no file"):
        rank_songs(champion, SETTINGS, tmp_path / "none.csv")


@pytest.mark.parametrize(("output", "message"), [("", "is a folder"), ("none/scored.csv", "there is no .*none")])
def test_output_that_cannot_be(output, message, champion, tmp_path) -> None:
    with pytest.raises(StoreError, match=message):
        rank_songs(champion, SETTINGS, SONGS, tmp_path / output)


def test_as_of_that_is_no_date(champion) -> None:
    with pytest.raises(SettingsError, match="`as_of` must be a date"):
        rank_songs(champion, SETTINGS, SONGS, as_of="someday")


def test_no_champion(store) -> None:
    with pytest.raises(GateError, match="no champion yet"):
        rank_songs(store, SETTINGS, SONGS)


HARMS: dict[str, Callable[[bytes], bytes | None]] = {
    "changed": lambda content: content[:40] + bytes([content[40] ^ 1]) + content[41:],
    "truncated": lambda content: content[:-20],
    "emptied": lambda _: b"",
    "half-written": lambda content: content[: len(content) // 2] + bytes(len(content) - len(content) // 2),
    "missing": lambda _: None,
}


@pytest.mark.parametrize("harm", HARMS.values(), ids=HARMS.keys())
@pytest.mark.parametrize("name", ["model.keras", "recipe.json", "sealed.csv.gz", "sealed.npz"])
def test_a_damaged_champion(name: str, harm: Callable[[bytes], bytes | None], champion) -> None:
    """Every file, in every way, by its name; the store is everybody's, so the file is brought back."""
    file = champion_of(champion, SETTINGS).folder / name
    content = file.read_bytes()
    harmed = harm(content)
    try:
        file.unlink() if harmed is None else file.write_bytes(harmed)
        told = "is missing" if harmed is None else "is not the one that was logged"
        with pytest.raises(ArtifactError, match=rf"{name} {told}.*songpop rollback"):
            rank_songs(champion, SETTINGS, SONGS)
    finally:
        file.write_bytes(content)


def test_cells_with_quotes_and_line_breaks_survive(champion, tmp_path) -> None:
    odd = SONGS.iloc[:1].assign(Track='He said "no",\nthen left')
    rank_songs(champion, SETTINGS, odd, tmp_path / "scored.csv")
    with (tmp_path / "scored.csv").open(encoding="utf-8", newline="") as file:
        assert next(csv.DictReader(file))["Track"] == 'He said "no",\nthen left'
