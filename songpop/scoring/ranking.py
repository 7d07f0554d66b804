"""Ranking a file of songs with the champion.

Owns: reading the input as the champion's table was written, writing the output whole or not at all, memory that does
not grow with the file's cells. Does not own: what is said of a row (ranker.py), sorting on the disk (spool.py).
"""

import io
import os
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pandas as pd

from songpop.data.cells import Parsed
from songpop.data.reading import N_ROWS_AT_ONCE, UTF_8, csv_pieces_of, find_file, is_utf8
from songpop.errors import DataError, SettingsError, StoreError
from songpop.scoring.ranker import HIGH, LOW, Ranker, Verdict, rank_frame, ranked_pieces
from songpop.scoring.raw_model import PROBABILITY, ModelCard
from songpop.scoring.spool import Spool
from songpop.scoring.whole_output import written_whole
from songpop.settings import DataSettings, Order

N_FIRST = 10  # songs that a person is shown
DIGITS = 6
DATA_REMEDY = re.compile(r" Set data\.\w+=[^.]*\.|; or correct data\.\w+(?=\.)")


def rank_songs(
    ranker: Ranker,
    songs: pd.DataFrame | Path,
    output: Path,
    *,
    order: Order = Order.rank,
    n_reasons: int = 0,
    on_rows: Callable[[int], None] = lambda n_rows: None,
) -> tuple[pd.DataFrame, Verdict]:
    """Rank songs into a CSV file.

    Args:
        ranker: the champion.
        songs: the table's raw columns, or a CSV file written like the champion's table.
        output: the CSV file to write, in UTF-8, with the input's separator and decimal sign.
        order: most promising first, or as given.
        n_reasons: for so many songs the reasons are told.
        on_rows: told how many rows are read and judged.

    Returns:
        The most promising songs, as they stand in the output, and what was said of all.

    Raises:
        DataError: if the input cannot be read, or columns are missing.
        SettingsError: if input and output are one file.
        StoreError: if the output cannot be written.
    """
    output = _target(output)
    check_output(output, songs)
    if isinstance(songs, pd.DataFrame):
        ranked, verdict = rank_frame(ranker, songs, order=order, n_reasons=n_reasons)
        first = _write(iter([ranked]), output, ranker.card)
        return first, verdict
    with Spool(output.parent) as spool:
        pieces = _parsed(ranker, songs, spool, output, on_rows)
        verdict = ranker.judge(pieces, order=order, n_reasons=n_reasons)
        first = _write(ranked_pieces(verdict, spool.pieces(verdict.order, N_ROWS_AT_ONCE)), output, ranker.card)
    return first, verdict


def _parsed(
    ranker: Ranker, songs: Path, spool: Spool, output: Path, on_rows: Callable[[int], None]
) -> Iterator[Parsed]:
    """Yield the raw matrix piece by piece, its text put aside; the next piece is read while one is judged."""
    n_rows = 0
    frames = _read(songs, ranker.card)

    def following() -> tuple[pd.DataFrame, Parsed] | None:
        frame = next(frames, None)
        return None if frame is None else (frame, ranker.parse(frame))

    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="reading") as reading:
        found = following()
        while found is not None:
            frame, parsed = found
            coming = reading.submit(following)
            with _told_of_output(output):
                spool.append(frame)
            yield parsed
            n_rows += len(frame)
            on_rows(n_rows)
            found = coming.result()


def _read(file: Path, card: ModelCard) -> Iterator[pd.DataFrame]:
    """Read the input as text cells, the way that the champion's table is written; UTF-8 where it is that.

    What is written anew is UTF-8 nearly always, and any bytes are letters of latin-1: titles would come out garbled.
    """
    try:
        path = find_file(str(file))
        with path.open("rb") as opened:
            encoding = UTF_8 if is_utf8(opened) else card.encoding
            opened.seek(0)
            yield from csv_pieces_of(opened, DataSettings(encoding=encoding, separator=card.separator), path)
    except (DataError, SettingsError, StoreError) as error:
        # The description is the champion's, and no key of predict changes it.
        said = DATA_REMEDY.sub("", str(error).replace("`data.path`", "`input`"))
        hint = ""
        if "data.encoding" in said or "data.separator" in said:
            hint = f" The champion reads files in {card.encoding} with {card.separator!r} between cells; convert it."
        raise type(error)(said + hint) from error


def check_output(output: Path, songs: pd.DataFrame | Path) -> None:
    """Find out before predicting whether the output can be written, and is nothing that would be lost.

    Raises:
        StoreError: if it cannot be written. SettingsError: if it is the input.
    """
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


def _target(output: Path) -> Path:
    """Return where an output really lies: a link stays one, and its target is written."""
    target = Path(os.path.realpath(output))  # unlike `resolve`, the same in all versions of Python
    if target.is_symlink():
        raise StoreError(f"`output` must name a CSV file, but {output} is a link to itself. Delete the link.")
    return target


def _write(pieces: Iterator[pd.DataFrame], output: Path, card: ModelCard) -> pd.DataFrame:
    """Write the output whole or not at all; returns its first rows by rank."""
    first = pd.DataFrame()
    with (
        _told_of_output(output),
        written_whole(output) as whole,
        io.TextIOWrapper(whole, encoding="utf-8", newline="") as file,
    ):
        for number, piece in enumerate(pieces):
            as_written(piece, card).to_csv(file, index=False, header=not number, sep=card.separator)
            first = pd.concat([first, piece]).nsmallest(N_FIRST, "rank", keep="first")
    return first


def as_written(ranked: pd.DataFrame, card: ModelCard) -> pd.DataFrame:
    """Return ranked songs with chances as text of six digits, in the champion's decimal sign; "" for none."""
    decimal = card.recipe.format.decimal
    texts = {name: ranked[name].map(f"{{:.{DIGITS}f}}".format, na_action="ignore") for name in (PROBABILITY, LOW, HIGH)}
    return ranked.assign(**{name: text.astype("str").str.replace(".", decimal) for name, text in texts.items()})


@contextmanager
def _told_of_output(output: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else error
        raise StoreError(f"`output` must be a file that can be written, but {output} cannot: {reason}.") from error
