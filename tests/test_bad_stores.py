"""Stores that are read-only, locked, of another version, damaged, no stores, or on a full disk."""

import json
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from refusals import refused

from songpop.cli import run
from songpop.data.sample import generate_songs

can_mount = pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("mount") is None, reason="only root may mount a small or read-only disk"
)


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return tmp_path


def execute(sql: str) -> Callable[[Path], None]:
    def change(file: Path) -> None:
        with sqlite3.connect(file) as connection:
            connection.execute(sql)

    return change


def cut(file: Path) -> None:
    content = file.read_bytes()
    file.write_bytes(content[: len(content) // 2])


def folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


STORES: dict[str, tuple[Callable[[Path], Any], str]] = {
    "a text": (lambda file: file.write_text("not a store, whatever its name says"), "is not an SQLite file"),
    "a folder": (folder, "must be a file, but is a folder"),
    "another database": (execute("DROP TABLE runs"), "but not one of MLflow"),
    "a newer version": (execute("UPDATE alembic_version SET version_num = 'ffffffffffff'"), "by a newer MLflow"),
    "no version": (execute("DELETE FROM alembic_version"), "it says no version"),
    "cut in half": (cut, "is damaged"),
}


@pytest.mark.parametrize(("change", "message"), STORES.values(), ids=STORES.keys())
@pytest.mark.parametrize("command", ["promote", "history", "predict input=sample output=o.csv"])
def test_files_that_are_no_store(
    command: str, change: Callable[[Path], Any], message: str, store_root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    change(store_root / "mlflow.db")
    refused([*command.split(), "--json"], 5, message, capsys)


def test_a_locked_store(store_root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("songpop.tracking.store.BUSY_TIMEOUT_S", 0.2)
    other = sqlite3.connect(store_root / "mlflow.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    refused(["promote"], 5, "locked by another process", capsys)
    other.close()
    refused(["promote"], 4, "holds no sweep yet", capsys)


@pytest.mark.parametrize(
    ("uri", "message"),
    [
        ("http://127.0.0.1:9", "cannot be reached"),
        ("http://[::1", "cannot be reached"),
        ("foo://host", "of a kind that MLflow does not know"),
        ("postgresql://me:secret@host/name", r"postgresql://me:\*\*\*@host/name needs a driver"),
        ("sqlite://", "would be gone with this process"),
        ("some/folder", "a folder of files"),
    ],
)
def test_addresses(uri: str, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    refused(["promote", f"tracking.uri={uri}"], 5, message, capsys)


def test_a_root_that_is_a_file(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "mlruns").touch()
    refused(["history"], 5, "a part of its path is a file", capsys)


# ── with sweeps and disks ───────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def songs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("songs") / "songs.csv"
    generate_songs(n_rows=400, seed=5).to_csv(file, index=False, encoding="latin-1", errors="replace")
    return file


PROMOTE = ["promote", "gates.baselines=[]", "gates.calibration=1"]  # two epochs beat nobody


def sweep_words(songs: Path, n_trials: int = 2) -> list[str]:
    few = ["train.epochs=2", f"search.n_trials={n_trials}", "pruner=none", "search.name=few"]
    finals = ["finals.n_configs=1", "finals.n_seeds=3", "finals.with_known_points=false"]
    return ["sweep", "--json", "data=songs", f"data.path={songs}", *few, *finals]


@contextmanager
def mounted(where: Path, *options: str) -> Iterator[Path]:
    """Mount something on a folder that is made for it."""
    where.mkdir(exist_ok=True)
    done = subprocess.run(["mount", *options, str(where)], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"mount: {done.stderr.strip()}")
    try:
        yield where
    finally:
        # Lazily: this process may still hold connections that a refused command left in MLflow's pool.
        subprocess.run(["umount", "--lazy", str(where)], check=True)


@pytest.mark.slow
@can_mount
def test_a_read_only_disk(store_root: Path, songs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with mounted(store_root, "--bind", str(store_root)):
        subprocess.run(["mount", "-o", "remount,ro,bind", str(store_root)], check=True)
        for command in ("promote", "history", "compare", "rollback"):
            refused([command], 5, "is read-only", capsys)
        refused(sweep_words(songs), 5, "Read-only file system", capsys)


LATEST_KB = 1_900  # the disk that is full when the model is written


@pytest.mark.slow
@can_mount
@pytest.mark.parametrize("size_kb", [100, 1_100, 1_500, LATEST_KB])  # the store, the start, a trial, the model
def test_a_full_disk(size_kb: int, here: Path, songs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with mounted(here / "mlruns", "-t", "tmpfs", "-o", f"size={size_kb}k", "tmpfs") as disk:
        refused(sweep_words(songs, 4), 5, "the disk is full", capsys)
        subprocess.run(["mount", "-o", "remount,size=100m", str(disk)], check=True)
        assert run(sweep_words(songs, 4)) == 0, capsys.readouterr().err
        told = json.loads(capsys.readouterr().out)
        assert (told["n_trials"], told["n_complete"]) == (4, 4)
        with sqlite3.connect(disk / "mlflow.db") as connection:
            runs = connection.execute("SELECT status FROM runs WHERE lifecycle_stage = 'active'").fetchall()
        trained = [one for one in told["finals"]["finalists"] if not one["contestant"]["members"]]
        n_runs = 5 + 1 + 3 * len(trained)  # the sweep and its trials, the finals and its runs
        assert runs == [("FINISHED",)] * n_runs
        if size_kb == LATEST_KB:
            assert run(PROMOTE) == 0, capsys.readouterr().err


JOURNALS: dict[str, tuple[Callable[[Path], Any], str]] = {
    "text": (lambda journal: journal.write_text("this is text\nmore\n"), "its line 1 is none"),
    "head lost": (
        lambda journal: journal.write_bytes(b"".join(journal.read_bytes().splitlines(True)[1:])),
        "line 1 is none",
    ),
    "newer": (lambda journal: journal.write_text('{"op_code":99}\n'), "by a newer version"),
    "folder": (folder, "Is a directory"),
}


@pytest.mark.slow
def test_journals(here: Path, songs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(sweep_words(songs, 1)) == 0, capsys.readouterr().err
    journal = here / "mlruns" / "studies" / "few.journal"
    whole = journal.read_bytes()
    for damage, message in JOURNALS.values():
        damage(journal)
        refused(sweep_words(songs, 2), 5, message, capsys)
        if journal.is_dir():
            journal.rmdir()
        journal.write_bytes(whole)
    assert run(sweep_words(songs, 1)) == 0, capsys.readouterr().err


@pytest.mark.slow
def test_a_start_that_failed_binds_nobody(here: Path, songs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    refused([*sweep_words(songs, 1), "tracking.uri=http://127.0.0.1:9"], 5, "cannot be reached", capsys)
    (here / "mlruns" / "artifacts").touch()
    refused(sweep_words(songs, 1), 5, "a part of its path is a file", capsys)
    (here / "mlruns" / "artifacts").unlink()
    assert run([*sweep_words(songs, 1), "space=published"]) == 0, capsys.readouterr().err


@pytest.mark.slow
def test_the_champion_and_its_files(here: Path, songs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from mlflow.tracking import MlflowClient

    predict = ["predict", "--json", f"input={songs}", "output=ranked.csv"]
    refused(predict, 4, "has no champion yet", capsys)
    assert run(sweep_words(songs)) == 0, capsys.readouterr().err
    assert run(PROMOTE) == 0, capsys.readouterr().err
    assert run(predict) == 0, capsys.readouterr().err
    refused([*predict, "output=no/where/ranked.csv"], 5, "a folder that exists", capsys)
    refused(["predict", f"input={songs}", f"output={songs}"], 2, "must be another file than `input`", capsys)
    refused(["predict", f"input={songs}", "output=/dev/null"], 5, "a device or a pipe", capsys)
    (model,) = (here / "mlruns" / "artifacts").rglob("model.keras")
    content = model.read_bytes()
    model.write_bytes(content[:100] + bytes([content[100] ^ 1]) + content[101:])
    refused(predict, 5, r"model\.keras is not the one that was logged", capsys)
    model.unlink()
    refused(predict, 5, r"model\.keras is missing", capsys)
    model.write_bytes(content)
    MlflowClient(f"sqlite:///{here / 'mlruns' / 'mlflow.db'}").delete_model_version("songpop", "1")
    refused(predict, 4, "points to nothing.*No earlier champion.*songpop promote", capsys)
    refused(["rollback"], 4, "no earlier champion", capsys)
    assert run(PROMOTE) == 0, capsys.readouterr().err
    assert run(predict) == 0, capsys.readouterr().err
