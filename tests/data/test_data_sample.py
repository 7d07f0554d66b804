import hashlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

from songpop.data.sample import generate_songs, write_songs
from songpop.data.sample_numbers import sample_facts
from songpop.errors import SettingsError, StoreError

EXPERIMENT = Path(__file__).parents[2] / "experiments" / "sample_table"
DIGEST = "7c19d513109a163e87fcafb4d4daa63029426ec6110e0df40a790f3230900bda"


@pytest.fixture(scope="module")
def songs():
    return generate_songs()


def numeric(column):
    return pd.to_numeric(column.str.replace(",", ""))


def generation_time_s():
    start = time.process_time()
    generate_songs()
    return time.process_time() - start


def test_the_columns_are_those_of_the_file(songs):
    counts = list(sample_facts().counts)
    front = ["Track", "Album Name", "Artist", "Release Date", "ISRC", "All Time Rank", "Track Score"]
    assert list(songs.columns) == [*front, *counts, "TIDAL Popularity", "Explicit Track"]
    assert songs.shape == (4600, 29)


@pytest.mark.parametrize(
    ("column", "pattern"),
    [
        ("Release Date", r"[1-9]\d?/[1-9]\d?/(19|20)\d\d"),
        ("All Time Rank", r"[1-9]\d{0,2}(,\d{3})*"),
        ("Track Score", r"\d{2,3}(\.\d)?"),
        ("Spotify Streams", r"([1-9]\d{0,2}(,\d{3})*)?"),
        ("Spotify Popularity", r"(\d\d?|100)?"),
        ("TIDAL Popularity", r""),
        ("Explicit Track", r"[01]"),
    ],
)
def test_cells_are_written_as_in_the_file(songs, column, pattern):
    assert songs[column].str.fullmatch(pattern).all()


def test_every_cell_is_text(songs):
    assert all(isinstance(cell, str) for name in songs for cell in songs[name])


def test_the_file_is_sorted_by_score_and_the_rank_follows_it(songs):
    score, rank = numeric(songs["Track Score"]), numeric(songs["All Time Rank"])
    assert score.is_monotonic_decreasing
    assert rank.corr(score, method="spearman") < -0.99
    assert not rank.is_monotonic_increasing  # ties in any order, and a few late ranks
    assert 0 < rank.duplicated().sum() < 60
    assert 0.49 < (score > score.median()).mean() < 0.5


def test_rows_repeat_as_in_the_file(songs):
    assert songs.duplicated().sum() == 2
    groups = songs[songs["Artist"] != ""].groupby(["Track", "Artist"]).size()
    assert 85 <= (groups > 1).sum() <= 110
    assert (songs["Artist"] == "").sum() == 5
    assert songs["ISRC"].nunique() == 4598


def test_a_few_artists_have_many_songs(songs):
    sizes = songs["Artist"].value_counts()
    assert 1850 <= len(sizes) <= 2100
    assert sizes.iloc[0] > 40
    assert 0.6 < (sizes == 1).mean() < 0.75


def test_some_names_are_damaged(songs):
    share = songs["Track"].str.contains("ï¿½").mean()
    assert 0.04 < share < 0.08


def test_gaps_are_as_frequent_as_measured(songs):
    facts = sample_facts()
    found = (songs.drop_duplicates()[list(facts.counts)] == "").mean()
    assert abs(found.to_numpy() - facts.rates[:-1]).max() < 0.005


def test_the_table_is_the_same_everywhere(songs):
    assert hashlib.sha256(songs.to_csv(index=False, lineterminator="\n").encode()).hexdigest() == DIGEST


def test_another_seed_gives_another_table():
    first, second = (generate_songs(n_rows=100, seed=seed) for seed in (1, 2))
    assert first.equals(generate_songs(n_rows=100, seed=1))
    assert not first.equals(second)


def test_generating_takes_less_than_a_second():
    assert min(generation_time_s() for _ in range(3)) < 1.0  # the best of three: other programs may run beside


@pytest.mark.parametrize("n_rows", [50, 300, 5_000])
def test_other_sizes_keep_the_quirks(n_rows):
    songs = generate_songs(n_rows=n_rows)
    assert len(songs) == n_rows
    assert songs.duplicated().any()
    assert (songs["Artist"] == "").any()
    assert numeric(songs["Track Score"]).is_monotonic_decreasing
    assert songs["ISRC"].nunique() == n_rows - songs.duplicated().sum()


@pytest.mark.parametrize("n_rows", [-1, 0, 49, 100_001])
def test_sizes_out_of_range_are_refused(n_rows):
    with pytest.raises(SettingsError, match="50 <= n_rows <= 100000"):
        generate_songs(n_rows=n_rows)


def test_a_written_table_is_read_back_cell_by_cell(tmp_path):
    path = tmp_path / "songs.csv"
    write_songs(path, n_rows=300, seed=5)
    text = path.read_bytes()
    assert text.count(b"\r\n") == text.count(b"\n") == 301
    with pytest.raises(UnicodeDecodeError):
        text.decode("utf-8")
    read = pd.read_csv(path, encoding="latin-1", dtype=str, keep_default_na=False, index_col=False)
    assert read.equals(generate_songs(n_rows=300, seed=5))


def test_a_path_that_cannot_be_written_is_told(tmp_path):
    with pytest.raises(StoreError, match="Choose another path"):
        write_songs(tmp_path / "absent" / "songs.csv", n_rows=50)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_it_can_be_learnt_as_well_as_the_real_table(tmp_path):
    if "SONGPOP_DATA" not in os.environ:
        pytest.skip("SONGPOP_DATA names the real table")
    path = tmp_path / "report.json"
    command = [sys.executable, str(EXPERIMENT / "compare.py"), "--seeds", "2024", "--report", str(path)]
    subprocess.run(command, check=True, capture_output=True)
    report = json.loads(path.read_text("utf-8"))
    real, drawn = report["accuracy"]["real"], report["accuracy"]["2024"]
    for model, measured in real.items():
        assert abs(measured["mean"] - drawn[model]["mean"]) < 0.03, model
    distances = report["distances"]["2024"]
    assert distances["rank_correlation_error"]["mean"] < 0.03
    assert distances["rank_correlation_error"]["max"] < 0.12
    assert distances["rank_correlation_error_of_score"]["max"] < 0.1
    assert distances["missing_rate_error"]["max"] < 0.005
    assert report["strongest_hint"]["2024"]["columns"] is None  # nothing near a leak
    assert report["track_and_artist_of_the_real_table"] == 0
