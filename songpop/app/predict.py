"""`songpop predict`: ranks songs with the champion."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from songpop.data.sample import generate_songs
from songpop.errors import SettingsError
from songpop.scoring.ranking import Ranking, rank_songs
from songpop.settings import PredictSettings, check_registry
from songpop.tracking.store import open_store

N_SHOWN = 10
BUILT_IN = "sample"  # as in data=sample; a file of that name is ./sample


@dataclass(frozen=True, kw_only=True)
class RankedSong:
    """One of the most promising songs."""

    rank: int
    probability: float
    song: str


@dataclass(frozen=True, kw_only=True)
class Prediction:
    """What was ranked, and with which champion."""

    output: str
    n_songs: int
    n_high_potential: int
    unusable: dict[str, int]  # cells that could not be read, by column
    model: str
    version: int
    sha256: str
    table: str  # what the champion was trained on
    label: str
    leaks: tuple[str, ...]
    as_of: str
    first: tuple[RankedSong, ...]


def predict(settings: PredictSettings) -> Prediction:
    """Rank the songs of a CSV file into another one.

    Raises:
        SettingsError: if a file is not named; GateError: if there is no champion; DataError: if the input cannot be
            used; ArtifactError: if the champion's files were changed; StoreError: if the output cannot be written.
    """
    if settings.input is None or settings.output is None:
        missing = "input" if settings.input is None else "output"
        raise SettingsError(f"`{missing}` must name a CSV file, but it is not set. Add {missing}=FILE.")
    check_registry(settings.registry)
    store = open_store(settings.tracking, Path(settings.paths.root), writing=False)
    ranking = rank_songs(
        store,
        settings.registry,
        generate_songs() if settings.input == BUILT_IN else Path(settings.input),
        Path(settings.output),
        order=settings.order,
        as_of=settings.as_of,
    )
    return Prediction(
        output=settings.output,
        n_songs=ranking.n_songs,
        n_high_potential=ranking.n_high_potential,
        unusable=ranking.unusable,
        model=ranking.model,
        version=ranking.version,
        sha256=ranking.sha256,
        table=ranking.table,
        label=ranking.label,
        leaks=ranking.leaks,
        as_of=ranking.as_of,
        first=_first(ranking),
    )


def predict_frame(settings: PredictSettings, frame: pd.DataFrame) -> pd.DataFrame:
    """Rank the songs of a data frame; returns it with rank, probability and high_potential in front."""
    check_registry(settings.registry)
    store = open_store(settings.tracking, Path(settings.paths.root), writing=False)
    return rank_songs(store, settings.registry, frame, order=settings.order, as_of=settings.as_of).songs


def _first(ranking: Ranking) -> tuple[RankedSong, ...]:
    best = ranking.songs.nsmallest(N_SHOWN, "rank")
    names = [" – ".join(map(str, row)) for row in best[list(ranking.names)].to_numpy(dtype=object)]
    return tuple(
        RankedSong(rank=int(rank), probability=float(chance), song=name)
        for rank, chance, name in zip(best["rank"], best["probability"], names, strict=True)
    )
