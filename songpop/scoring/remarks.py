"""What is to be known of a row before its probability is believed: cells that cannot be used, or are like none before.

Axes: R rows, C columns of the raw matrix.
"""

from collections.abc import Sequence

import numpy as np

from songpop.contracts import Bools, Column, ColumnKind
from songpop.data.cells import Parsed
from songpop.scoring.profile import Profile, described, n_missing

_MEASURED = (ColumnKind.COUNT, ColumnKind.NUMBER)
UNUSABLE, ABOVE, BELOW = "unusable", "above the training table", "below the training table"
# A date is known by its age: the higher, the earlier.
EARLIER, LATER = "earlier than in the training table", "later than in the training table"
AHEAD = "after the day that ages count from"
LACKING = "missing, as in no training row"


def remarks_on(parsed: Parsed, columns: Sequence[Column], sources: Sequence[str], profile: Profile | None) -> list[str]:
    """Return a remark per row, "" where nothing is to be said.

    Args:
        parsed: the rows.
        columns: what the C columns hold.
        sources: the columns of the input that they are made of.
        profile: of the champion's table; None: only unusable cells are told.
    """
    marks = {UNUSABLE: parsed.is_bad}
    if profile is not None:
        marks |= _outside(parsed, columns, profile)
    told = _told(marks, sources)
    if profile is not None:
        n_described = int(described(columns).sum())
        missing = n_missing(parsed.matrix, columns)
        for row in np.flatnonzero(missing > profile.max_missing):
            lack = f"{missing[row]} of {n_described} cells missing, more than in any training row"
            told[row] = "; ".join(filter(None, (told[row], lack)))
    return told


def _outside(parsed: Parsed, columns: Sequence[Column], profile: Profile) -> dict[str, Bools]:
    is_measured = np.array([column.kind in _MEASURED for column in columns])
    is_age = np.array([column.kind is ColumnKind.AGE for column in columns])
    never_missing = described(columns) & (profile.counts[:, -1] == 0)
    with np.errstate(invalid="ignore"):  # NaN, in a cell or in an empty column, lies nowhere
        above = parsed.matrix > profile.levels[:, -1].astype(np.float32)
        below = parsed.matrix < profile.levels[:, 0].astype(np.float32)
        is_ahead = (parsed.matrix < 0) & is_age
    return {
        ABOVE: above & is_measured,
        BELOW: below & is_measured,
        EARLIER: above & is_age,
        LATER: below & is_age & ~is_ahead,
        AHEAD: below & is_ahead,
        LACKING: np.isnan(parsed.matrix) & never_missing & ~parsed.is_bad,
    }


def _told(marks: dict[str, Bools], sources: Sequence[str]) -> list[str]:
    """Write marks in words; each pattern of marks is worded once, however many rows have it."""
    joined = np.concatenate(list(marks.values()), axis=1)
    told = [""] * len(joined)
    rows = np.flatnonzero(joined.any(axis=1))
    if not len(rows):
        return told
    patterns, number = np.unique(joined[rows], axis=0, return_inverse=True)
    words = [_worded(pattern.reshape(len(marks), -1), list(marks), sources) for pattern in patterns]
    for row, pattern in zip(rows, number.reshape(-1), strict=True):
        told[row] = words[pattern]
    return told


def _worded(pattern: Bools, names: Sequence[str], sources: Sequence[str]) -> str:
    parts = []
    for name, marked in zip(names, pattern, strict=True):
        # One column of the input may be several of the matrix: a date is an age and a season.
        if found := dict.fromkeys(sources[k] for k in np.flatnonzero(marked).tolist()):
            parts.append(f"{name}: {', '.join(found)}")
    return "; ".join(parts)
