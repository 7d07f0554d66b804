"""Ranking a file of songs with the champion.

Owns: reading the input as the champion's table was written, ranks, writing the output whole or not at all.
Does not own: finding the champion (tracking/champion.py), prediction (raw_model.py).

Axes: R rows of the input.
"""

import os
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from songpop.data.cells import unusable_cells
from songpop.data.table import read_csv_text
from songpop.errors import DataError, SettingsError, StoreError
from songpop.scoring.raw_model import HIGH_POTENTIAL, PROBABILITY, ModelCard, RawModel, day_of
from songpop.settings import DataSettings, Order, RegistrySettings
from songpop.tracking.champion import champion_of
from songpop.tracking.store import Store

RANK = "rank"
ADDED = (RANK, PROBABILITY, HIGH_POTENTIAL)
DIGITS = 6
_DATA_REMEDY = re.compile(r" Set data\.\w+=[^.]*\.|, or correct data\.\w+(?=\.)")


@dataclass(frozen=True, kw_only=True, eq=False)
class Ranking:
    """Songs in order, and with what they were ranked.

    `songs` are all columns of the input behind rank (1 is best; equal ones share one), probability and
    high_potential.
    """

    songs: pd.DataFrame
    output: Path | None
    n_songs: int
    n_high_potential: int
    unusable: dict[str, int]  # cells that were there but could not be read, by column; they counted as missing
    model: str
    version: int
    sha256: str
    table: str  # what the champion was trained on
    label: str
    leaks: tuple[str, ...]
    names: tuple[str, ...]  # the columns by which a person recognises a song, those that the input has
    as_of: str


def rank_songs(
    store: Store,
    settings: RegistrySettings,
    songs: pd.DataFrame | Path,
    output: Path | None = None,
    *,
    order: Order = Order.rank,
    as_of: str | None = None,
) -> Ranking:
    """Rank songs with the champion.

    Args:
        store: an open store.
        settings: which registered model and alias.
        songs: the table's raw columns, or a CSV file written like the champion's table.
        output: the CSV file to write, in UTF-8, with the input's separator and decimal sign; None: no file.
        order: most promising first, or as given.
        as_of: ages count from this day (YYYY-MM-DD); None: from the day of the champion's table.

    Raises:
        GateError: if there is no champion.
        ArtifactError: if the champion's files are not those that were registered.
        DataError: if the input cannot be read, or columns are missing.
        SettingsError: if `as_of` is no date.
        StoreError: if the output cannot be written.
    """
    day = day_of(as_of)
    champion = champion_of(store, settings)
    if output is not None:
        output = output.resolve()  # a link stays one: its target is written
        _check_output(output, songs)
    model = RawModel(champion.folder)
    frame = songs if isinstance(songs, pd.DataFrame) else _read(songs, model.card)
    _check_names(frame)
    logits = model.logits(frame, day)
    predicted = model.decide(logits, frame.index)
    ranked = _ranked(frame, predicted, logits, order)
    if output is not None:
        _write(ranked, output, model.card)
    return Ranking(
        songs=ranked,
        output=output,
        n_songs=len(ranked),
        n_high_potential=int(predicted[HIGH_POTENTIAL].sum()),
        unusable=dict(unusable_cells(frame, model.card.recipe)),
        model=champion.model,
        version=champion.version,
        sha256=champion.facts.sha256,
        table=champion.facts.table,
        label=model.card.label,
        leaks=model.card.leaks,
        names=tuple(name for name in model.card.names if name in frame.columns),
        as_of=day.isoformat() if day else model.card.recipe.as_of,
    )


def _ranked(frame: pd.DataFrame, predicted: pd.DataFrame, logits: NDArray[np.float64], order: Order) -> pd.DataFrame:
    """Put rank, probability and decision in front of the input's columns.

    Ranked by log odds, equal ones share the better rank: probabilities near 1 are all 1 once they are written down.
    """
    ranks = pd.Series(logits, index=frame.index).rank(method="min", ascending=False).astype("int64")
    whole = pd.concat([ranks.rename(RANK), predicted[list(ADDED[1:])], frame], axis=1)
    return whole if order is Order.given else whole.iloc[np.argsort(ranks, kind="stable")]


def _read(file: Path, card: ModelCard) -> pd.DataFrame:
    """Read the input as text cells, the way that the champion's table is written."""
    try:
        return read_csv_text(DataSettings(path=str(file), encoding=card.encoding, separator=card.separator))
    except (DataError, SettingsError, StoreError) as error:
        # The description is the champion's, and no key of predict changes it.
        said = _DATA_REMEDY.sub("", str(error).replace("`data.path`", "`input`"))
        hint = ""
        if "data.encoding" in said or "data.separator" in said:
            hint = f" The champion reads files in {card.encoding} with {card.separator!r} between cells; convert it."
        raise type(error)(said + hint) from error


def _check_names(frame: pd.DataFrame) -> None:
    taken = [name for name in ADDED if name in frame.columns]
    if taken:
        raise DataError(
            f"The input must not have columns called {', '.join(ADDED)}, which are added, but it has {taken}. "
            "Rename or delete them; perhaps this is the output of an earlier prediction."
        )


def _check_output(output: Path, songs: pd.DataFrame | Path) -> None:
    """Find out before predicting whether the output can be written, and is nothing that would be lost."""
    if output.is_dir():
        raise StoreError(f"`output` must name a CSV file, but {output} is a folder. Add a file name to it.")
    if output.exists() and not output.is_file():
        raise StoreError(f"`output` must name a CSV file, but {output} is a device or a pipe. Name a file.")
    if isinstance(songs, Path) and songs.exists() and output.exists() and output.samefile(songs):
        raise SettingsError(f"`output` must be another file than `input`, but both are {output}. Name another.")
    folder = output.resolve().parent
    if not folder.is_dir():
        raise StoreError(f"`output` must lie in a folder that exists, but there is no {folder}. Make it first.")
    if not os.access(folder, os.W_OK):
        raise StoreError(f"`output` must lie in a folder that can be written, but {folder} cannot. Name another.")


def _write(songs: pd.DataFrame, output: Path, card: ModelCard) -> None:
    partial = output.with_name(f".{output.name}.partial")
    decimal = card.recipe.format.decimal
    text = songs.assign(**{PROBABILITY: [f"{p:.{DIGITS}f}".replace(".", decimal) for p in songs[PROBABILITY]]})
    try:
        text.to_csv(partial, index=False, sep=card.separator, encoding="utf-8", lineterminator="\n")
        partial.replace(output)
    except OSError as error:
        reason = error.strerror or error
        raise StoreError(f"`output` must be a file that can be written, but {output} cannot: {reason}.") from error
    finally:
        partial.unlink(missing_ok=True)  # gone where all went well
