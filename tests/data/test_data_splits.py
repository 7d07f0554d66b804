import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tables import numeric_table, real_settings, real_table

from songpop.contracts import Split
from songpop.data.splits import make_split
from songpop.data.table import SongTable, load_table
from songpop.errors import DataError, SettingsError
from songpop.settings import SplitKind, SplitSettings

HONEST = [SplitKind.stratified, SplitKind.by_artist, SplitKind.by_release_date]


def random_table(n_rows: int, n_songs: int, n_artists: int, seed: int) -> SongTable:
    rng = np.random.default_rng(seed)
    song = rng.integers(0, n_songs, n_rows)
    artist = np.where(rng.random(n_rows) < 0.1, "", rng.integers(0, n_artists, n_songs)[song].astype(str))
    days = pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 60, n_rows), unit="D")
    return numeric_table(
        {"x": np.arange(n_rows)},
        rng.permutation(n_rows) % 2,
        code=[f"s{number}" for number in song],
        artist=artist,
        date=pd.Series(days).mask(rng.random(n_rows) < 0.1),
    )


def parts(split: Split) -> np.ndarray:
    part = np.full(len(split.train) + len(split.validation) + len(split.test), -1)
    for number, rows in enumerate((split.train, split.validation, split.test)):
        assert (np.diff(rows) > 0).all()
        assert (part[rows] == -1).all()
        part[rows] = number
    assert (part >= 0).all()
    return part


@settings(max_examples=25, deadline=None)
@given(
    n_rows=st.integers(150, 400),
    n_songs=st.integers(120, 500),
    n_artists=st.integers(80, 300),
    seed=st.integers(0, 1_000),
    kind=st.sampled_from(HONEST),
)
def test_parts_are_disjoint_complete_whole_and_repeatable(
    n_rows: int, n_songs: int, n_artists: int, seed: int, kind: SplitKind
) -> None:
    table = random_table(n_rows, n_songs, n_artists, seed)
    split = make_split(table, SplitSettings(kind=kind, seed=seed))
    part = parts(split)
    assert pd.Series(part).groupby(table.song).nunique().max() == 1
    again = make_split(table, SplitSettings(kind=kind, seed=seed))
    assert again.digest == split.digest
    assert abs((part == 2).mean() - 0.2) < 0.08
    assert abs((part == 1).mean() - 0.16) < 0.08
    if kind is SplitKind.by_artist:
        named = table.artist != ""
        assert pd.Series(part[named]).groupby(table.artist[named]).nunique().max() == 1


def test_the_newest_songs_are_tested_and_unknown_dates_trained_on() -> None:
    table = random_table(400, 4_000, 50, 0)
    part = parts(make_split(table, SplitSettings(kind=SplitKind.by_release_date)))
    assert table.release is not None
    newest = pd.Series(table.release).groupby(table.song).transform("max")  # of the song
    undated = newest.isna().to_numpy()
    assert undated.any()
    assert (part[undated] == 0).all()
    by_part = [newest[(part == number) & ~undated] for number in range(3)]
    assert by_part[0].max() <= by_part[1].min()
    assert by_part[1].max() <= by_part[2].min()


def test_the_seed_decides() -> None:
    table = random_table(300, 300, 300, 1)
    for kind in HONEST:
        digests = {make_split(table, SplitSettings(kind=kind, seed=seed)).digest for seed in range(3)}
        assert len(digests) > 1


def test_classes_have_equal_shares_when_stratified() -> None:
    table = random_table(1_000, 100_000, 10, 2)
    split = make_split(table, SplitSettings())
    for rows, n_rows in ((split.test, 200), (split.validation, 160)):
        assert len(rows) == pytest.approx(n_rows, abs=2)
        assert table.label[rows].mean() == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize(
    ("n_rows", "kind", "message"),
    [
        (4, SplitKind.stratified, r"both classes, but split=stratified gives"),
        (4, SplitKind.published, r"both classes, but split=published gives"),
        (3, SplitKind.by_release_date, r"both classes, but split=by_release_date gives"),
    ],
)
def test_too_few_rows(n_rows: int, kind: SplitKind, message: str) -> None:
    label = [1] + [0] * (n_rows - 1)
    table = numeric_table({"x": np.arange(n_rows)}, label, date=["2024-01-01"] * n_rows)
    with pytest.raises(DataError, match=message):
        make_split(table, SplitSettings(kind=kind))


def test_one_artist_cannot_be_cut() -> None:
    table = numeric_table({"x": np.arange(50)}, np.arange(50) % 2, artist=["Ada"] * 50)
    with pytest.raises(DataError, match=r"split=by_artist gives the .* 0 rows"):
        make_split(table, SplitSettings(kind=SplitKind.by_artist))


@pytest.mark.parametrize(
    ("kind", "key"), [(SplitKind.by_artist, "identity.artist"), (SplitKind.by_release_date, "identity.date")]
)
def test_a_split_needs_its_column(kind: SplitKind, key: str) -> None:
    table = numeric_table({"x": np.arange(50)}, np.arange(50) % 2)
    with pytest.raises(SettingsError, match=f"`split={kind.value}` needs `data.{key}`"):
        make_split(table, SplitSettings(kind=kind))


@real_table
def test_the_published_split_to_the_row() -> None:
    table = load_table(real_settings(drop_duplicates=False), use_dates=False)
    split = make_split(table, SplitSettings(kind=SplitKind.published, seed=7))
    parts(split)
    assert [len(split.train), len(split.validation), len(split.test)] == [2_944, 736, 920]
    assert table.label[split.test].sum() == 472
    assert split.seed == 42


@real_table
@pytest.mark.parametrize("kind", HONEST)
def test_the_real_table_is_cut_near_its_shares(kind: SplitKind) -> None:
    table = load_table(real_settings())
    part = parts(make_split(table, SplitSettings(kind=kind)))
    assert np.bincount(part) == pytest.approx([2_943, 736, 919], abs=40)
    assert pd.Series(part).groupby(table.song).nunique().max() == 1


@pytest.mark.slow
def test_a_million_rows_take_seconds() -> None:
    table = random_table(1_000_000, 900_000, 300_000, 0)
    for kind in SplitKind:
        started_s = time.process_time()
        parts(make_split(table, SplitSettings(kind=kind)))
        assert time.process_time() - started_s < 5, kind
