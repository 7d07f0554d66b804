"""`songpop serve` on a real registry: who answers, a promotion while it runs, a changed file, and its end."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import waitress
from copies import copied
from flask import Flask, request
from quick import QUICK, Notebook

import songpop
from songpop.app.serve import RegistryChampions, serve_page, server_options
from songpop.errors import ArtifactError, GateError, SettingsError, StoreError
from songpop.settings import PathSettings, RegistrySettings, ServeSettings, TrackingSettings
from songpop.tracking.store import open_store

EASY = {
    "gates__baselines": [],
    "gates__calibration": 1.0,
    "gates__champion_margin": 100.0,
    "gates__min_comparable_rows": 1,
}  # three epochs beat nobody


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def champions_in(root: Path) -> RegistryChampions:
    return RegistryChampions(open_store(TrackingSettings(), root, writing=False), RegistrySettings())


def test_without_a_champion_nothing_is_served(own_root: Path) -> None:
    with pytest.raises(GateError, match="no champion yet"):
        serve_page(ServeSettings(port=free_port(), paths=PathSettings(root=str(own_root))), listener=Notebook())


def test_the_champion_with_its_figures(champion_root: Path) -> None:
    served = champions_in(champion_root).present()
    assert served.name == "songpop version 1"
    assert served.since.startswith("20")
    assert dict(served.figures).keys() >= {"log loss", "accuracy"}
    assert " to " in dict(served.figures)["log loss"]  # with its interval
    assert champions_in(champion_root).previous() is None


@pytest.mark.parametrize("key", ["max_mb", "max_rows", "files_per_minute", "n_shown"])
def test_a_limit_that_cannot_be_meant(key: str, champion_root: Path) -> None:
    with pytest.raises(SettingsError, match=f"`{key}` must be positive, but it is 0"):
        serve_page(ServeSettings(**{key: 0}, paths=PathSettings(root=str(champion_root))), listener=Notebook())


def test_a_busy_port_is_told_at_once(champion_root: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        settings = ServeSettings(port=server.getsockname()[1], paths=PathSettings(root=str(champion_root)))
        with pytest.raises(StoreError, match="The page must be free to listen"):
            serve_page(settings, listener=Notebook())


def test_a_changed_file_answers_no_more(champion_root: Path, tmp_path: Path) -> None:
    root = copied(champion_root, tmp_path / "mlruns")
    champions = champions_in(root)
    file = champions.present().ranker.card and next(root.rglob("model.keras"))
    assert isinstance(file, Path)
    file.write_bytes(file.read_bytes()[:-1] + b"x")
    with pytest.raises(ArtifactError, match=r"model\.keras"):
        champions.present()


@pytest.mark.slow
def test_a_promotion_takes_effect_at_the_next_request(champion_root: Path, songs: pd.DataFrame, tmp_path: Path) -> None:
    root = copied(champion_root, tmp_path / "mlruns")
    champions = champions_in(root)
    assert (champions.present().version, champions.previous_version()) == (1, None)
    overrides: dict[str, Any] = {**QUICK, "search__name": "other", "search__seed": 7, "paths__root": str(root)}
    songpop.sweep(songs, **overrides)
    songpop.promote(paths__root=str(root), **EASY)
    assert (champions.present().version, champions.previous_version()) == (2, 1)
    before = champions.previous()
    assert before is not None
    assert before.version == 1


def asked(address: str, data: bytes | None = None, kind: str = "") -> str:
    request = urllib.request.Request(address, data=data, headers={"Content-Type": kind} if kind else {})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return str(answer.read().decode())


@pytest.mark.parametrize(("n_bytes", "status"), [(900_000, 200), (1_900_000, 413), (3_000_000, 413)])
def test_what_is_sent_and_answered_stays_in_memory(n_bytes: int, status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server in front of the page writes no file, nor reads more than twice what is allowed."""
    monkeypatch.setattr(tempfile, "TemporaryFile", None)
    page = Flask(__name__)
    page.config["MAX_CONTENT_LENGTH"] = 1_000_000
    page.post("/")(lambda: request.get_data() * 2)
    server = waitress.create_server(page, host="127.0.0.1", port=0, **server_options(max_mb=0.5))
    threading.Thread(target=server.run, daemon=True).start()
    connection = http.client.HTTPConnection("127.0.0.1", server.effective_port)
    try:
        connection.request("POST", "/", b"x" * min(n_bytes, 2_000_000), {"Content-Length": str(n_bytes)})
        answer = connection.getresponse()
        assert (answer.status, len(answer.read()) > n_bytes) == (status, status == 200)
    except ConnectionError:  # turned away unread: the server hangs up while we still send
        assert n_bytes > 2_000_000
    finally:
        connection.close()
        server.trigger.pull_trigger(server.close)  # by its own thread, which may be waiting for it


@pytest.mark.slow
def test_the_command_serves_and_ends(champion_root: Path, songs: pd.DataFrame, tmp_path: Path) -> None:
    port = free_port()
    environment = {key: value for key, value in os.environ.items() if key != "MLFLOW_TRACKING_URI"}
    command = [sys.executable, "-m", "songpop", "serve", f"port={port}", f"paths.root={champion_root}"]
    with (tmp_path / "serve.txt").open("w") as log:
        served = subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + 120
        while True:
            assert served.poll() is None, (tmp_path / "serve.txt").read_text()
            assert time.monotonic() < deadline
            try:
                first = asked(f"http://127.0.0.1:{port}/")
                break
            except (urllib.error.URLError, OSError):
                time.sleep(0.2)
        assert "songpop version 1" in first
        cells = songs.head(20).to_csv(index=False)
        body = f'--x\r\nContent-Disposition: form-data; name="table"; filename="a.csv"\r\n\r\n{cells}\r\n--x--\r\n'
        text = asked(f"http://127.0.0.1:{port}/", body.encode(), "multipart/form-data; boundary=x")
        assert "20 songs, " in text
        foreign = urllib.request.Request(f"http://127.0.0.1:{port}/", headers={"Host": f"evil.example:{port}"})
        with pytest.raises(urllib.error.HTTPError, match="400"):
            urllib.request.urlopen(foreign, timeout=60)
    finally:
        served.send_signal(signal.SIGTERM)
        status = served.wait(timeout=60)
    assert status == 0
    told = (tmp_path / "serve.txt").read_text()
    assert f"songpop version 1 ranks songs on http://127.0.0.1:{port}; Ctrl-C ends it." in told
    assert "Traceback" not in told
