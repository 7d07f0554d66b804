"""`songpop ui`: the MLflow UI on the project's store."""

import os
import subprocess
import sys
from pathlib import Path

from songpop.app.listener import Listener
from songpop.errors import StoreError
from songpop.settings import UiSettings
from songpop.tracking.store import open_store


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
    listener.note(f"MLflow UI on {address} (experiment {settings.tracking.experiment!r}); Ctrl-C ends it.")
    # One worker and no job runner: it is one person's page, and each further process costs half a gigabyte.
    command = [sys.executable, "-m", "mlflow", "ui", "--backend-store-uri", store.uri, "--workers", "1"]
    command += ["--host", settings.host, "--port", str(settings.port)]
    done = subprocess.run(command, env={**os.environ, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}, check=False)
    if done.returncode not in (0, 130, -2):
        raise StoreError(
            f"the MLflow UI must be free to listen on {address}, but it ended with status {done.returncode}. "
            "Its own words stand above; another port: port=5001."
        )
    return {"address": address}
