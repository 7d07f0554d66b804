"""Tables, keys, spaces and files that cannot be meant: one sentence, the right exit status, nothing written."""

import csv
import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from refusals import refused

from songpop.cli import run
from songpop.data.sample import generate_songs

Rows = list[list[str]]
Change = Callable[[Rows], Rows | str | bytes]

SONGS = generate_songs(n_rows=60, seed=5)
ROWS: Rows = [list(SONGS.columns), *SONGS.to_numpy().tolist()]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return tmp_path


def text_of(rows: Rows, separator: str = ",") -> str:
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=separator, lineterminator="\n").writerows(rows)
    return buffer.getvalue()


def bytes_of(content: Rows | str | bytes) -> bytes:
    text = text_of(content) if isinstance(content, list) else content
    return text if isinstance(text, bytes) else text.encode("latin-1", errors="replace")


def put(name: str, value: str, first: int = 7, n: int = 1) -> Change:
    """Write `value` into a column, from line `first` + 1 of the file on."""

    def change(rows: Rows) -> Rows:
        column = rows[0].index(name)
        return [
            [*row[:column], value, *row[column + 1 :]] if first <= number < first + n else row
            for number, row in enumerate(rows)
        ]

    return change


def without(name: str) -> Change:
    def change(rows: Rows) -> Rows:
        column = rows[0].index(name)
        return [[*row[:column], *row[column + 1 :]] for row in rows]

    return change


def zipped(rows: Rows) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("songs.csv", text_of(rows))
    return buffer.getvalue()


TABLES: dict[str, tuple[Change, str]] = {
    "empty": (lambda rows: b"", "is empty"),
    "only blank lines": (lambda rows: b"\n\n\n", "is empty"),
    "header only": (lambda rows: rows[:1], "has none beside its header"),
    "picture": (lambda rows: b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "a picture"),
    "zip": (zipped, "an Excel workbook or a zip archive"),
    "binary": (lambda rows: b"BZh91AY&SY\0\1\2" * 9, "holds binary data"),
    "page": (lambda rows: b"<!DOCTYPE html>\n<p>Not found, sorry</p>\n", "a page of HTML"),
    "json": (lambda rows: b'[{"Track": "a"}]', "looks like JSON"),
    "semicolons": (lambda rows: text_of(rows, ";"), r"Set data\.separator=';'"),
    "tabs": (lambda rows: text_of(rows, "\t"), r"Set data\.separator='\\t'"),
    "UTF-16": (lambda rows: text_of(rows).encode("utf-16"), r"is UTF-16\. Set data\.encoding=utf-16"),
    "UTF-16 without a mark": (lambda rows: text_of(rows).encode("utf-16-le"), "UTF-16 without a mark"),
    "UTF-32": (lambda rows: text_of(rows).encode("utf-32"), r"is UTF-32\. Set data\.encoding=utf-32"),
    "first row too long": (
        lambda rows: [rows[0], [*rows[1], "x"], *rows[2:]],
        "header, 29, but line 2 of .* has 30",
    ),
    "a row too short": (lambda rows: [*rows[:9], rows[9][:-2], *rows[10:]], "header, 29, but line 10 of .* has 27"),
    "open quote": (lambda rows: text_of(rows)[:900] + '"' + text_of(rows)[900:], "a quote is out of place"),
    "duplicate column": (lambda rows: [[*rows[0][:-1], "Track"], *rows[1:]], r"repeats \['Track'\]"),
    "missing column": (without("Shazam Counts"), "lacks 'Shazam Counts'"),
    "missing label": (without("Track Score"), "lacks 'Track Score'"),
    "other names": (lambda rows: [[f"{name}." for name in rows[0]], *rows[1:]], "did you mean .* and 24 more"),
    "text in a number column": (put("Spotify Streams", "many"), "'Spotify Streams' .* line 8 has 'many'"),
    "infinite number": (put("Shazam Counts", "inf"), "'Shazam Counts' .* line 8 has 'inf'"),
    "number too large": (put("TikTok Views", "1e39"), "'TikTok Views' .* line 8 has '1e39'"),
    "negative count": (put("TikTok Views", "-5"), "'TikTok Views' .* line 8 has '-5'"),
    "no date": (put("Release Date", "yesterday"), "'Release Date' .* line 8 has 'yesterday'"),
    "no such day": (put("Release Date", "2/30/2024"), "line 8 has '2/30/2024'"),
    "no flag": (put("Explicit Track", "2"), "'Explicit Track' must hold 0 or 1"),
    "label missing": (put("Track Score", "", n=3), "no empty cell, but .* line 8"),
    "label infinite": (put("Track Score", "inf"), "'Track Score' .* line 8 has 'inf'"),
    "one class": (put("Track Score", "50", first=1, n=60), "rows of both classes"),
    "one row": (lambda rows: rows[:2], "rows of both classes"),
    "two rows": (lambda rows: rows[:3], "at least 5 songs of each class"),
}


