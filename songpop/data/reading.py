"""From a CSV file to a frame of text cells, or one sentence that says why not.

Owns: bytes, encodings, separators, ragged rows, duplicate names. Does not own: what the cells mean (data/cells.py).

The standard library's parser says whether the file is CSV, not pandas': pandas shifts all columns silently when the
first row has one field too many, pads short rows with NaN, and knows no line numbers. Arrow's parser then makes columns
of the text that was found right, in a third of the time that it takes to make them of the rows.
"""

import codecs
import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from pathlib import Path
from typing import BinaryIO, final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as arrow_csv

from songpop.errors import DataError, SettingsError, StoreError
from songpop.settings import DataSettings

SEPARATORS = (",", ";", "\t", "|")
N_ROWS_AT_ONCE = 50_000  # rows that are checked before the next are read
UTF_8 = "utf-8"
_TEXT = pd.StringDtype(na_value=np.nan)  # what pandas calls "str"
N_BYTES_AT_ONCE = 1 << 24
# The longer mark first: that of UTF-32 begins with that of UTF-16.
MARKS = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
FOREIGN_FORMATS = {
    b"PK\x03\x04": "an Excel workbook or a zip archive",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"\x1f\x8b": "a gzip archive",
    b"PAR1": "a Parquet file",
    b"%PDF": "a PDF",
    b"SQLite format 3": "an SQLite database",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"<!": "a page of HTML",
    b"<html": "a page of HTML",
    b"<?xml": "XML",
    b'[{"': "JSON",
    b'{"': "JSON",
}


def read_csv_text(settings: DataSettings) -> pd.DataFrame:
    """Read the file at `data.path` as it stands.

    Returns:
        All cells as text, "" where empty; the index is named "line" and holds each row's last line in the file.
        A file with a header only gives no rows.

    Raises:
        DataError: if the file is missing, empty, no CSV text, encoded otherwise, or its rows differ in width.
        SettingsError: if `data.path`, `data.encoding` or `data.separator` cannot be meant.
        StoreError: if the file may not be read.
    """
    return pd.concat(list(read_csv_pieces(settings)))


def read_csv_pieces(settings: DataSettings, n_rows: int = N_ROWS_AT_ONCE) -> Iterator[pd.DataFrame]:
    """Read the file at `data.path` piece by piece, so that one larger than memory can be read.

    Args:
        settings: how the file is written.
        n_rows: of a piece, at most.

    Yields:
        What `read_csv_text` returns, at least one piece; a file with a header only gives one without rows.

    Raises:
        DataError, SettingsError, StoreError: as `read_csv_text`, at the piece that holds the fault.
    """
    path = find_file(settings.path)
    with path.open("rb") as file:
        yield from csv_pieces_of(file, settings, path, n_rows)


def csv_pieces_of(
    file: BinaryIO, settings: DataSettings, path: Path, n_rows: int = N_ROWS_AT_ONCE
) -> Iterator[pd.DataFrame]:
    """Read a file that is open; it is closed at the end. Arguments, pieces and errors are those of `read_csv_pieces`.

    Args:
        file: can be read twice.
        settings: how it is written.
        path: what errors call it.
        n_rows: of a piece, at most.
    """
    if len(settings.separator) != 1 or not settings.separator.isascii() or settings.separator in '"\r\n\0':
        raise SettingsError(
            f"`data.separator` must be one character of ASCII, other than a quote, but it is {settings.separator!r}."
        )
    encoding = _encoding_of(file, settings, path)
    file.seek(0)
    # All line endings are read as one, so that they never change a digest.
    with io.TextIOWrapper(file, encoding=encoding, newline=None) as text:
        lines = _Lines(text)
        rows = _numbered_rows(lines, settings.separator, path)
        try:
            header = next((row for _, row in rows), None)
            if header is None:
                raise DataError(f"`data.path` must be a table with a header, but {path} is empty.")
            _check_header(header, settings, path)
            lines.taken()
            checked = (_checked(row, line, header, path) for line, row in rows)
            pieces = iter(lambda: list(islice(checked, n_rows)), [])
            for numbers in chain([next(pieces, [])], pieces):
                yield _piece_of(header, numbers, lines.taken(), settings.separator)
        except UnicodeError:
            raise _wrongly_encoded(file, settings, encoding, path) from None


def find_file(path: str | None, key: str = "data.path") -> Path:
    """Return the file that a key names, if it can be read.

    Raises:
        SettingsError: if the key names nothing; DataError: if there is no such file; StoreError: if it may not be read.
    """
    if path is None:
        raise SettingsError(f"`{key}` must name a CSV file, but it is null. Add {key}=FILE.")
    file = Path(path).expanduser() if path.startswith("~/") else Path(path)  # "~x.csv" is a file, not x's home
    if file.is_dir():
        raise DataError(f"`{key}` must name a CSV file, but {file} is a folder.")
    if file.exists() and not file.is_file():
        raise DataError(
            f"`{key}` must name a file, since it is read twice, but {file} is a pipe or a device. "
            "Write its content to a file first."
        )
    try:
        file.open("rb").close()
    except FileNotFoundError:
        raise DataError(f"`{key}` must name a CSV file, but there is no file {file}.") from None
    except OSError as error:
        reason = error.strerror or error
        raise StoreError(f"`{key}` must name a file that can be read, but {file} cannot: {reason}.") from error
    return file


