"""What was dropped, read: what is guessed, and sentences without keys of a configuration."""

import re

import pytest
from small_models import CARD, songs

from songpop.errors import DataError
from songpop.web.uploads import read_upload

FRAME = songs(4)


@pytest.mark.parametrize(
    ("encoding", "expected"), [("latin-1", "latin-1"), ("utf-8", "utf-8"), ("utf-8-sig", "utf-8"), ("ascii", "utf-8")]
)
def test_what_is_utf_8_is_read_as_such(encoding: str, expected: str) -> None:
    frame = FRAME.assign(Track="Song" if encoding == "ascii" else "Söng")
    found = read_upload(frame.to_csv(index=False).encode(encoding), "a.csv", CARD, 10)
    assert found.encoding == expected
    assert found.frame["Track"].tolist() == frame["Track"].tolist()


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_that_finds_the_most_columns(separator: str) -> None:
    found = read_upload(FRAME.to_csv(index=False, sep=separator).encode(), "a.csv", CARD, 10)
    assert (found.separator, list(found.frame.columns)) == (separator, list(FRAME.columns))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "The file must be a table with a header, but a.csv is empty."),
        (b"PK\x03\x04", "The file must be a CSV file, but a.csv looks like an Excel workbook or a zip archive."),
        (b"a,b\n1\n", "Each row must have as many fields as the header, 2, but line 2 of a.csv has 1."),
        (b"a\n1\n2\n3\n", "The file must have at most 2 rows"),
    ],
)
def test_sentences(content: bytes, expected: str) -> None:
    with pytest.raises(DataError) as caught:
        read_upload(content, "a.csv", CARD, 2)
    assert str(caught.value).startswith(expected)
    assert not re.search(r"data\.\w", str(caught.value))