# Composing the configuration takes a second each time; the others of these are fast tests of data/ as well.
FAST = {"empty", "picture", "semicolons", "UTF-16", "first row too long", "text in a number column", "one class"}


@pytest.mark.parametrize(
    ("change", "message"),
    [pytest.param(*case, id=name, marks=() if name in FAST else pytest.mark.slow) for name, case in TABLES.items()],
)
def test_tables(change: Change, message: str, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "songs.csv").write_bytes(bytes_of(change(ROWS)))
    refused(["check", "--json", "data=songs", "data.path=songs.csv"], 3, message, capsys)
    assert [path.name for path in here.iterdir()] == ["songs.csv"]


def test_the_table_itself_and_one_with_a_byte_order_mark(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for encoding in ("latin-1", "utf-8-sig"):
        (here / "songs.csv").write_bytes(text_of(ROWS).encode(encoding))
        assert run(["check", "data=songs", "data.path=songs.csv"]) == 0, capsys.readouterr().err


@pytest.mark.parametrize(
    ("path", "status", "message"),
    [("nowhere.csv", 3, "there is no file nowhere.csv"), (".", 3, "is a folder")],
)
def test_files(path: str, status: int, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    refused(["check", "data=songs", f"data.path={path}"], status, message, capsys)


KEYS: list[tuple[str, str]] = [
    ("search.n_trails=5", "Did you mean `search.n_trials`"),
    ("+search.n_trails=5", "`search.n_trails` is not a key"),
    ("+space.l1.lwo=1", "`space.l1.lwo` is not a key"),
    ("space=fulll", "Could not find 'space/fulll'"),
    ("search.n_trials=many", "could not be converted to Integer"),
    ("search.n_trials=null", "not Optional"),
    ("split.kind=random", r"expected one of \[stratified"),
    ("train.epochs=0", "`train.epochs` must be at least 1"),
    ("search.timeout_s=nan", "`search.timeout_s` must be positive"),
    ("split.test=nan", "leave rows to train on"),
    ("protocol.watch=accuracy", "`protocol.watch` must be one of"),
    ("search.name=../up", "`search.name` must begin with a letter"),
    ("search.name=" + "x" * 300, "at most 200 bytes.* of 300 characters"),
    ("search.name=???", "missing mandatory value"),
    ("search.name=${nowhere}", "Interpolation key 'nowhere' not found"),
    ("data.date_format='%Q'", "`data.date_format` must be a format"),
    ("data.decimal=,", "`data.decimal=,` cannot be read"),
    ("train.epochs", "must be KEY=VALUE, but `train.epochs`"),
    ("--epochs=3", "unrecognized arguments"),
    ("--cfg=all-of-it", "invalid choice"),
    ("space={}", "`space={}` would change nothing"),
]


FAST_KEYS = {"space=fulll", "+search.n_trails=5", "train.epochs=0", "data.decimal=,", "train.epochs", "--epochs=3",
             "--cfg=all-of-it", "search.n_trials=many", "search.name=../up"}  # fmt: skip


@pytest.mark.parametrize(
    ("word", "message"),
    [
        pytest.param(word, message, id=word[:40], marks=() if word in FAST_KEYS else pytest.mark.slow)
        for word, message in KEYS
    ],
)
def test_keys(word: str, message: str, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "songs.csv").write_bytes(bytes_of(ROWS))
    refused(["check", "data=songs", "data.path=songs.csv", word], 2, message, capsys)


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (["promote"], 4, "holds no sweep yet"),
        (["rollback"], 4, "no earlier champion"),
        (["promote", "registry.model=a/b"], 2, "`registry.model` must be a name"),
        (["promote", "registry.alias=v1"], 2, "`registry.alias` must be made of letters"),
        (
            ["promote", "gates.baselines=[luck]"],
            2,
            r"`gates.baselines` must be among majority class, .* holds \['luck'\]",
        ),
        (["promote", "gates.min_comparable_rows=0"], 2, "`gates.min_comparable_rows` must be at least 1"),
        (["promote", "gates.champion_margin=-0.1"], 2, "`gates.champion_margin` must be a number from 0 on"),
        (["promote", "gates.size_mb=nan"], 2, "`gates.size_mb` must be a number from 0 on"),
        (["compare", "n_runs=0"], 2, "`n_runs` must be at least 1"),
        (["compare", "sweep=nope"], 4, "holds no sweep"),
        (["predict", "output=o.csv"], 2, "Add input=FILE"),
        (["reproduce"], 4, "holds no sweep yet"),
        (["reproduce", "run=abc"], 4, "holds no run 'abc'"),
        (["reproduce", "run=[]"], 2, "`run` must be a run id or a list of them"),
        (["reproduce", "run=abc", "sweep=s"], 2, "either `run` or `sweep` must be given"),
        (["reproduce", "tolerance=nan"], 2, "`tolerance` must be at least 0"),
        (["reproduce", "n_runs=0"], 2, "`n_runs` must be at least 1"),
        (["reproduce", "engine=population", "engine.n_slots=0"], 2, "`engine.n_slots` must be at least 1"),
    ],
)
def test_the_registry(words: list[str], status: int, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    refused([*words, "--json"], status, message, capsys)


@pytest.mark.parametrize(
    "name", ["a b, c=d.csv", 'it\'s "one".csv', "ünï (日本).csv", "back\\slash$.csv", "~[x]{y}.csv"]
)
def test_paths_are_taken_as_they_are(name: str, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / name).write_bytes(bytes_of([ROWS[0]]))
    refused(["check", "data=songs", f"data.path={name}"], 3, "has none beside its header", capsys)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (["~space.regularization", "search.known_points=[]"], 2, "regularization"),
        (["space.l1.low=1", "space.l1.high=0.5"], 2, "low <= high"),
        (["space.l1.low=0"], 2, "low > 0"),
        (["space.regularization.choices=[none,l2]"], 2, "never has this value"),
        (["+space.dropuot={kind: fixed, value: 0.1}"], 2, "cannot be added by an override"),
        (["space.optimizer.choices=[adamm]"], 2, "Did you mean `adam`"),
        (["search.known_points=[{dropuot: 0.1}]"], 2, r"known_points\[0\].dropuot"),
        (["sampler=grid"], 2, "A grid needs"),
        (["storage.url=foo://x"], 2, "must be a database's URL"),
        (["storage.url=sqlite://"], 2, "would be gone with this process"),
        (["storage.url=mysql://u:secret@h/d"], 2, "a driver that is not installed"),
        (["model.activation=sin"], 2, "must be a known activation"),
        (["space.learning_rate.low=1e29", "space.learning_rate.high=1e30"], 4, "2 trials 0 were pruned and 2 failed"),
    ],
)
def test_spaces_and_training(
    words: list[str], status: int, message: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "songs.csv").write_bytes(bytes_of([ROWS[0], *generate_songs(n_rows=300, seed=5).to_numpy().tolist()]))
    few = ["data=songs", "data.path=songs.csv", "search.n_trials=2", "train.epochs=2"]
    refused(["sweep", "--json", *few, *words], status, message, capsys)
    assert not (here / "mlruns" / "mlflow.db").exists() or status == 4
    if status == 4:
        refused(["promote"], 4, "no finished model to promote", capsys)
