"""`songpop dashboard`: Optuna's own pages on every study, which they cannot change, beside a sweep that goes on."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from quick import Notebook

from songpop.app.dashboard import serve_dashboard
from songpop.errors import SettingsError, StoreError
from songpop.settings import DashboardSettings, PathSettings

PROGRAM = [sys.executable, "-m", "songpop"]
QUICK = ["debug=quick", "space=published", "train.epochs=2", "finals=none", "search.name=mine"]


def test_a_busy_port_is_told_at_once(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        settings = DashboardSettings(port=server.getsockname()[1], paths=PathSettings(root=str(tmp_path)))
        with pytest.raises(StoreError, match="Optuna's dashboard must be free to listen"):
            serve_dashboard(settings, listener=Notebook())


def test_without_the_package_its_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "optuna_dashboard", None)
    with pytest.raises(SettingsError, match=r"pip install 'songpop\[dashboard\]'"):
        serve_dashboard(DashboardSettings(paths=PathSettings(root=str(tmp_path))), listener=Notebook())


@pytest.mark.parametrize(("host", "n_notes"), [("127.0.0.1", 2), ("0.0.0.0", 3)])
def test_what_is_said_before_it_serves(
    host: str, n_notes: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("waitress.serve", lambda *args, **keys: None)  # ended by Ctrl-C
    (tmp_path / "studies").mkdir()
    (tmp_path / "studies" / "bad.journal").write_text("a text\n")
    notebook = Notebook()
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = int(server.getsockname()[1])
    settings = DashboardSettings(host=host, port=port, paths=PathSettings(root=str(tmp_path)))
    serve_dashboard(settings, listener=notebook)
    assert len(notebook.notes) == n_notes
    assert "bad.journal must be a study journal" in notebook.notes[0]
    assert f"http://{host}:{port} (0 studies, to be looked at only)" in notebook.notes[1]
    assert ("no password" in notebook.notes[-1]) is (host == "0.0.0.0")


# ── the command itself, beside a sweep ──────────────────────────────────────────────────────────────────────


def swept(folder: Path, n_trials: int) -> None:
    words = ["sweep", "--json", *QUICK, f"search.n_trials={n_trials}"]
    done = subprocess.run([*PROGRAM, *words], cwd=folder, env=environment(), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def environment() -> dict[str, str]:
    return {key: value for key, value in os.environ.items() if key != "MLFLOW_TRACKING_URI"}


def until(condition: Callable[[], bool], timeout_s: float = 60.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.2)


def asked(address: str, path: str, method: str = "GET") -> Any:
    with urllib.request.urlopen(urllib.request.Request(f"{address}{path}", method=method), timeout=5) as answer:
        return json.load(answer)


def is_up(address: str) -> bool:
    try:
        return bool(asked(address, "/api/studies"))
    except (urllib.error.URLError, OSError):
        return False


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    swept(folder, 2)
    return folder


@pytest.fixture(scope="module")
def address(project: Path) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with (project / "dashboard.txt").open("w") as log:
        served = subprocess.Popen(
            [*PROGRAM, "dashboard", f"port={port}"], cwd=project, env=environment(), stdout=log, stderr=log
        )
    try:
        until(lambda: served.poll() is not None or is_up(f"http://127.0.0.1:{port}"))
        yield f"http://127.0.0.1:{port}"
    finally:
        served.send_signal(signal.SIGTERM)
        status = served.wait(timeout=30)
    assert status == 0


@pytest.mark.slow
def test_new_trials_appear_and_nothing_can_be_changed(address: str, project: Path) -> None:
    (study,) = asked(address, "/api/studies")["study_summaries"]
    assert study["study_name"] == "mine"
    path = f"/api/studies/{study['study_id']}"
    assert len(asked(address, path)["trials"]) == 2
    swept(project, 4)
    until(lambda: len(asked(address, path)["trials"]) == 4)
    journal = project / "mlruns" / "studies" / "mine.journal"
    before = journal.read_bytes()
    with pytest.raises(urllib.error.HTTPError, match="405"):
        asked(address, path, "DELETE")
    assert len(asked(address, path)["trials"]) == 4
    assert journal.read_bytes() == before


@pytest.mark.slow
def test_the_page_shows_the_study_and_asks_nobody_else(address: str, chromium: Any, project: Path) -> None:
    page = chromium.new_page()
    asked_for: list[str] = []
    page.on("request", lambda request: asked_for.append(request.url))
    page.goto(f"{address}/dashboard/studies/0")
    page.get_by_text("mine (id=0)").wait_for(timeout=30_000)
    page.get_by_role("heading", name="Hyperparameter Importance").wait_for(timeout=30_000)
    assert all(url.startswith((address, "data:", "blob:")) for url in asked_for)
    page.goto(f"{address}/dashboard")
    page.locator("button:has(svg[data-testid=DeleteIcon])").first.click()
    page.get_by_role("button", name="Yes").click()
    page.get_by_text("Failed to delete study").wait_for(timeout=10_000)
    page.close()
