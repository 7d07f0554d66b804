"""Opening the tracking store: which one, made once, and found out at once if it cannot be used.

Owns: the default place, the first initialisation under a lock, the checks of a file. Does not own: runs or champions.
"""

import errno
import fcntl
import logging
import os
import secrets
import sqlite3
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import mlflow.store.db_migrations
import sqlalchemy
from mlflow.entities import Experiment, LifecycleStage
from mlflow.store.db.utils import create_sqlalchemy_engine_with_retry
from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore
from mlflow.tracking import MlflowClient
from mlflow.tracking._tracking_service import utils as tracking_utils

from songpop.errors import StoreError
from songpop.settings import TrackingSettings
from songpop.tracking.failures import store_failures
from songpop.tracking.patience import Patience

BUSY_TIMEOUT_S = 5.0  # how long an opening waits for another process's write
SERVER_TIMEOUT_S = 5.0
# Without it the UI takes an experiment for one of language models, and hides charts and models.
KIND_OF_EXPERIMENT = {"mlflow.experimentKind": "custom_model_development"}
REMOTE = ("http://", "https://", "databricks")


@dataclass(frozen=True, kw_only=True)
class Store:
    """An open tracking store and registry.

    `where` is how messages call it: the file of an SQLite store, else its address without a password.
    """

    client: MlflowClient
    uri: str
    where: str
    experiment_id: str
    artifact_location: str  # of the experiment
    engine: sqlalchemy.Engine | None  # of a database; None: a server
    root: Path  # folder of the store, its artifacts and its locks
    patience: Patience = field(default_factory=Patience)  # with what cannot be reached for now

    @property
    def address(self) -> str:
        """Return what MLflow takes as its tracking URI, without a password."""
        return _without_password(self.uri)


def open_store(
    settings: TrackingSettings, root: Path, *, writing: bool = True, patience: Patience | None = None
) -> Store:
    """Open the store, and make it if there is none.

    Args:
        settings: `uri` (default: the variable MLFLOW_TRACKING_URI, else SQLite in `root`) and `experiment`.
        root: folder of the default store, of artifacts and locks.
        writing: also find out at once whether the store can be written.
        patience: how long a store is waited for that fails after it was opened; None: not at all.

    Raises:
        StoreError: if it is read-only, locked, of another version, no MLflow store, or out of reach.
    """
    _be_quiet()
    _forget_places()
    patience = patience or Patience()
    if patience.limit_s:
        _leave_waiting_to_us()
    root = root.resolve()
    uri = settings.uri or os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{root / 'mlflow.db'}"
    file = sqlite_file(uri)
    where = str(file) if file else _without_password(uri)
    if uri.startswith("sqlite:") and (":memory:" in uri or not uri.removeprefix("sqlite:").strip("/")):
        raise StoreError(
            f"The tracking store {uri} would be gone with this process. Name a file: tracking.uri=sqlite:///FILE"
        )
    with store_failures(where):
        root.mkdir(parents=True, exist_ok=True)
        if file:
            uri = f"sqlite:///{file}"
            _open_sqlite(file, root, writing=writing)
        elif uri.startswith(("http://", "https://")):
            _reach(uri)
        client = MlflowClient(tracking_uri=uri, registry_uri=uri)
        experiment_id = _experiment(client, settings.experiment, uri, root)
        is_remote = uri.startswith(REMOTE)
        return Store(
            client=client,
            uri=uri,
            where=where,
            experiment_id=experiment_id,
            artifact_location=str(client.get_experiment(experiment_id).artifact_location),
            engine=None if is_remote else create_sqlalchemy_engine_with_retry(uri),  # type: ignore[no-untyped-call]
            root=root,
            patience=patience,
        )


def sqlite_file(uri: str) -> Path | None:
    """Return the file of an SQLite address, None if it is another kind (also `file:` addresses with options)."""
    path = uri.removeprefix("sqlite:///")
    if path == uri or not path or path.startswith((":memory:", "file:")):
        return None
    return Path(path.split("?")[0]).resolve()


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Hold a lock file; the kernel gives it back when the process ends, however it ends."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


# ── SQLite ──────────────────────────────────────────────────────────────────────────────────────────────────


def _open_sqlite(file: Path, root: Path, *, writing: bool) -> None:
    """Make the file if there is none; else check that it is a store of this version, free and writable."""
    if not _exists(file):
        with locked(file.with_name(f"{file.name}.lock")):
            if not _exists(file):
                _initialise(file, root)
    if not os.access(file.parent, os.W_OK):  # SQLite would say that it cannot open the file, but not why
        raise StoreError(
            f"The tracking store {file} is read-only, and SQLite writes beside it even where it only reads. "
            "Make its folder writable, or copy the folder to another disk and name it: paths.root=…"
        )
    for is_wrong, number in ((file.is_dir(), errno.EISDIR), (not os.access(file, os.R_OK), errno.EACCES)):
        if is_wrong:  # SQLite would not say why either
            raise OSError(number, os.strerror(number), str(file))
    # Only SQLite may open the file. Whoever closes it once gives back all of this process's locks on it (POSIX), those
    # of MLflow's connections too; another process then damages it (sqlite.org/howtocorrupt.html, section 2.2).
    connection = sqlite3.connect(file, timeout=BUSY_TIMEOUT_S, isolation_level=None)
    try:
        _check_revision(file, connection)
        if writing:  # takes the write lock and gives it back: read-only or locked is found out here, not after a trial
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("ROLLBACK")
    finally:
        connection.close()


