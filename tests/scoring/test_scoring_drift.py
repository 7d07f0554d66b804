"""Drift: told where a distribution is another one beyond luck, and nowhere else."""

import re

import numpy as np
import pytest

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


@pytest.mark.parametrize(("n_rows", "n_alarms"), [(49, 0), (60, 6), (150, 6), (1_000, 0)])
def test_other_rows_of_the_same_kind_have_seldom_drifted(n_rows: int, n_alarms: int) -> None:
    """Of 300 tables one in a hundred by luck; larger ones differ too little to count."""
    assert sum(drifted(table(n_rows, seed)) != () for seed in range(1, 301)) <= n_alarms


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
    assert (found.missing, found.below, found.edge) == (1.0, None, None)
    assert found.missing_before == pytest.approx(0.2, abs=0.05)
    (found,) = drifted(table(500, 1) * np.float32([3, 1, 1]))
    assert (found.missing, found.missing_before) == (0.0, 0.0)
    assert found.below == pytest.approx((table(500, 1)[:, 0] * 3 < found.edge).mean())
    assert found.below_before == pytest.approx((table(2_000, 0)[:, 0] < found.edge).mean())


RNG = np.random.default_rng(3)
BELL, WAVE = RNG.normal(size=2_000), RNG.random(2_000)


@pytest.mark.parametrize(
    ("kind", "before", "now", "words"),
    [
        (ColumnKind.NUMBER, BELL * 1_000, BELL * 1_000 + 1_500, r"A \(\d\d% are [\d,]+ or more, instead of \d\d%\)"),
        (ColumnKind.COUNT, WAVE, WAVE * 0.4, r"A \(9\d% are below 0\.39\d, instead of 40%\)"),
        (
            ColumnKind.NUMBER,
            BELL,
            BELL / 3,
            r"A \(9\d% are (below|-?\d\.\d+ or more).*, instead of [78]\d%\)",
        ),  # narrower
        (
            ColumnKind.COUNT,
            np.where(WAVE > 0.5, WAVE, 0),
            np.where(WAVE > 0.95, WAVE, 0),
            r"A \(9\d% are below .* of 5\d%\)",
        ),
        (ColumnKind.FLAG, BELL > 0, BELL > 1.3, r"A \([89]\d% are no, instead of [45]\d%\)"),
        (ColumnKind.FLAG, BELL > 1, BELL > 0, r"A \(\d\d% are yes, instead of 1\d%\)"),
        (ColumnKind.AGE, WAVE * 1_000, WAVE * 100, r"A \(100% are younger than \d+ days, instead of \d+%\)"),
        (ColumnKind.AGE, WAVE * 1_000, WAVE * 1_000 + 500, r"A \(\d+% are of \d+ days or more, instead of \d+%\)"),
        (ColumnKind.CATEGORY, WAVE * 5 // 1, WAVE * 2 // 1, r"A \(other shares of its values\)"),
        (
            ColumnKind.COUNT,
            np.where(WAVE > 0.2, BELL, np.nan),
            np.where(WAVE > 0.6, BELL, np.nan),
            r"A \([56]\d% missing instead of [12]\d%\)",
        ),
        (ColumnKind.COUNT, WAVE * np.nan, WAVE, r"A \(0% missing instead of 100%\)"),
    ],
)
def test_where_most_of_a_column_has_gone(kind: ColumnKind, before: np.ndarray, now: np.ndarray, words: str) -> None:
    columns = (Column(name="a", kind=kind),)
    count = DriftCount(Profile.of(np.float32(before[:, None]), columns, np.random.default_rng(0)))
    count.add(np.float32(now[:, None]))
    (found,) = count.drifted(columns, ("A",))
    assert re.fullmatch(words + ".*", found.told), found.told


def test_pieces_count_together() -> None:
    rows = table(300, 2) * np.float32([5, 1, 1])
    assert drifted(rows[:100], rows[100:]) == drifted(rows)


def test_few_rows_tell_nothing() -> None:
    assert drifted(table(20, 1) * 100) == ()
    assert drifted(table(60, 1) * 100) != ()
