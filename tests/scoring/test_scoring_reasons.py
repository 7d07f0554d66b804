"""Reasons in words: each kind of column, high and low, for and against."""

import numpy as np
import pytest

from songpop.contracts import Column, ColumnKind
from songpop.data.cells import CellFormat, Recipe
from songpop.scoring.profile import Profile
from songpop.scoring.reasons import reasons_for

NAN = float("nan")
KINDS = {
    "Views": Column(name="Views", kind=ColumnKind.COUNT),
    "Tempo": Column(name="Tempo", kind=ColumnKind.NUMBER),
    "Explicit": Column(name="Explicit", kind=ColumnKind.FLAG),
    "Label": Column(name="Label", kind=ColumnKind.CATEGORY, categories=("Big", "Small")),
    "Artist": Column(name="Artist", kind=ColumnKind.NAME, categories=("ada", "bob")),
    "Released": Column(name="Released", kind=ColumnKind.AGE),
}


def reason(name: str, value: float, *, sign: float = 1.0, with_age: bool = False) -> str:
    """What is said of a song whose log odds are this column alone, among a hundred songs from 0 to 99."""
    columns = [KINDS[name]] + [KINDS["Released"]] * with_age
    known = np.repeat(np.arange(100.0)[:, None], len(columns), axis=1).astype(np.float32)
    if with_age:
        known[:, 1] = 9  # ten days with today
    known[:, 0] %= {"Explicit": 2, "Label": 2, "Artist": 2}.get(name, 1_000)
    recipe = Recipe(columns=tuple(columns), format=CellFormat(), as_of="", source={c.name: c.name for c in columns})
    profile = Profile.of(known, columns, np.random.default_rng(0))
    row = np.float32([[value, 9][: len(columns)]])

    def log_odds(cells: np.ndarray) -> np.ndarray:
        return sign * np.nan_to_num(cells[:, 0], nan=-1_000.0).astype(np.float64)

    (told,) = reasons_for(row, recipe, profile, log_odds)
    return "; ".join(map(str, told))


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("Views", 99, "Views very high"),
        ("Views", 80, "Views high"),
        ("Views", 10, "but Views low"),
        ("Views", 0, "but Views very low"),
        ("Views", 1e9, "Views very high"),
        ("Views", NAN, "but no Views"),
        ("Tempo", 99, "Tempo very high"),
        ("Tempo", -5, "but Tempo very low"),
        ("Explicit", 1, "Explicit: yes"),
        ("Explicit", 0, "but Explicit: no"),
        ("Label", 1, "Label: Small"),
        ("Label", NAN, "but no known Label"),
        ("Artist", 1, "Artist in the training table"),
        ("Artist", NAN, "but Artist not in the training table"),
        ("Released", 99, "an old song (99 days)"),
        ("Released", 1, "but a new song (1 day)"),
        ("Released", 51, "neither old nor new (51 days)"),
        ("Released", -1, "but not released yet (in 1 day)"),
        ("Released", -2_000, "but not released yet (in 2,000 days)"),
        ("Released", NAN, "but no Released"),
    ],
)
def test_words(name: str, value: float, expected: str) -> None:
    assert reason(name, value) == expected


def test_a_count_is_held_against_songs_of_its_age() -> None:
    assert reason("Views", 99, with_age=True) == "Views very high for its age"
    assert reason("Views", NAN, with_age=True) == "but no Views"


def test_what_speaks_against_a_song_begins_with_but() -> None:
    assert reason("Views", 99, sign=-1) == "but Views very high"


def test_three_at_most_and_what_speaks_for_it_first() -> None:
    columns = tuple(Column(name=name, kind=ColumnKind.NUMBER) for name in "abcde")
    recipe = Recipe(columns=columns, format=CellFormat(), as_of="", source={c.name: c.name for c in columns})
    known = np.repeat(np.arange(100.0)[:, None], 5, axis=1).astype(np.float32)
    weights = np.array([1.0, -9.0, 3.0, 0.0, 2.0])
    profile = Profile.of(known, columns, np.random.default_rng(0))
    (told,) = reasons_for(np.full((1, 5), 99, dtype=np.float32), recipe, profile, lambda cells: cells @ weights)
    assert [str(one) for one in told] == ["c very high", "e very high", "but b very high"]
