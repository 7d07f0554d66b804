"""Drift: told where a distribution is another one beyond luck, and nowhere else."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from songpop.contracts import Column, ColumnKind
from songpop.scoring.drift import DriftCount, Drifted
from songpop.scoring.profile import Profile

COLUMNS = (
    Column(name="a", kind=ColumnKind.COUNT),
    Column(name="b", kind=ColumnKind.NUMBER),
    Column(name="who", kind=ColumnKind.NAME),
)
SOURCES = ("A", "B", "Artist")


def table(n_rows: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    found = rng.lognormal(size=(n_rows, 3)).astype(np.float32)
    found[rng.random(n_rows) < 0.2, 1] = np.nan
    return found


PROFILE = Profile.of(table(2_000, 0), COLUMNS, np.random.default_rng(0))


def drifted(*pieces: np.ndarray) -> tuple[Drifted, ...]:
    count = DriftCount(PROFILE)
    for piece in pieces:
        count.add(piece)
    return count.drifted(COLUMNS, SOURCES)


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 10_000), st.integers(1, 3_000))
def test_other_rows_of_the_same_kind_have_not_drifted(seed: int, n_rows: int) -> None:
    assert drifted(table(n_rows, seed)) == ()


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda rows: rows * np.float32([3, 1, 1]), ["A"]),
        (lambda rows: rows * np.float32([1, 9, 1]), ["B"]),
        (lambda rows: np.where(np.arange(3) == 1, np.nan, rows), ["B"]),
        (lambda rows: rows * np.float32([3, 9, 1]), ["B", "A"]),
        (lambda rows: np.where(np.arange(3) == 2, np.nan, rows), []),  # new artists are what new songs have
    ],
    ids=["shifted", "far", "missing", "both, the farthest first", "names"],
)
def test_what_has_drifted(change, expected) -> None:
    assert [one.column for one in drifted(change(table(500, 1)))] == expected


def test_what_is_told() -> None:
    (found,) = drifted(np.where(np.arange(3) == 1, np.nan, table(500, 1)))
    assert (found.missing, found.below, found.above) == (1.0, 0.0, 0.0)
    assert found.missing_before == pytest.approx(0.2, abs=0.05)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"missing": 0.6, "missing_before": 0.2}, "A (60% missing instead of 20%)"),
        ({"above": 0.7}, "A (70% above the champion's highest tenth)"),
        ({"below": 0.7}, "A (70% below the champion's lowest tenth)"),
    ],
)
def test_where_most_of_a_column_has_gone(changes: dict[str, float], words: str) -> None:
    values = {"stability": 0.3, "missing": 0.0, "missing_before": 0.0, "above": 0.1, "below": 0.1, **changes}
    assert Drifted(column="A", **values).told == words


def test_later_dates_are_above_though_their_ages_are_below() -> None:
    columns = [Column(name="age", kind=ColumnKind.AGE)]
    count = DriftCount(Profile.of(np.arange(1_000, dtype=np.float32)[:, None], columns, np.random.default_rng(0)))
    count.add(np.arange(60, dtype=np.float32)[:, None])
    (found,) = count.drifted(columns, ["Release Date"])
    assert found.told == "Release Date (100% above the champion's highest tenth)"


def test_pieces_count_together() -> None:
    rows = table(300, 2) * np.float32([5, 1, 1])
    assert drifted(rows[:100], rows[100:]) == drifted(rows)


def test_few_rows_tell_nothing() -> None:
    assert drifted(table(20, 1) * 100) == ()
    assert drifted(table(60, 1) * 100) != ()
