"""Ranking a file: every row comes out, in order, whole or not at all; bad input is one sentence."""

import csv
import resource
import signal
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from small_models import songs

from songpop.errors import ArtifactError, DataError, SettingsError, StoreError
from songpop.scoring.ranker import ADDED, Ranker
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


@pytest.fixture
def ranker(champion) -> Ranker:
    return Ranker.load(champion_of(champion, SETTINGS).folder)


def test_a_file_in_order_of_promise(ranker, table, tmp_path) -> None:
    output = tmp_path / "scored.csv"
    first, verdict = rank_songs(ranker, table, output)
    found = read(output)
    assert list(found.columns) == [*ADDED, *SONGS.columns]
    assert found["rank"].astype(int).is_monotonic_increasing
    assert found["probability"].astype(float).is_monotonic_decreasing
    unranked = found.sort_values("Track")[list(SONGS.columns)].reset_index(drop=True)
    assert unranked.to_dict() == SONGS.sort_values("Track").reset_index(drop=True).to_dict()
    assert verdict.n_songs == 40
    assert verdict.n_high_potential == (found["high_potential"] == "1").sum()
    assert first["Track"].tolist() == found["Track"].tolist()[:10]
    assert [path.name for path in tmp_path.iterdir()] == ["songs.csv", "scored.csv"]


@pytest.mark.parametrize("order", Order)
def test_a_file_of_many_pieces_is_one_table(order, ranker, table, tmp_path, monkeypatch) -> None:
    rank_songs(ranker, table, tmp_path / "whole.csv", order=order, n_reasons=5)
    monkeypatch.setattr("songpop.scoring.ranking.N_ROWS_AT_ONCE", 7)
    first, verdict = rank_songs(ranker, table, tmp_path / "pieces.csv", order=order, n_reasons=5)
    assert (tmp_path / "pieces.csv").read_text("utf-8") == (tmp_path / "whole.csv").read_text("utf-8")
    assert verdict.n_songs == 40
    assert first["rank"].tolist() == sorted(first["rank"])


def test_a_frame_is_written_as_its_file_is(ranker, table, tmp_path) -> None:
    rank_songs(ranker, table, tmp_path / "of_file.csv", n_reasons=3)
    rank_songs(ranker, SONGS, tmp_path / "of_frame.csv", n_reasons=3)
    assert (tmp_path / "of_frame.csv").read_text("utf-8") == (tmp_path / "of_file.csv").read_text("utf-8")


def test_no_rows(ranker, tmp_path) -> None:
    file = tmp_path / "empty.csv"
    SONGS.iloc[:0].to_csv(file, index=False)
    _, verdict = rank_songs(ranker, file, tmp_path / "scored.csv", n_reasons=3)
    assert verdict.n_songs == 0
    assert (tmp_path / "scored.csv").read_text("utf-8").startswith("rank,probability,probability_low")


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
def test_bad_input(content, error, message, ranker, tmp_path) -> None:
    file, output = tmp_path / "songs.csv", tmp_path / "scored.csv"
    file.write_text(content)
    with pytest.raises(error, match=message):
        rank_songs(ranker, file, output)
    assert [path.name for path in tmp_path.iterdir()] == ["songs.csv"]


def test_a_fault_in_a_later_piece_leaves_nothing(ranker, table, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("songpop.scoring.ranking.N_ROWS_AT_ONCE", 7)
    with table.open("a", encoding="latin-1") as file:
        file.write("one,two\n")
    with pytest.raises(DataError, match=r"as the header, 5, but line 42 of .* has 2"):
        rank_songs(ranker, table, tmp_path / "scored.csv")
    assert [path.name for path in tmp_path.iterdir()] == ["songs.csv"]


@pytest.mark.parametrize("encoding", ["latin-1", "utf-8", "utf-8-sig"])
def test_titles_are_read_in_what_they_were_written_in(encoding: str, ranker, tmp_path) -> None:
    SONGS.assign(Track="Beyoncé").to_csv(tmp_path / "songs.csv", index=False, encoding=encoding)
    rank_songs(ranker, tmp_path / "songs.csv", tmp_path / "scored.csv")
    assert set(read(tmp_path / "scored.csv")["Track"]) == {"Beyoncé"}


def test_a_file_that_is_not_there(ranker, tmp_path) -> None:
    with pytest.raises(DataError, match="`input` must name a CSV file, but there is no file"):
        rank_songs(ranker, tmp_path / "none.csv", tmp_path / "scored.csv")


@pytest.mark.parametrize(("output", "message"), [("", "is a folder"), ("none/scored.csv", "there is no .*none")])
def test_output_that_cannot_be(output, message, ranker, tmp_path) -> None:
    with pytest.raises(StoreError, match=message):
        rank_songs(ranker, SONGS, tmp_path / output)


def test_the_output_is_not_the_input(ranker, table) -> None:
    with pytest.raises(SettingsError, match="must be another file than `input`"):
        rank_songs(ranker, table, table)


def test_a_link_stays_one(ranker, table, tmp_path) -> None:
    (tmp_path / "link.csv").symlink_to(tmp_path / "target.csv")
    rank_songs(ranker, table, tmp_path / "link.csv")
    assert (tmp_path / "link.csv").is_symlink()
    assert (tmp_path / "target.csv").is_file()


def test_a_link_to_itself(ranker, table, tmp_path) -> None:
    (tmp_path / "link.csv").symlink_to(tmp_path / "link.csv")
    with pytest.raises(StoreError, match="is a link to itself"):
        rank_songs(ranker, table, tmp_path / "link.csv")


def test_a_full_disk_is_told_and_leaves_nothing(ranker, table, tmp_path) -> None:
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, limit[1]))
    try:
        with pytest.raises(
            StoreError, match=r"`output` must be a file that can be written, but .*scored.csv cannot: File too"
        ):
            rank_songs(ranker, table, tmp_path / "scored.csv")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
    assert [path.name for path in tmp_path.iterdir()] == ["songs.csv"]


HARMS: dict[str, Callable[[bytes], bytes | None]] = {
    "changed": lambda content: content[:40] + bytes([content[40] ^ 1]) + content[41:],
    "truncated": lambda content: content[:-20],
    "emptied": lambda _: b"",
    "half-written": lambda content: content[: len(content) // 2] + bytes(len(content) - len(content) // 2),
    "missing": lambda _: None,
}


@pytest.mark.parametrize("harm", HARMS.values(), ids=HARMS.keys())
@pytest.mark.parametrize("name", ["model.keras", "recipe.json", "sealed.csv.gz", "sealed.npz", "profile.npz"])
def test_a_damaged_champion(name: str, harm: Callable[[bytes], bytes | None], champion) -> None:
    """Every file, in every way, by its name; the store is everybody's, so the file is brought back."""
    file = champion_of(champion, SETTINGS).folder / name
    content = file.read_bytes()
    harmed = harm(content)
    try:
        file.unlink() if harmed is None else file.write_bytes(harmed)
        told = "is missing" if harmed is None else "is not the one that was logged"
        with pytest.raises(ArtifactError, match=rf"{name} {told}.*songpop rollback"):
            champion_of(champion, SETTINGS)
    finally:
        file.write_bytes(content)


def test_cells_with_quotes_and_line_breaks_survive(ranker, tmp_path) -> None:
    odd = SONGS.iloc[:1].assign(Track='He said "no",\nthen left')
    rank_songs(ranker, odd, tmp_path / "scored.csv")
    with (tmp_path / "scored.csv").open(encoding="utf-8", newline="") as file:
        assert next(csv.DictReader(file))["Track"] == 'He said "no",\nthen left'
