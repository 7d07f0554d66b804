import codecs
import csv
import io
import os
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tables import SMALL, small_settings, written

from songpop.data.reading import is_utf8, read_csv_pieces, read_csv_text
from songpop.errors import DataError, SettingsError, StoreError

NAMES = ["title", "artist", "score", "streams", "explicit"]


@pytest.mark.parametrize(
    "content",
    [
        SMALL.encode(),
        SMALL.replace("\n", "\r\n").encode(),
        SMALL.replace("\n", "\r").encode(),
        SMALL.rstrip("\n").encode(),
        (SMALL + "\n\n").encode(),
        codecs.BOM_UTF8 + SMALL.encode(),
    ],
    ids=["plain", "crlf", "cr", "no last newline", "blank lines at the end", "bom"],
)
@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_the_cells_are_those_of_the_file(tmp_path: Path, content: bytes, encoding: str) -> None:
    frame = read_csv_text(small_settings(written(tmp_path, content), encoding=encoding))
    assert list(frame.columns) == NAMES
    assert frame["streams"].tolist() == ["1,234", "", "7", "2,000,000"]
    assert frame.index.name == "line"
    assert frame.index.tolist() == [2, 3, 4, 5]


def test_utf_16_is_read_when_told(tmp_path: Path) -> None:
    path = written(tmp_path, SMALL.encode("utf-16"))
    assert len(read_csv_text(small_settings(path, encoding="utf-16"))) == 4


def test_lines_are_counted_through_quoted_newlines_and_blank_lines(tmp_path: Path) -> None:
    path = written(tmp_path, 'a,b\n"x\ny",1\n\nz,2\n')
    frame = read_csv_text(small_settings(path))
    assert frame.index.tolist() == [3, 5]
    assert frame["a"].tolist() == ["x\ny", "z"]


def test_a_header_only_gives_no_rows(tmp_path: Path) -> None:
    frame = read_csv_text(small_settings(written(tmp_path, "a,b\n")))
    assert frame.shape == (0, 2)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\r\0")), min_size=3, max_size=3)))
def test_what_pandas_writes_is_read_back(tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]]) -> None:
    frame = pd.DataFrame(rows, columns=["a", "b", "c"], dtype="str")
    path = tmp_path_factory.mktemp("csv") / "table.csv"
    frame.to_csv(path, index=False)
    pd.testing.assert_frame_equal(read_csv_text(small_settings(path)).reset_index(drop=True), frame)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text(st.sampled_from("ab\",\n 'é")), max_size=8), st.integers(1, 3))
def test_any_text_is_what_the_standard_library_says_or_refused(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str], n_rows: int
) -> None:
    """Two parsers read a file: the one that says whether it is CSV, and the one that makes columns of it."""
    text = "a,b\n" + "\n".join(lines)
    path = tmp_path_factory.getbasetemp() / "any.csv"
    path.write_text(text, "utf-8")
    try:
        expected = [row for row in csv.reader(io.StringIO(text), strict=True) if row][1:]
    except csv.Error:
        expected = [[]]
    if any(len(row) != 2 for row in expected):
        with pytest.raises(DataError):
            read_csv_text(small_settings(path))
        return
    found = pd.concat(list(read_csv_pieces(small_settings(path), n_rows)))
    assert found.to_numpy().tolist() == expected


TOO_MANY_IN_FIRST = SMALL.replace("One,Ada,10", "One,Ada,10,11")
BAD_FILES: dict[str, tuple[bytes, str]] = {
    "empty": (b"", r"with a header, but .* is empty"),
    "blank": (b"\n\n", r"with a header, but .* is empty"),
    "other separator": (SMALL.replace(",", ";").encode(), "looks separated by ';'. Set data.separator=';'"),
    "tabs": (b"title\tscore\nx\t1\n", r"looks separated by '\\t'"),
    "utf-16": (SMALL.encode("utf-16"), "is UTF-16. Set data.encoding=utf-16"),
    "utf-16 without mark": (SMALL.encode("utf-16-le"), "looks like UTF-16 without a mark"),
    "latin-1": ("a,b\nx,1\né,2\n".encode("latin-1"), r"\(utf-8\), but line 3 of .* is not. Set data.encoding=latin-1"),
    "workbook": (b"PK\x03\x04rest", "looks like an Excel workbook"),
    "binary": (b"a,b\n1,\x00\x01\n", "holds binary data"),
    "row too short": (b"a,b,c\n1,2,3\n1,2\n", "as many fields as the header, 3, but line 3 of .* has 2"),
    "row too long": (b"a,b\n1,2\n3,4\n1,2,3\n", "as many fields as the header, 2, but line 4 of .* has 3"),
    "first row too long": (TOO_MANY_IN_FIRST.encode(), "as many fields as the header, 5, but line 2 of .* has 6"),
    "repeated names": (b"a,b,a\n1,2,3\n", r"repeats \['a'\]"),
    "open quote": (b'a,b\n1,"2\n3,4\n', "near line 3 of .* a quote is out of place"),
    "text after quote": (b'a,b\n1,"2"x\n', "near line 2 of .* a quote is out of place"),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_bad_files_get_one_sentence(tmp_path: Path, name: str) -> None:
    content, message = BAD_FILES[name]
    with pytest.raises(DataError, match=message) as caught:
        read_csv_text(small_settings(written(tmp_path, content)))
    assert "\n" not in str(caught.value)


def test_files_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"`data.path` must name a CSV file, but there is no file"):
        read_csv_text(small_settings(tmp_path / "absent.csv"))
    with pytest.raises(DataError, match="is a folder"):
        read_csv_text(small_settings(tmp_path))
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(DataError, match=r"is a pipe or a device\. Write its content to a file"):
        read_csv_text(small_settings(tmp_path / "pipe"))
    with pytest.raises(SettingsError, match="must name a CSV file"):
        read_csv_text(small_settings(None))


def test_a_file_that_may_not_be_read_is_a_store_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path, SMALL)
    path.chmod(0)
    if os.access(path, os.R_OK):  # root reads everything

        def refuse(self: Path, mode: str) -> None:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(StoreError, match="Permission denied"):
        read_csv_text(small_settings(path))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"separator": "--"}, "one character"),
        ({"separator": "§"}, "of ASCII"),
        ({"encoding": "klingon"}, "`data.encoding` must be .*'klingon'"),
    ],
)
def test_settings_that_cannot_be_meant(tmp_path: Path, changes: dict[str, str], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        read_csv_text(small_settings(written(tmp_path, SMALL), **changes))


@pytest.mark.parametrize(
    ("content", "expected"),
    [(b"", True), (b"a,b", True), ("é 😀".encode(), True), ("é".encode("latin-1"), False), ("é".encode()[:1], False)],
)
def test_whether_bytes_are_utf8(content: bytes, expected: bool) -> None:
    assert is_utf8(io.BytesIO(content)) is expected
