"""Stores that others hold: a locked database, two sweeps of one name, first starts at once; a clock set back."""

import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy
from children import LEAN, ended, said, started
from search_fakes import FakeEngine
from small_sweeps import NAME, assert_sound, examined, kept_trials, opened_store, parent_of, small_sweep

from songpop.errors import UnreachableError
from songpop.search.progress import SearchProgress
from songpop.tracking.patience import Patience
from songpop.tracking.sweeps import children, find_sweep, sweep_runs


@pytest.fixture
def impatient_sqlite() -> Iterator[None]:
    """SQLite itself waits a tenth of a second instead of five, so that the patience is songpop's."""

    def connected(connection: Any, _record: Any) -> None:
        connection.execute("PRAGMA busy_timeout = 100")

    sqlalchemy.event.listen(sqlalchemy.Engine, "connect", connected)
    yield
    sqlalchemy.event.remove(sqlalchemy.Engine, "connect", connected)


class Locking:
    """Locks the store after the third trial, for some seconds."""

    def __init__(self, root: Path, for_s: float) -> None:
        self._root, self._for_s = root, for_s
        self.kept: list[int] = []

    def __call__(self, progress: SearchProgress) -> None:
        self.kept.append(progress.last.spec.trial)
        if len(self.kept) == 3:
            other = sqlite3.connect(self._root / "mlflow.db", isolation_level=None, check_same_thread=False)
            other.execute("BEGIN IMMEDIATE")
            threading.Timer(self._for_s, other.close).start()


def slow_engine() -> FakeEngine:
    """Trials that do not all end before the first are recorded."""
    return FakeEngine(before_yield=lambda result: time.sleep(0.03))


@pytest.mark.slow
def test_locked_for_less_than_the_patience(store_root: Path, impatient_sqlite: None) -> None:
    notes: list[str] = []
    patience, locking = Patience(60, notes.append), Locking(store_root, 1.5)
    small_sweep(store_root, n_trials=30, engine=slow_engine(), patience=patience, on_progress=locking)
    assert ["locked by another process" in notes[0], "answers again" in notes[1]] == [True, True]
    assert_sound(store_root, n_trials=30)


@pytest.mark.slow
def test_locked_for_longer_than_the_patience(store_root: Path, impatient_sqlite: None) -> None:
    locking = Locking(store_root, 3.0)
    with pytest.raises(UnreachableError, match=r"locked by another process.*waited for during .*patience_s=0\.5"):
        small_sweep(store_root, n_trials=30, engine=slow_engine(), patience=Patience(0.5), on_progress=locking)
    assert sorted(kept_trials(store_root)) == sorted(locking.kept)
    assert examined(store_root).findings == ()  # the parent is KILLED, nothing is half-written
    small_sweep(store_root, n_trials=30)
    assert_sound(store_root, n_trials=30)


@pytest.mark.slow
def test_three_first_starts_at_once(tmp_path: Path) -> None:
    """On a fresh store: two of one name, of which the second is told so, and one of another name."""
    root = tmp_path / "mlruns"
    names = ("study", "study", "other")
    starts = [started("nothing", 0, "small", root, 60, name, cwd=tmp_path) for name in names]
    for start in starts:
        start.communicate(timeout=120)
    assert sorted(start.returncode for start in starts[:2]) == [0, 1], said(tmp_path)
    assert starts[2].returncode == 0, said(tmp_path)
    assert said(tmp_path).count("a sweep named 'study' is already running") == 1
    for name in ("study", "other"):
        assert_sound(root, n_trials=60, name=name)


# ── time ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_clock_that_is_set_back(store_root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By an hour, in mid-sweep: the newest is the one that was begun last, and none ends before it began."""
    now, shift_s = time.time, [0.0]
    monkeypatch.setattr(time, "time", lambda: now() - shift_s[0])

    def set_back(progress: SearchProgress) -> None:
        shift_s[0] = 3600.0

    small_sweep(store_root, name="first", on_progress=set_back)
    small_sweep(store_root)
    store = opened_store(store_root)
    assert find_sweep(store).name == NAME
    assert all(run.info.end_time >= run.info.start_time for run in sweep_runs(store, "sweep"))
    assert_sound(store_root, n_trials=4, name="first")
    assert_sound(store_root, n_trials=4)


@pytest.mark.survive
def test_a_clock_that_is_set_back_while_workers_train(tmp_path: Path) -> None:
    words = [*LEAN, "train.epochs=20", "search.n_trials=40"]
    status, _ = ended("clock_set_back", 7, "cli", *words, cwd=tmp_path)
    assert status == 0, said(tmp_path)
    root = tmp_path / "mlruns"
    store = opened_store(root)
    parent = parent_of(store)
    for run in [parent, *children(store, parent.info.run_id)]:
        assert run.info.end_time >= run.info.start_time
    assert_sound(root, n_trials=40)
