"""The page without a browser: what it shows, what it refuses, what it says of itself, and that nothing is kept."""

import io
import re
import tempfile
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from flask.testing import FlaskClient
from folders import LIMITS, FolderChampions
from small_models import songs
from werkzeug.test import TestResponse

from songpop.errors import ArtifactError
from songpop.web.page import REFUSALS, create_page


def dropped(
    client: FlaskClient, content: bytes, path: str = "/", name: str = "songs.csv", **fields: str
) -> TestResponse:
    data: dict[str, Any] = {"table": (io.BytesIO(content), name), **fields}
    return client.post(path, data=data)


def sentence(answer: TestResponse) -> str:
    found = re.search(r'<p class="error" role="alert">(.*?)</p>', answer.text, re.S)
    assert found, answer.text
    return found[1]


def test_who_answers_and_how_good_it_is(client: FlaskClient) -> None:
    text = client.get("/").text
    for words in ("songpop version 2", "champion since", "2026-01-02", "sample-honest-full", "0.300 (0.200 to 0.400)"):
        assert words in text, words
    assert "Compare with the previous champion (version 1)" in text


def test_a_file_is_ranked(client: FlaskClient, table: Path) -> None:
    answer = dropped(client, table.read_bytes())
    assert answer.status_code == 200
    assert "100 songs, " in answer.text
    assert answer.text.count('<th scope="row">') == LIMITS.n_shown
    assert "Streams very high" in answer.text
    assert "<strong>Streams</strong>: 3 cells could not be read" in answer.text
    assert "not read by the champion: Track" in answer.text
    assert "read as latin-1" in answer.text


def test_the_download_has_every_row(client: FlaskClient, table: Path) -> None:
    answer = dropped(client, table.read_bytes(), "/ranked.csv")
    assert answer.headers["Content-Disposition"] == "attachment; filename=ranked.csv"
    found = pd.read_csv(io.StringIO(answer.text), dtype=str, keep_default_na=False)
    assert len(found) == 100
    assert list(found.columns[:2]) == ["rank", "probability"]
    assert found["rank"].astype(int).is_monotonic_increasing


def test_compared_with_the_champion_before(client: FlaskClient, table: Path) -> None:
    """The two go against each other: what is first now was last before."""
    text = dropped(client, table.read_bytes(), compare="on").text
    assert "songpop version 1, the champion before, decides" in text
    assert "▲" in text
    assert 'name="compare" type="checkbox" checked' in text


def test_ages_may_count_from_another_day(client: FlaskClient, table: Path) -> None:
    assert "ages count from 2030-01-01" in dropped(client, table.read_bytes(), as_of="2030-01-01").text
    answer = dropped(client, table.read_bytes(), as_of="soon")
    assert answer.status_code == 400
    assert "must be a date" in sentence(answer)


def test_a_table_that_has_drifted(client: FlaskClient) -> None:
    other = songs(200, seed=9).assign(Spins="")
    text = dropped(client, other.to_csv(index=False).encode()).text
    assert "unlike the one that the champion knows" in text
    assert "Spins (100% missing instead of" in text


