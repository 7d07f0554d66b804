"""Opening a store: made once, whole or not at all, and refused in one sentence."""

import os
import socket
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from copies import copied

from songpop.errors import StoreError
from songpop.settings import TrackingSettings
from songpop.tracking.runs import start_sweep
from songpop.tracking.store import open_store, sqlite_file

OPEN = """
import sys
from pathlib import Path
from songpop.settings import TrackingSettings
from songpop.tracking.store import open_store
print(open_store(TrackingSettings(), Path(sys.argv[1])).experiment_id)
"""


def uri_of(file: Path) -> TrackingSettings:
    return TrackingSettings(uri=f"sqlite:///{file}")


def open_elsewhere(root: Path, tmp_path: Path) -> "subprocess.Popen[str]":
    environment = {key: value for key, value in os.environ.items() if key != "MLFLOW_TRACKING_URI"}
    return subprocess.Popen(
        [sys.executable, "-c", OPEN, str(root)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path,
        env={**environment, "PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip


def test_default_store_lies_in_root_with_absolute_artifacts(store_root: Path, store) -> None:
    assert store.where == str(store_root / "mlflow.db")
    experiment = store.client.get_experiment(store.experiment_id)
    assert experiment.name == "songpop"
    assert experiment.artifact_location == (store_root / "artifacts").as_uri()


def test_opening_again_finds_the_same_experiment(store_root: Path, store) -> None:
    assert open_store(TrackingSettings(), store_root).experiment_id == store.experiment_id


def test_a_copy_of_a_store_has_files_of_its_own_in_the_same_process(store_root: Path, store, tmp_path: Path) -> None:
    """MLflow remembers by run alone where files lie, and a copy has the runs of its original."""
    start_sweep(store, "s", study="one").write({"note.txt": "original"})
    opened = open_store(TrackingSettings(), copied(store_root, tmp_path / "copy"))
    start_sweep(opened, "s", study="one").write({"note.txt": "copy"})
    assert start_sweep(open_store(TrackingSettings(), store_root), "s", study="one").read("note.txt") == "original"


def test_the_variable_of_mlflow_names_the_store(tmp_path, store_template, monkeypatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{store_template}")
    assert open_store(TrackingSettings(experiment="template"), tmp_path).where == str(store_template)


def test_readers_do_not_block_the_writer(store_root: Path, store) -> None:
    with sqlite3.connect(store_root / "mlflow.db") as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_an_interrupted_first_start_leaves_nothing_half_made(tmp_path, monkeypatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    (tmp_path / "mlflow.db.new").write_bytes(b"SQLite format 3\x00 and then the power went")
    (tmp_path / "mlflow.db").touch()  # SQLite makes an empty file before it writes
    store = open_store(TrackingSettings(), tmp_path)
    assert store.client.get_experiment(store.experiment_id).name == "songpop"
    assert not list(tmp_path.glob("*.new*"))


@pytest.mark.slow
def test_two_first_starts_at_once(tmp_path: Path) -> None:
    starts = [open_elsewhere(tmp_path / "mlruns", tmp_path) for _ in range(2)]
    answers = [start.communicate(timeout=120) for start in starts]
    assert [start.returncode for start in starts] == [0, 0], answers
    assert len({out.strip() for out, _ in answers}) == 1
    assert {err for _, err in answers} == {""}  # MLflow's log lines stay out of the terminal


def test_opening_again_lets_go_of_no_lock(store_root: Path, store) -> None:
    """POSIX takes all locks of a file from a process that closes it once.

    Another one would then take itself for the last user of the store, and remove the log that we still write to: the
    store is damaged for ever (sqlite.org/howtocorrupt.html, section 2.2).
    """
    store.client.search_experiments()
    open_store(TrackingSettings(), store_root)
    write = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute('PRAGMA user_version=1'); c.close()"
    subprocess.run([sys.executable, "-c", write, str(store_root / "mlflow.db")], check=True)
    assert (store_root / "mlflow.db-wal").exists()


def text_file(folder: Path) -> Path:
    file = folder / "notes.db"
    file.write_text("this is not a database, whatever its name says")
    return file


def other_database(folder: Path) -> Path:
    file = folder / "other.db"
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE songs (title)")
    return file


def with_schema(revision: str, store_template: Path, folder: Path) -> Path:
    file = folder / "versioned.db"
    file.write_bytes(store_template.read_bytes())
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", (revision,))
    return file


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda folder, _: text_file(folder), "not an SQLite file.*tracking.uri"),
        (lambda folder, _: other_database(folder), "not one of MLflow"),
        (lambda folder, t: with_schema("fffffffffff0", t, folder), r"newer MLflow than the installed \d.*fffffffffff0"),
        (lambda folder, t: with_schema("0a8213491aaa", t, folder), "older MLflow.*mlflow db upgrade"),
    ],
)
def test_files_that_are_no_store(make, message: str, tmp_path: Path, store_template: Path) -> None:
    file = make(tmp_path, store_template)
    before = file.read_bytes()
    with pytest.raises(StoreError, match=message):
        open_store(uri_of(file), tmp_path)
    assert file.read_bytes() == before


def test_read_only(store_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # MLflow takes such an address for a path, and makes its folders
    uri = f"sqlite:///file:{store_root / 'mlflow.db'}?mode=ro&uri=true"
    with pytest.raises(StoreError, match=r"read-only.*tracking.uri"):
        open_store(TrackingSettings(uri=uri), tmp_path)


def test_locked_by_another_process(store_root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("songpop.tracking.store.BUSY_TIMEOUT_S", 0.2)
    other = sqlite3.connect(store_root / "mlflow.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="locked by another process"):
        open_store(TrackingSettings(), store_root)
    other.close()


def test_root_that_is_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    (tmp_path / "mlruns").touch()
    with pytest.raises(StoreError, match="part of its path is a file"):
        open_store(TrackingSettings(), tmp_path / "mlruns")


def test_file_store(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="folder of files"):
        open_store(TrackingSettings(uri=(tmp_path / "old").as_uri()), tmp_path)


def test_server_out_of_reach(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(StoreError, match=rf"127.0.0.1:{port} cannot be reached.*Start it"):
        open_store(TrackingSettings(uri=f"http://127.0.0.1:{port}"), tmp_path)


def test_deleted_experiment(store_root: Path, store) -> None:
    store.client.delete_experiment(store.experiment_id)
    with pytest.raises(StoreError, match=r"'songpop' is deleted.*mlflow experiments restore"):
        open_store(TrackingSettings(), store_root)


@pytest.mark.parametrize(
    ("uri", "file"),
    [
        ("sqlite:////srv/mlflow.db", Path("/srv/mlflow.db")),
        ("sqlite:///file:/srv/mlflow.db?mode=ro&uri=true", None),
        ("postgresql://host/mlflow", None),
        ("http://host:5000", None),
    ],
)
def test_sqlite_file(uri: str, file: Path | None) -> None:
    assert sqlite_file(uri) == file
