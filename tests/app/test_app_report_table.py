"""The table's part of a report: found again, or told why not."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from songpop.app.records import SweepOutcome
from songpop.app.report_record import report_of
from songpop.compose import recorded_settings
from songpop.report.records import Report
from songpop.settings import TrackingSettings
from songpop.tracking.store import open_store
from songpop.tracking.sweeps import find_sweep


def record(root: Path, table: Path | None) -> Report:
    store = open_store(TrackingSettings(), root, writing=False)
    return report_of(
        store, find_sweep(store), recorded_settings, None if table is None else str(table), lambda *_: None
    )


def test_columns_and_correlations(root: Path, outcome: SweepOutcome, songs: pd.DataFrame, tmp_path: Path) -> None:
    file = tmp_path / "songs.csv"
    songs.to_csv(file, index=False)
    found = record(root, file)
    assert found.absences == {}
    assert found.correlations is not None
    assert "Release Date (age)" in found.correlations.columns
    assert {one.column for one in found.weights} >= {"Spotify Streams", "Release Date"}
    assert all(one.low <= one.mean <= one.high for one in found.weights)


@pytest.mark.parametrize(
    ("change", "words"), [("other", "another one now"), ("gone", "there is no file"), ("none", "no file is known")]
)
def test_a_table_that_is_not_there(
    change: str, words: str, root: Path, outcome: SweepOutcome, songs: pd.DataFrame, tmp_path: Path
) -> None:
    file = tmp_path / "songs.csv"
    if change == "other":
        songs.iloc[1:].to_csv(file, index=False)
    found = record(root, None if change == "none" else file)
    assert words in found.absences["columns"]
    assert (found.weights, found.correlations) == ((), None)


def test_the_rest_does_not_need_the_table(root: Path, outcome: SweepOutcome) -> None:
    found = record(root, None)
    assert replace(found, absences={}).trials
