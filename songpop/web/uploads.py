"""A file that somebody dropped: from bytes to a frame of text cells, and what had to be guessed.

Owns: guessing encoding and separator, which nobody without a terminal can name. Does not own: reading itself
(data/reading.py).
"""

import csv
import io
import re
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from songpop.data.reading import SEPARATORS, UTF_8, csv_pieces_of, is_utf8
from songpop.errors import DataError, SettingsError
from songpop.scoring.ranking import DATA_REMEDY
from songpop.scoring.raw_model import ModelCard
from songpop.settings import DataSettings

_KEYS = {"`data.path` must name a": "The file must be a", "`data.path` must be": "The file must be"}
_AS_SAID = re.compile(r"as `data\.\w+` says")
_HEAD = 1 << 16  # bytes that a header is looked for in


@dataclass(frozen=True, kw_only=True, eq=False)
class Upload:
    """A file's rows as text cells, and how it was read."""

    name: str
    frame: pd.DataFrame
    encoding: str
    separator: str


def read_upload(content: bytes, name: str, card: ModelCard, max_rows: int) -> Upload:
    """Read a file that was dropped.

    Args:
        content: of the file.
        name: of the file, for sentences.
        card: of the champion: how its own table is written.
        max_rows: more are refused.

    Raises:
        DataError: if it is no table, or has too many rows; the sentence names no key of a configuration.
    """
    encoding = _encoding_of(content, card)
    separator = _separator_of(content, encoding, card)
    settings = DataSettings(path=name, encoding=encoding, separator=separator)
    pieces, n_rows = [], 0
    try:
        for piece in csv_pieces_of(io.BytesIO(content), settings, Path(name)):
            pieces.append(piece)
            n_rows += len(piece)
            if n_rows > max_rows:
                raise DataError(
                    f"The file must have at most {max_rows:,} rows for this page, but it has more. Cut it, or rank it "
                    "with songpop predict, which takes any number."
                )
    except (DataError, SettingsError) as error:
        raise DataError(_plain(str(error))) from error
    return Upload(name=name, frame=pd.concat(pieces), encoding=encoding, separator=separator)


def _encoding_of(content: bytes, card: ModelCard) -> str:
    """Return UTF-8 for what is that, else the champion's."""
    return UTF_8 if is_utf8(io.BytesIO(content)) else card.encoding


def _separator_of(content: bytes, encoding: str, card: ModelCard) -> str:
    """Return the separator that cuts the header into the champion's columns, its own if no other does better.

    Where none finds any of them, the one that cuts it into most: the columns are wrong then, not the separator.
    """
    head = content[:_HEAD].decode(encoding, errors="replace").removeprefix("\ufeff").splitlines()[:1]
    wanted = set(card.recipe.source.values())

    def fit(separator: str) -> tuple[int, int]:
        cells = next(csv.reader(head, delimiter=separator), [])
        n_found = len(wanted & set(cells))
        return n_found, 0 if n_found else len(cells)

    return max((card.separator, *SEPARATORS), key=fit)  # the first of the best


def _plain(sentence: str) -> str:
    """Return a sentence without the keys of a configuration, which nobody can change here."""
    for key, words in _KEYS.items():
        sentence = sentence.replace(key, words)
    return _AS_SAID.sub("as the champion's table was", DATA_REMEDY.sub("", sentence))
