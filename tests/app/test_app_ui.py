"""`songpop ui`: refuses what cannot be served, serves the page beside a sweep, and leaves nothing behind."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from quick import Notebook

from songpop.app.ui import serve_ui
from songpop.errors import StoreError
from songpop.settings import PathSettings, UiSettings


@pytest.fixture
def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def test_a_busy_port_is_told_at_once(store_root: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        notebook = Notebook()
        with pytest.raises(StoreError, match=rf"free to listen on 127\.0\.0\.1:{port}.*Name another port: port=\d+"):
            serve_ui(UiSettings(port=port, paths=PathSettings(root=str(store_root))), listener=notebook)
    assert notebook.notes == []


@pytest.mark.parametrize(("host", "port"), [("no.such.host.invalid", 5000), ("::zz", 5000)])
def test_an_address_that_is_none(host: str, port: int, store_root: Path) -> None:
    settings = UiSettings(host=host, port=port, paths=PathSettings(root=str(store_root)))
    with pytest.raises(StoreError, match="Name another address"):
        serve_ui(settings, listener=Notebook())


def test_a_server_that_ends_by_itself_is_an_error(
    store_root: Path, free_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "false")  # in the place of Python: ends at once, with status 1
    settings = UiSettings(port=free_port, paths=PathSettings(root=str(store_root)))
    with pytest.raises(StoreError, match="ended with status 1"):
        serve_ui(settings, listener=Notebook())


def answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=2) as page:
            return b"MLflow" in page.read()
    except (urllib.error.URLError, OSError):
        return False


def wait_until(condition: bool, port: int, process: "subprocess.Popen[str]", timeout_s: float = 120.0) -> None:
    deadline = time.monotonic() + timeout_s
    while answers(port) is not condition:
        assert time.monotonic() < deadline, "the page took too long"
        assert not condition or process.poll() is None, "the server ended"
        time.sleep(0.2)


@pytest.mark.slow
def test_the_page_is_served_beside_a_sweep_and_ends_with_its_command(tmp_path: Path, free_port: int) -> None:
    environment = {key: value for key, value in os.environ.items() if key != "MLFLOW_TRACKING_URI"}
    program = [sys.executable, "-m", "songpop"]
    with (tmp_path / "ui.txt").open("w") as log:
        served = subprocess.Popen(
            [*program, "ui", f"port={free_port}"], cwd=tmp_path, env=environment, stdout=log, stderr=log, text=True
        )
    try:
        wait_until(True, free_port, served)
        words = ["sweep", "--json", "debug=quick", "space=published", "train.epochs=2"]
        swept = subprocess.run([*program, *words], cwd=tmp_path, env=environment, capture_output=True, text=True)
        assert swept.returncode == 0, swept.stderr
        assert answers(free_port)
    finally:
        served.send_signal(signal.SIGTERM)
        status = served.wait(timeout=60)
    assert status == 0
    wait_until(False, free_port, served, timeout_s=20.0)  # no worker lives on
