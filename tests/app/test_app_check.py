"""`songpop check`: the counts of a table, as a sweep would see it."""

import pandas as pd
import pytest
from quick import Notebook, sweep_settings

from songpop.app.check import check
from songpop.app.prepare import Ground
from songpop.errors import DataError, LeakError, SettingsError


def test_the_counts_are_those_of_a_sweep(songs: pd.DataFrame, ground: Ground) -> None:
    notebook = Notebook()
    found = check(sweep_settings(), frame=songs, listener=notebook)
    table, split = ground.table, ground.split
    assert found.digest == table.digest
    assert (found.n_rows, found.n_positive) == (len(table.label), table.label.sum())
    assert found.n_rows == len(songs) - found.n_duplicates == len(songs.drop_duplicates())
    assert found.parts == {"train": len(split.train), "validation": len(split.validation), "test": len(split.test)}
    assert found.missing["Shazam Counts"] == (songs.drop_duplicates()["Shazam Counts"] == "").sum()
    assert f"{len(split.train):,} training" in found.summary
    assert any("rows read" in note for note in notebook.notes)


def test_an_allowed_leak_is_counted_as_a_feature(songs: pd.DataFrame, ground: Ground) -> None:
    found = check(sweep_settings(data__allowed_leaks=["Track Score"]), frame=songs)
    assert found.allowed_leaks == ("Track Score",)
    assert found.n_columns == len(ground.table.columns) + 1


def test_columns_for_blocks_are_not_counted(songs: pd.DataFrame, ground: Ground) -> None:
    found = check(sweep_settings(features__extra=["calendar", "names"]), frame=songs)
    assert found.n_columns == len(ground.table.columns)
    assert not any("name" in name or "day" in name for name in found.missing)


@pytest.mark.parametrize(
    ("overrides", "error", "message"),
    [
        ({"data__label__sources": ["Track Score"]}, LeakError, "All Time Rank .*data.allowed_leaks"),
        ({"data__columns__numbers": ["Track Scores"]}, DataError, "Track Scores"),
        ({"split__test": 0.9}, SettingsError, "leave rows to train on"),
        (
            {"features__extra": ["names"], "features__fit_on": "table"},
            SettingsError,
            "`features.fit_on` must be `train`",
        ),
        ({"data__label__rule": "above", "data__label__value": "99999"}, DataError, "class"),
    ],
)
def test_what_a_sweep_would_refuse(
    overrides: dict[str, object], error: type[Exception], message: str, songs: pd.DataFrame
) -> None:
    with pytest.raises(error, match=message):
        check(sweep_settings(**overrides), frame=songs)


def test_a_table_has_to_be_named() -> None:
    with pytest.raises(SettingsError, match=r"data\.path"):
        check(sweep_settings(data="songs"))
