"""Runs, sweeps and champions in MLflow."""

import os

# Set before MLflow is imported, which reads both at import. A sweep tells nobody but its own store about
# itself, and what goes wrong in the store is raised as a StoreError, not logged as well.
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("MLFLOW_LOGGING_LEVEL", "ERROR")
