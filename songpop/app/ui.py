"""`songpop ui`: the MLflow UI on the project's store."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from songpop.app.listener import Listener
from songpop.app.ports import check_port
from songpop.errors import StoreError
from songpop.settings import UiSettings
from songpop.tracking.store import open_store
from songpop.tracking.views import VIEWS, address_of, write_views

# Neither a runner of jobs, nor what MLflow's libraries deprecate.
QUIET = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "PYTHONWARNINGS": "ignore"}


def serve_ui(settings: UiSettings, *, listener: Listener) -> dict[str, str]:
    """Serve the MLflow UI until Ctrl-C or SIGTERM; a sweep may run beside it.

    Raises:
        StoreError: if the store cannot be opened, or the port is taken.
    """
    store = open_store(settings.tracking, Path(settings.paths.root))
    address = f"http://{settings.host}:{settings.port}"
    if store.uri.startswith(("http://", "https://")):
        listener.note(f"The tracking server has its own page: {store.where}")
        return {"address": store.where}
    check_port("The MLflow UI", settings.host, settings.port)  # MLflow says it after seconds, with a traceback
    write_views(store)  # a store of an earlier version has none
    # One worker and no job runner: it is one person's page, and each further process costs half a gigabyte.
    command = [sys.executable, "-m", "mlflow", "ui", "--backend-store-uri", store.uri, "--workers", "1"]
    command += ["--host", settings.host, "--port", str(settings.port), "--uvicorn-opts", "--log-level warning"]
    listener.note(f"The MLflow UI, experiment {settings.tracking.experiment!r}; Ctrl-C ends it.")
    for view in VIEWS:
        listener.note(f"{view.name}: {address}/{address_of(view, store.experiment_id)}")
    listener.note(f"All experiments, and the registry: {address}")
    status = _serve(command)
    if status:
        raise StoreError(
            f"The MLflow UI must run until it is interrupted, but it ended with status {status}. "
            "Its own words stand above."
        )
    return {"address": address}


def _serve(command: Sequence[str]) -> int:
    with subprocess.Popen(command, env={**os.environ, **QUIET}) as server:
        try:
            return server.wait()
        except KeyboardInterrupt:
            # It hands SIGTERM on to its worker, which would live on and hold the port if it were killed.
            server.terminate()
            server.wait()
            return 0
