"""The most promising songs of a ranked table, as they are shown: in the terminal, on the page, to a program.

Owns: which fields a shown song has, what it is called. Does not own: ranking (ranker.py), layout (cli, web).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from songpop.scoring.ranker import HIGH, LOW, RANK, REMARKS, Verdict
from songpop.scoring.raw_model import HIGH_POTENTIAL, PROBABILITY
from songpop.scoring.reasons import Reason


@dataclass(frozen=True, kw_only=True)
class RankedSong:
    """One of the most promising songs."""

    rank: int
    song: str  # title and artist, as far as the table names them
    probability: float
    low: float | None  # where one more of the champion's members would put it; None of a champion of one model
    high: float | None
    is_high: bool  # whether the champion calls it high potential
    reasons: tuple[Reason, ...]
    remarks: str


def shown_songs(first: pd.DataFrame, verdict: Verdict, names: Sequence[str]) -> tuple[RankedSong, ...]:
    """Return the first songs by rank.

    Args:
        first: their rows as they stand in the output, the most promising first.
        verdict: on the whole table.
        names: columns that a song is called by.
    """
    return tuple(
        RankedSong(
            rank=int(cells[RANK]),
            song=" – ".join(str(cells[name]) for name in names if cells.get(name)) or f"song {cells[RANK]}",
            probability=float(cells[PROBABILITY]),
            low=_known(cells[LOW]),
            high=_known(cells[HIGH]),
            is_high=bool(cells[HIGH_POTENTIAL]),
            reasons=verdict.reasons.get(row, ()),
            remarks=str(cells[REMARKS]),
        )
        for cells, row in zip(first.to_dict("records"), verdict.by_rank[: len(first)].tolist(), strict=True)
    )


def _known(value: float) -> float | None:
    return None if math.isnan(value) else float(value)
