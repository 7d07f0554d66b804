"""The tracking server goes down in mid-sweep: training goes on, records arrive later, in order, once."""

import json
import shutil
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from children import LEAN, ended, said, started
from search_fakes import FakeEngine
from servers import Server
from small_sweeps import assert_sound, small_sweep

from songpop.search.progress import SearchProgress
from songpop.tracking.patience import Patience


@pytest.fixture
def server(store_template: Path, tmp_path: Path) -> Iterator[Server]:
    folder = tmp_path / "server"
    folder.mkdir()
    shutil.copy(store_template, folder / "mlflow.db")
    server = Server(folder)
    server.start()
    yield server
    server.kill()


@pytest.mark.slow
def test_a_server_that_is_away_for_seconds(server: Server, tmp_path: Path) -> None:
    notes: list[str] = []
    kept: list[int] = []
    ended_in_order: list[int] = []
    n_when_away: list[int] = []
    comeback = threading.Timer(2.0, server.start)

    def on_progress(progress: SearchProgress) -> None:
        kept.append(progress.last.spec.trial)
        if len(kept) == 5:
            server.kill()
            n_when_away.append(len(ended_in_order))
            comeback.start()

    def before_yield(result: object) -> None:
        ended_in_order.append(result.spec.trial)  # type: ignore[attr-defined]
        time.sleep(0.05)

    engine = FakeEngine(n_slots=2, before_yield=before_yield)
    summary = small_sweep(
        tmp_path / "mlruns", n_trials=40, uri=server.uri, engine=engine, patience=Patience(120, notes.append),
        on_progress=on_progress,
    )  # fmt: skip
    comeback.join()
    assert summary.n_finished == 40
    assert kept == ended_in_order  # none lost, none twice, in the order in which they ended
    assert n_when_away[0] < 40
    assert [("Trying again" in note, "answers again" in note) for note in notes] == [(True, False), (False, True)]
    assert_sound(tmp_path / "mlruns", n_trials=40, uri=server.uri)


# ── the command line itself ─────────────────────────────────────────────────────────────────────────────────


def wait_until(words: str, cwd: Path, n: int = 1) -> None:
    deadline = time.monotonic() + 200
    while said(cwd).count(words) < n:
        assert time.monotonic() < deadline, said(cwd)
        time.sleep(0.1)


@pytest.mark.survive
@pytest.mark.timeout(900)
def test_a_server_that_is_away_for_a_minute(server: Server, tmp_path: Path) -> None:
    """Once it stays away until Ctrl-C, once it comes back after a minute, while 60 trials are trained."""
    words = [*LEAN, "train.epochs=30", "search.n_trials=60", f"tracking.uri={server.uri}"]
    first = started("nothing", 0, "cli", *words, cwd=tmp_path)
    wait_until("trial ", tmp_path, 5)
    server.kill()
    wait_until("Trying again", tmp_path)
    asked_s = time.monotonic()
    first.send_signal(signal.SIGINT)
    first.communicate(timeout=60)
    assert first.returncode == 130, said(tmp_path)
    assert time.monotonic() - asked_s < 30

    server.start()
    second = started("nothing", 0, "cli", *words, cwd=tmp_path)
    wait_until("Going on with study", tmp_path)
    wait_until("trial ", tmp_path, said(tmp_path).count("trial ") + 3)
    server.kill()
    wait_until("Trying again", tmp_path, 2)
    time.sleep(60)
    assert second.poll() is None, said(tmp_path)
    server.start()
    out, _ = second.communicate(timeout=300)
    assert second.returncode == 0, said(tmp_path)
    told = json.loads(out)
    assert (told["n_trials"], told["n_failed"]) == (60, 0)
    assert told["champion"] is not None
    assert said(tmp_path).count("answers again") == 1
    assert_sound(tmp_path / "mlruns", n_trials=60, uri=server.uri)


@pytest.mark.survive
def test_a_server_that_was_never_there(tmp_path: Path) -> None:
    """The first opening fails in seconds, whatever the patience."""
    began_s = time.monotonic()
    status, _ = ended("nothing", 0, "cli", *LEAN, "tracking.uri=http://127.0.0.1:9", cwd=tmp_path)
    assert status == 5, said(tmp_path)
    assert "cannot be reached" in said(tmp_path)
    assert time.monotonic() - began_s < 60
