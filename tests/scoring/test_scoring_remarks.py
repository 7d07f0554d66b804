"""Remarks: cells that cannot be used or are like none before, and rows that lack more than any."""

import numpy as np
import pytest

from songpop.contracts import Column, ColumnKind
from songpop.data.cells import Parsed
from songpop.scoring.profile import Profile
from songpop.scoring.remarks import remarks_on

COLUMNS = (
    Column(name="Views", kind=ColumnKind.COUNT),
    Column(name="Age", kind=ColumnKind.AGE),
    Column(name="Season", kind=ColumnKind.CYCLE, period=7.0),
    Column(name="Explicit", kind=ColumnKind.FLAG),
)
SOURCES = ("Views", "Release Date", "Release Date", "Explicit")
KNOWN = np.array([[10, 5, 1, 0], [20, 50, 2, 0], [np.nan, 7, 3, 0]], dtype=np.float32)
PROFILE = Profile.of(KNOWN, COLUMNS, np.random.default_rng(0))
NAN = float("nan")


@pytest.mark.parametrize(
    ("cells", "bad", "expected"),
    [
        ([15, 6, 1, 0], [], ""),
        ([10, 50, 9, 0], [], ""),  # a season is a place in a circle: it lies nowhere outside
        ([21, 6, 1, 0], [], "above the training table: Views"),
        ([15, 4, 1, 1], [], "later than in the training table: Release Date"),  # of a flag there is no more or less
        ([15, -3, 1, 1], [], "after the day that ages count from: Release Date"),
        ([9, 51, 1, 0], [], "below the training table: Views; earlier than in the training table: Release Date"),
        ([NAN, 6, 1, 0], [0], "unusable: Views"),
        ([15, NAN, NAN, 0], [1, 2], "unusable: Release Date"),
        ([NAN, 6, 1, 0], [], ""),  # Views were missing in a training row
        ([15, NAN, NAN, 0], [], "missing, as in no training row: Release Date"),
        ([NAN, NAN, 1, 0], [1], "unusable: Release Date; 2 of 3 cells missing, more than in any training row"),
        (
            [NAN, NAN, 1, 0],
            [],
            "missing, as in no training row: Release Date; 2 of 3 cells missing, more than in any training row",
        ),
        (
            [NAN, NAN, 1, 0],
            [0, 1],
            "unusable: Views, Release Date; 2 of 3 cells missing, more than in any training row",
        ),
    ],
)
def test_one_row(cells: list[float], bad: list[int], expected: str) -> None:
    is_bad = np.zeros((1, 4), dtype=bool)
    is_bad[0, bad] = True
    parsed = Parsed(matrix=np.float32([cells]), is_bad=is_bad)
    assert remarks_on(parsed, COLUMNS, SOURCES, PROFILE) == [expected]


def test_without_a_profile_only_unusable_cells_are_told() -> None:
    parsed = Parsed(matrix=np.float32([[1e9, NAN, NAN, NAN]]), is_bad=np.array([[False, True, True, False]]))
    assert remarks_on(parsed, COLUMNS, SOURCES, None) == ["unusable: Release Date"]


def test_each_row_has_its_own() -> None:
    matrix = np.float32([[15, 6, 1, 0], [99, 6, 1, 0], [15, 6, 1, 0], [98, 6, 1, 0]])
    parsed = Parsed(matrix=matrix, is_bad=np.zeros(matrix.shape, dtype=bool))
    above = "above the training table: Views"
    assert remarks_on(parsed, COLUMNS, SOURCES, PROFILE) == ["", above, "", above]


def test_no_rows() -> None:
    parsed = Parsed(matrix=np.empty((0, 4), dtype=np.float32), is_bad=np.empty((0, 4), dtype=bool))
    assert remarks_on(parsed, COLUMNS, SOURCES, PROFILE) == []