def _exists(file: Path) -> bool:
    return file.exists() and file.stat().st_size > 0


def _initialise(file: Path, root: Path) -> None:
    """Make the store under another name and rename it, so that an interrupted start leaves nothing half-made."""
    for left_over in file.parent.glob(f"{file.name}.new*"):
        left_over.unlink()
    # A name of its own: MLflow keeps connections by name, and would meet those to a file that is gone.
    new = file.with_name(f"{file.name}.new-{secrets.token_hex(4)}")
    try:
        _migrate(new, root)
        new.rename(file)
    except BaseException:
        new.unlink(missing_ok=True)  # on a full disk it would stand in the way of its own remedy
        raise


def _migrate(new: Path, root: Path) -> None:
    # MLflow's migrations commit some fifty times; nobody reads the file before it is renamed, so none needs the disk.
    sqlalchemy.event.listen(sqlalchemy.Engine, "connect", _without_waiting)
    try:
        made = SqlAlchemyStore(f"sqlite:///{new}", str(root / "artifacts"))  # type: ignore[no-untyped-call]
        made.engine.dispose()
    finally:
        sqlalchemy.event.remove(sqlalchemy.Engine, "connect", _without_waiting)
    connection = sqlite3.connect(new)
    try:
        # Readers (the MLflow UI) and the writer then do not block each other; the mode stays with the file.
        connection.execute("PRAGMA journal_mode=WAL")
    finally:
        connection.close()
    with new.open("rb") as handle:
        os.fsync(handle.fileno())


def _without_waiting(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA synchronous=OFF")
    connection.execute("PRAGMA journal_mode=MEMORY")


def _check_revision(file: Path, connection: sqlite3.Connection) -> None:
    """Refuse a database that is no MLflow store, or one of another version."""
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if not {"alembic_version", "runs"} <= tables:
        raise StoreError(
            f"The tracking store {file} is a database, but not one of MLflow. Name another: tracking.uri=sqlite:///FILE"
        )
    (found,) = connection.execute("SELECT version_num FROM alembic_version").fetchone() or (None,)
    if found is None:
        raise StoreError(f"The tracking store {file} is damaged: it says no version. Bring back a copy of it.")
    versions = Path(mlflow.store.db_migrations.__path__[0]) / "versions"
    if not list(versions.glob(f"{found}_*.py")):
        raise StoreError(
            f"The tracking store {file} was made by a newer MLflow than the installed {mlflow.__version__} "
            f"(schema {found}). Install that version, or name another store: tracking.uri=…"
        )
    if any(f'down_revision = "{found}"' in script.read_text("utf-8") for script in versions.glob("*.py")):
        raise StoreError(
            f"The tracking store {file} was made by an older MLflow than the installed {mlflow.__version__} "
            f"(schema {found}). Copy it, then run: mlflow db upgrade sqlite:///{file}"
        )


# ── servers and experiments ─────────────────────────────────────────────────────────────────────────────────


def _reach(uri: str) -> None:
    """Fail in seconds where MLflow's client would try again for minutes."""
    try:
        urllib.request.urlopen(uri, timeout=SERVER_TIMEOUT_S).close()
    except urllib.error.HTTPError:
        return  # it answers; whether it lets us in, MLflow's own request will say
    except (OSError, ValueError) as error:  # ValueError: no address at all
        reason = getattr(error, "reason", error)
        raise StoreError(
            f"The tracking server {_without_password(uri)} cannot be reached ({reason}). "
            "Start it, or correct tracking.uri."
        ) from error


def _experiment(client: MlflowClient, name: str, uri: str, root: Path) -> str:
    """Return the id of the experiment called `name`, which is created if there is none."""
    found: Experiment | None = client.get_experiment_by_name(name)
    if found is None:
        with locked(root / "mlflow.db.lock"):  # two first starts at once: the second one finds it
            found = client.get_experiment_by_name(name)
            if found is None:
                place = None if uri.startswith(REMOTE) else (root / "artifacts").as_uri()
                return str(client.create_experiment(name, artifact_location=place, tags=KIND_OF_EXPERIMENT))
    if found.lifecycle_stage == LifecycleStage.DELETED:
        raise StoreError(
            f"The experiment {name!r} is deleted in the tracking store {_without_password(uri)}. "
            f"Name another one (tracking.experiment=…), or run: mlflow experiments restore -x {found.experiment_id}"
        )
    return str(found.experiment_id)


def _without_password(uri: str) -> str:
    try:
        return sqlalchemy.engine.make_url(uri).render_as_string(hide_password=True)
    except (sqlalchemy.exc.ArgumentError, ValueError):  # ValueError: a port that is no number
        return uri


def _leave_waiting_to_us() -> None:
    """Keep MLflow's client from asking again by itself, for minutes: a second "create a run" makes a second run."""
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "30")  # seconds until a server counts as hung


def _forget_places() -> None:
    """Make MLflow look up anew where files lie: it remembers that by run, and a copied store has the same."""
    tracking_utils._artifact_repos_cache.clear()


def _be_quiet() -> None:
    """What fails in the store is raised as one sentence; MLflow would log it with a traceback before."""
    for name in ("mlflow", "alembic"):
        logging.getLogger(name).setLevel(logging.ERROR)
    logging.getLogger("mlflow.store").setLevel(logging.CRITICAL)
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")  # a bar for each file of a few kilobytes