def is_utf8(file: BinaryIO) -> bool:
    """Tell whether all bytes of an open file are UTF-8, which those of another encoding can be by chance only."""
    decoder = codecs.getincrementaldecoder(UTF_8)()
    try:
        while piece := file.read(N_BYTES_AT_ONCE):
            decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _encoding_of(file: BinaryIO, settings: DataSettings, path: Path) -> str:
    """Return how the file is encoded, after a look at all of its bytes for what is no text."""
    encoding, head = settings.encoding, file.read(4_096)
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"  # the mark says what the file is, whatever `data.encoding` says
    try:
        codecs.lookup(encoding)
    except LookupError:
        raise SettingsError(f"`data.encoding` must be an encoding that Python knows, but it is {encoding!r}.") from None
    if not encoding.lower().replace("_", "-").startswith(("utf-16", "utf-32")):
        _check_head(head, path)
        while head:
            if b"\0" in head:
                raise DataError(f"`data.path` must name a CSV text, but {path} holds binary data.")
            head = file.read(N_BYTES_AT_ONCE)
    return encoding


def _wrongly_encoded(file: BinaryIO, settings: DataSettings, encoding: str, path: Path) -> DataError:
    """Return the error that names the first line which is not encoded as the settings say."""
    decoder, line = codecs.getincrementaldecoder(encoding)(), 1
    file.seek(0)
    for bytes_of_line in file:
        try:
            decoder.decode(bytes_of_line)
        except UnicodeError:
            break
        line += 1
    other = "latin-1" if encoding.lower() in ("utf-8", "utf8", "utf-8-sig") else "utf-8"
    return DataError(
        f"The file must be encoded as `data.encoding` says ({settings.encoding}), but line {line} of {path} is not. "
        f"Set data.encoding={other}, or whatever it was written in."
    )


def _check_head(head: bytes, path: Path) -> None:
    for mark, name in MARKS.items():
        if head.startswith(mark):
            raise DataError(
                f"The file must be encoded as `data.encoding` says, but {path} is {name.upper()}. "
                f"Set data.encoding={name}."
            )
    for mark, what in FOREIGN_FORMATS.items():
        if head.startswith(mark):
            raise DataError(f"`data.path` must name a CSV file, but {path} looks like {what}. Export it as CSV first.")
    n_nul = head.count(0)
    if n_nul and n_nul in (head[::2].count(0), head[1::2].count(0)) and n_nul > len(head) // 4:
        raise DataError(
            f"The file must be encoded as `data.encoding` says, but {path} looks like UTF-16 without a mark. "
            "Set data.encoding=utf-16-le (or utf-16-be)."
        )


def _numbered_rows(lines: Iterable[str], separator: str, path: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield each row that is not blank with the line on which it ends, from 1."""
    reader = csv.reader(lines, delimiter=separator, strict=True)
    try:
        for row in reader:
            if row:
                yield reader.line_num, row
    except csv.Error as error:
        raise DataError(
            f"The file must be CSV, but near line {reader.line_num} of {path} a quote is out of place or a cell is "
            f"endless ({error}). "
            "Close the quote, or double quotes inside a quoted cell."
        ) from None


def _check_header(header: list[str], settings: DataSettings, path: Path) -> None:
    widths = {separator: len(next(csv.reader(header, delimiter=separator), [])) for separator in SEPARATORS}
    likely = max(widths, key=lambda separator: widths[separator])
    if len(header) == 1 and widths[likely] > 1:
        raise DataError(
            f"The columns must be separated as `data.separator` says ({settings.separator!r}), but the header of "
            f"{path} looks separated by {likely!r}. Set data.separator={likely!r}."
        )
    repeated = [name for name, count in Counter(header).items() if count > 1]
    if repeated:
        raise DataError(f"Column names must differ, but the header of {path} repeats {repeated}. Rename them.")


def _checked(row: list[str], line: int, header: list[str], path: Path) -> int:
    if len(row) != len(header):
        raise DataError(
            f"Each row must have as many fields as the header, {len(header)}, but line {line} of {path} has "
            f"{len(row)}. "
            "Mend the line, or quote cells that hold the separator; or correct data.separator."
        )
    return line


def _piece_of(header: list[str], numbers: list[int], text: str, separator: str) -> pd.DataFrame:
    """Return rows that were checked as columns of text; `numbers` are the lines on which they end."""
    index = pd.Index(numbers, name="line", dtype="int64")
    if not numbers:
        return pd.DataFrame({name: pd.array([], dtype="str") for name in header}, index=index)
    encoded = text.encode()
    table = arrow_csv.read_csv(
        io.BytesIO(encoded),
        read_options=arrow_csv.ReadOptions(column_names=header, block_size=len(encoded) + 1, use_threads=False),
        parse_options=arrow_csv.ParseOptions(delimiter=separator, newlines_in_values=True),
        convert_options=arrow_csv.ConvertOptions(column_types=dict.fromkeys(header, pa.large_string())),
    )
    assert table.num_rows == len(numbers), "both parsers find the same rows"
    frame: pd.DataFrame = table.to_pandas(types_mapper=lambda _: _TEXT)
    return frame.set_axis(index)


@final
class _Lines:
    """The lines of a text, and what has been read of it since it was last asked."""

    def __init__(self, text: io.TextIOBase) -> None:
        self._text = text
        self._taken: list[str] = []

    def __iter__(self) -> Iterator[str]:
        for line in self._text:
            self._taken.append(line)
            yield line

    def taken(self) -> str:
        """Return the text of the lines that were read since the last call."""
        text = "".join(self._taken)
        self._taken.clear()
        return text
