"""What a process that was killed may leave behind in the tracking store: half-logged models, a half-made database.

Owns: finding it and taking it away. Does not own: who is dead (processes.py), runs (runs.py).
"""

from collections.abc import Iterator
from pathlib import Path

from mlflow.entities import LoggedModel, LoggedModelStatus

from songpop.tracking.store import Store, locked, sqlite_file


def unfinished_models(store: Store, run_id: str | None = None) -> Iterator[LoggedModel]:
    """Yield the logged models whose files are not all in place: of one run, or of all."""
    condition = f"source_run_id = '{run_id}'" if run_id else None
    token: str | None = None
    while True:
        page = store.client.search_logged_models([store.experiment_id], filter_string=condition, page_token=token)
        # MLflow's filter language knows the status by its number only.
        yield from (model for model in page if model.status is LoggedModelStatus.PENDING)
        token = page.token
        if not token:
            return


def unfinished_files(store: Store) -> tuple[Path, ...]:
    """Return the files of databases that were being made when their maker died; one that lives is waited for."""
    file = sqlite_file(store.uri)
    if file is None:
        return ()
    with locked(file.with_name(f"{file.name}.lock")):  # nobody makes one now
        return tuple(sorted(file.parent.glob(f"{file.name}.new*")))
