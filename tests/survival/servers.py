"""A real tracking server that can be killed and started again at the same address."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import final


@final
class Server:
    """`mlflow server` on a free port of this machine, with its database and artifacts in `folder`."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.uri = f"http://127.0.0.1:{port}"
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers."""
        words = ["--backend-store-uri", f"sqlite:///{self._folder / 'mlflow.db'}", "--workers", "1"]
        words += ["--artifacts-destination", str(self._folder / "artifacts"), "--host", "127.0.0.1"]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "mlflow", "server", *words, "--port", self.uri.rpartition(":")[2]],
            env={**os.environ, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "MLFLOW_DISABLE_TELEMETRY": "true"},
            stdout=(self._folder / "server.txt").open("ab"),
            stderr=subprocess.STDOUT,
            start_new_session=True,  # with its worker, which is killed with it
        )
        deadline = time.monotonic() + 120
        while not self._answers():
            assert time.monotonic() < deadline, (self._folder / "server.txt").read_text()
            time.sleep(0.1)

    def kill(self) -> None:
        """Kill it and its worker."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None

    def _answers(self) -> bool:
        try:
            urllib.request.urlopen(f"{self.uri}/health", timeout=1).close()
        except (urllib.error.URLError, OSError):
            return False
        return True
