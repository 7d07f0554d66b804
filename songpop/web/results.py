"""What the page shows of a ranked file: the first songs, what was wrong with it, what is unlike the known table."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from songpop.scoring.drift import Drifted
from songpop.scoring.ranker import RANK, REMARKS, Verdict, rank_frame
from songpop.scoring.raw_model import HIGH_POTENTIAL, PROBABILITY
from songpop.scoring.shown import RankedSong, shown_songs
from songpop.web.champions import Served
from songpop.web.uploads import Upload

Row = Mapping[Hashable, Any]


@dataclass(frozen=True, kw_only=True)
class Song:
    """A line of the list."""

    said: RankedSong
    rank_before: int | None = None  # what the previous champion says, where it was asked
    probability_before: float | None = None

    @property
    def moved(self) -> int:
        """How many places it has gained since the previous champion."""
        return 0 if self.rank_before is None else self.rank_before - self.said.rank


@dataclass(frozen=True, kw_only=True)
class Result:
    """A ranked file."""

    file: str
    served: Served
    before: Served | None  # the previous champion, where it was asked too
    songs: Sequence[Song]
    n_songs: int
    n_high: int
    n_ahead: int  # songs that are dated after the day that ages count from
    n_remarks: int
    n_changed: int  # songs that the previous champion decides otherwise
    unusable: dict[str, int]
    unreadable: tuple[str, ...]  # columns that cannot be read in most songs: the probabilities are not to be trusted
    unused: tuple[str, ...]  # columns that the champion does not read
    drift: tuple[Drifted, ...]
    read_as: str


def ranked(served: Served, upload: Upload, n_reasons: int) -> tuple[pd.DataFrame, Verdict]:
    """Return a file's rows in order of promise, with what the champion says of them in front.

    Raises:
        DataError: if columns are missing.
    """
    return rank_frame(served.ranker, upload.frame, n_reasons=n_reasons)


def result_of(served: Served, before: Served | None, upload: Upload, n_shown: int) -> Result:
    """Rank a file for the page.

    Args:
        served: the champion.
        before: the previous champion, to be compared with; None: nobody.
        upload: the file.
        n_shown: songs on the page; their reasons are told.

    Raises:
        DataError: if columns are missing.
    """
    frame, verdict = ranked(served, upload, n_shown)
    others = None if before is None else ranked(before, upload, 0)[0].loc[frame.index]
    card = served.ranker.card
    songs = shown_songs(frame.head(n_shown), verdict, card.names)
    said_before = [None] * len(songs) if others is None else others.head(n_shown).to_dict("records")
    return Result(
        file=upload.name,
        served=served,
        before=before,
        songs=[_song(said, other) for said, other in zip(songs, said_before, strict=True)],
        n_songs=verdict.n_songs,
        n_high=verdict.n_high_potential,
        n_ahead=verdict.n_ahead,
        n_remarks=int((frame[REMARKS] != "").sum()),
        n_changed=0 if others is None else int((others[HIGH_POTENTIAL] != frame[HIGH_POTENTIAL]).sum()),
        unusable=verdict.unusable,
        unreadable=verdict.unreadable,
        unused=tuple(name for name in upload.frame.columns if name not in (*card.recipe.source.values(), *card.names)),
        drift=verdict.drift,
        read_as=f"{upload.encoding}, columns separated by {upload.separator!r}",
    )


def _song(said: RankedSong, before: Row | None) -> Song:
    if before is None:
        return Song(said=said)
    return Song(said=said, rank_before=int(before[RANK]), probability_before=float(before[PROBABILITY]))