@pytest.mark.parametrize("encoding", ["latin-1", "utf-8", "utf-8-sig"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_encoding_and_separator_are_found_out(client: FlaskClient, encoding: str, separator: str) -> None:
    frame = songs(5, seed=5)
    card_names = frame.to_csv(index=False, sep=separator).encode(encoding)
    answer = dropped(client, card_names)
    assert answer.status_code == 200, sentence(answer)
    assert "5 songs" in answer.text


BAD_FILES: dict[str, tuple[bytes, int, str]] = {
    "empty": (b"", 400, "The file must be a table with a header"),
    "a picture": (b"\x89PNG\r\n", 400, "looks like a picture"),
    "binary": (b"a,b\n1,\0\n", 400, "holds binary data"),
    "another table": (b"a,b\n1,2\n", 400, "these are missing: ["),
    "ragged": (b"Streams,Spins,Explicit,Release Date\n1,2\n", 400, "as many fields as the header, 4, but line 2"),
    "ranked already": (b"rank,Streams,Spins,Explicit,Release Date\n1,1,1,1,01/01/2020\n", 400, "an earlier prediction"),
    "too long": (b"Streams,Spins,Explicit,Release Date\n" + b"1,1,1,\n" * 501, 400, "at most 500 rows"),
    "too large": (b"a" * 200_001, 413, "at most 0.2 MB"),
}


@pytest.mark.parametrize("path", ["/", "/ranked.csv"])
@pytest.mark.parametrize(("content", "status", "words"), BAD_FILES.values(), ids=BAD_FILES)
def test_a_bad_file_is_one_sentence(client: FlaskClient, path: str, content: bytes, status: int, words: str) -> None:
    answer = dropped(client, content, path)
    assert answer.status_code == status
    told = sentence(answer)
    assert words in told.replace("&#39;", "'")
    assert not re.search(r"data\.\w", told)  # no key of a configuration, which nobody can change here
    assert "Traceback" not in answer.text


def test_no_file(client: FlaskClient) -> None:
    answer = client.post("/", data={})
    assert (answer.status_code, "A file must be chosen" in sentence(answer)) == (400, True)


@pytest.mark.parametrize("name", ["<script>alert(1)</script>.csv", '"><img src=x>.csv', "../../etc/passwd"])
def test_what_a_file_says_is_text(client: FlaskClient, name: str) -> None:
    frame = songs(3).assign(Track="<script>alert(2)</script>", **{"<b>": "<i>"})
    text = dropped(client, frame.to_csv(index=False).encode(), name=name).text
    assert "<script>alert" not in text
    assert "<img" not in text
    assert "<b>" not in text


@pytest.mark.parametrize(
    "path",
    [
        "/../page.py",
        "/static/../page.py",
        "/static/..%2fpage.py",
        "/static/%2e%2e/page.py",
        "/etc/passwd",
        "/static//etc/passwd",
    ],
)
def test_no_file_outside_its_folder(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code in (404, 308)
    assert "import" not in answer.text


@pytest.mark.parametrize("method", ["put", "delete", "patch"])
def test_other_methods(client: FlaskClient, method: str) -> None:
    answer = getattr(client, method)("/")
    assert answer.status_code == 405
    assert "asked otherwise" in sentence(answer)


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://elsewhere.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": "http://localhost"},
        {"Origin": "null"},
    ],
)
def test_a_form_of_another_site_is_refused(client: FlaskClient, headers: dict[str, str], table: Path) -> None:
    answer = client.post("/", data={"table": (io.BytesIO(table.read_bytes()), "a.csv")}, headers=headers)
    assert (answer.status_code, "from another one" in sentence(answer)) == (403, True)


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://songs.example"},  # a server in front speaks HTTPS, and passes the name on
        {"Origin": "https://songs.example", "Sec-Fetch-Site": "same-origin", "Host": "127.0.0.1:8000"},  # or does not
    ],
)
def test_a_server_in_front_is_no_other_site(client: FlaskClient, headers: dict[str, str], table: Path) -> None:
    headers = {"Host": "songs.example", **headers}
    answer = client.post("/", data={"table": (io.BytesIO(table.read_bytes()), "a.csv")}, headers=headers)
    assert answer.status_code == 200


def test_another_name_for_this_machine_is_refused(champions: FolderChampions) -> None:
    from dataclasses import replace

    client = create_page(champions, replace(LIMITS, hosts=("127.0.0.1", "localhost"))).test_client()
    assert client.get("/", headers={"Host": "localhost"}).status_code == 200
    assert client.get("/", headers={"Host": "localhost:8000"}).status_code == 200
    for method in (client.get, client.post):
        answer = method("/", headers={"Host": "evil.example"})
        assert (answer.status_code, answer.text) == (400, REFUSALS[400])


def test_so_many_files_a_minute(champions: FolderChampions, table: Path) -> None:
    from dataclasses import replace

    client = create_page(champions, replace(LIMITS, per_minute=2)).test_client()
    statuses = [dropped(client, table.read_bytes(), path).status_code for path in ("/", "/ranked.csv", "/")]
    assert statuses == [200, 200, 429]
    assert "At most 2 files a minute" in sentence(dropped(client, b"a"))
    assert client.get("/").status_code == 200  # to look is free


def test_nothing_is_written(client: FlaskClient, table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(tempfile, "TemporaryFile", None)  # what Werkzeug would keep a large file in
    monkeypatch.setattr(tempfile, "SpooledTemporaryFile", None)
    assert dropped(client, table.read_bytes()).status_code == 200
    assert not list(tmp_path.iterdir())


def test_headers(client: FlaskClient) -> None:
    for path in ("/", "/static/page.css", "/nowhere"):
        headers = client.get(path).headers
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "Set-Cookie" not in headers


def test_without_a_champion_the_page_says_so() -> None:
    client = create_page(FolderChampions(), LIMITS).test_client()
    answer = client.get("/")
    assert "no champion yet" in sentence(answer)
    assert "<form" not in answer.text
    assert client.post("/", data={}).status_code == 409


@pytest.mark.parametrize(
    ("error", "words"),
    [(ArtifactError("The model file x is missing."), "is missing"), (ZeroDivisionError(), "is a bug")],
)
def test_what_fails_is_told(
    error: Exception, words: str, page: Any, table: Path, champions: FolderChampions, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise error

    monkeypatch.setattr(champions, "previous", fail)
    answer = dropped(page.test_client(), table.read_bytes(), compare="on")
    assert (answer.status_code, words in sentence(answer)) == (500, True)
