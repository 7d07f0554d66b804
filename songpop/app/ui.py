"""`songpop ui`: the MLflow UI on the project's store."""

import os
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from songpop.app.listener import Listener
from songpop.errors import StoreError
from songpop.settings import UiSettings
from songpop.tracking.store import open_store
from songpop.tracking.views import VIEWS, address_of, write_views


def serve_ui(settings: UiSettings, *, listener: Listener) -> dict[str, str]:
    """Serve the MLflow UI until interrupted; a sweep may run beside it.

    Raises:
        StoreError: if the store cannot be opened, or the port is taken.
    """
    store = open_store(settings.tracking, Path(settings.paths.root))
    address = f"http://{settings.host}:{settings.port}"
    if store.uri.startswith(("http://", "https://")):
        listener.note(f"The tracking server has its own page: {store.where}")
        return {"address": store.where}
    _check_port(settings)
    write_views(store)  # a store of an earlier version has none
    # One worker and no job runner: it is one person's page, and each further process costs half a gigabyte.
    command = [sys.executable, "-m", "mlflow", "ui", "--backend-store-uri", store.uri, "--workers", "1"]
    command += ["--host", settings.host, "--port", str(settings.port)]
    listener.note(f"MLflow UI on {address} (experiment {settings.tracking.experiment!r}); Ctrl-C ends it.")
    for view in VIEWS:
        listener.note(f"{view.name}: {address}/{address_of(view, store.experiment_id)}")
    status = _serve(command)
    if status:
        raise StoreError(
            f"The MLflow UI must run until it is interrupted, but it ended with status {status}. "
            "Its own words stand above."
        )
    return {"address": address}


def _check_port(settings: UiSettings) -> None:
    """Find out at once what MLflow would say after seconds, with a traceback."""
    try:
        family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
        socket.create_server((settings.host, settings.port), family=family).close()
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or error
        raise StoreError(
            f"The MLflow UI must be free to listen on {settings.host}:{settings.port}, but it is not ({reason}). "
            f"Name another port: port={settings.port % 60_000 + 1}"
        ) from error


def _serve(command: Sequence[str]) -> int:
    with subprocess.Popen(command, env={**os.environ, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}) as server:
        try:
            return server.wait()
        except KeyboardInterrupt:
            # It hands SIGTERM on to its worker, which would live on and hold the port if it were killed.
            server.terminate()
            server.wait()
            raise
