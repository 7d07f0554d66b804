"""Runs, sweeps and champions in MLflow."""

import os

# Set before MLflow is imported, which reads the first two at import. A sweep tells nobody but its own store about
# itself, and what goes wrong in the store is raised as a StoreError, not logged as well.
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("MLFLOW_LOGGING_LEVEL", "ERROR")
os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")  # standard output belongs to --json
