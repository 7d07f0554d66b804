"""`songpop predict`: ranks songs with the champion."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from songpop.app.listener import Listener, Silence
from songpop.data.sample import generate_songs
from songpop.errors import SettingsError
from songpop.scoring.drift import Drifted
from songpop.scoring.ranker import Ranker, rank_frame
from songpop.scoring.ranking import rank_songs
from songpop.scoring.raw_model import day_of
from songpop.scoring.shown import RankedSong, shown_songs
from songpop.settings import PredictSettings, check_registry
from songpop.tracking.champion import Champion, champion_of
from songpop.tracking.store import open_store

_TOLD_EACH = 200_000  # songs
BUILT_IN = "sample"  # as in data=sample; a file of that name is ./sample
UNPROFILED = (
    "This champion was registered before songpop kept what a champion's table looks like: there are no reasons, and "
    "nothing is said of songs or tables that are unlike it. Sweep and promote again to have them."
)


@dataclass(frozen=True, kw_only=True)
class Prediction:
    """What was ranked, and with which champion."""

    output: str
    n_songs: int
    n_high_potential: int
    n_ahead: int  # songs that are dated after `as_of`, and count as of that day
    unreadable: tuple[str, ...]  # columns that cannot be read in most songs: the probabilities are not to be trusted
    n_remarks: int  # songs of which there is something to be known, in the column `remarks`
    unusable: dict[str, int]  # cells that could not be read, by column
    drift: tuple[Drifted, ...]  # columns that are distributed otherwise than in the champion's table
    model: str
    version: int
    sha256: str
    table: str  # what the champion was trained on
    label: str
    threshold: float  # above it a song has high potential
    leaks: tuple[str, ...]
    as_of: str
    first: tuple[RankedSong, ...]


def open_ranker(settings: PredictSettings) -> tuple[Champion, Ranker]:
    """Return the present champion, ready to rank.

    Raises:
        SettingsError: if a key cannot be meant; GateError: if there is no champion; ArtifactError: if its files were
            changed; StoreError: if the store cannot be read.
    """
    check_registry(settings.registry)
    day = day_of(settings.as_of)
    store = open_store(settings.tracking, Path(settings.paths.root), writing=False)
    champion = champion_of(store, settings.registry)
    return champion, Ranker.load(champion.folder, day)


def predict(settings: PredictSettings, *, listener: Listener | None = None) -> Prediction:
    """Rank the songs of a CSV file into another one.

    Raises:
        SettingsError: if a file is not named; GateError: if there is no champion; DataError: if the input cannot be
            used; ArtifactError: if the champion's files were changed; StoreError: if the output cannot be written.
    """
    listener = listener or Silence()
    if settings.input is None or settings.output is None:
        missing = "input" if settings.input is None else "output"
        raise SettingsError(f"`{missing}` must name a CSV file, but it is not set. Add {missing}=FILE.")
    _check_numbers(settings)
    champion, ranker = open_ranker(settings)
    if not ranker.has_profile:
        listener.note(UNPROFILED)
    songs = generate_songs() if settings.input == BUILT_IN else Path(settings.input)
    first, verdict = rank_songs(
        ranker,
        songs,
        Path(settings.output),
        order=settings.order,
        n_reasons=settings.n_reasons,
        on_rows=lambda n_rows: (
            None if n_rows % _TOLD_EACH or not n_rows else listener.note(f"{n_rows:,} songs judged.")
        ),
    )
    return Prediction(
        output=settings.output,
        n_songs=verdict.n_songs,
        n_high_potential=verdict.n_high_potential,
        n_ahead=verdict.n_ahead,
        unreadable=verdict.unreadable,
        n_remarks=int((verdict.added["remarks"] != "").sum()),
        unusable=verdict.unusable,
        drift=verdict.drift,
        model=champion.model,
        version=champion.version,
        sha256=champion.facts.sha256,
        table=champion.facts.table,
        label=ranker.card.label,
        threshold=ranker.card.threshold,
        leaks=ranker.card.leaks,
        as_of=ranker.day,
        first=shown_songs(first, verdict, ranker.card.names),
    )


def predict_frame(settings: PredictSettings, frame: pd.DataFrame) -> pd.DataFrame:
    """Rank the songs of a data frame; returns it with what `songpop predict` adds in front."""
    _check_numbers(settings)
    _, ranker = open_ranker(settings)
    return rank_frame(ranker, frame, order=settings.order, n_reasons=settings.n_reasons)[0]


def _check_numbers(settings: PredictSettings) -> None:
    if settings.n_reasons < 0:
        raise SettingsError(f"`n_reasons` must be at least 0, but it is {settings.n_reasons}.")
