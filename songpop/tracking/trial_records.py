"""The records of finished trials, read back whole: tags, every stored number, and the files of their sweeps.

Owns: reading many at once; a database answers with two queries for all of them. Does not own: what the record means, or
lacks (songpop/replay).
"""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import sqlalchemy
from mlflow.entities import Run
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import RESOURCE_DOES_NOT_EXIST, ErrorCode
from mlflow.store.tracking.dbmodels.models import SqlLatestMetric, SqlMetric

from songpop.errors import GateError
from songpop.tracking.failures import store_failures
from songpop.tracking.records import KIND, OF, SWEEP, TRIAL, StoredNumber, SweepFiles, TrialRecord
from songpop.tracking.runs import PARENT
from songpop.tracking.store import Store
from songpop.tracking.sweeps import children, find_sweep, list_sweeps, search_runs

N_TOGETHER = 500  # runs that are asked for at once: databases and servers limit the length of a question


def trials_of(store: Store, sweep: str | None) -> tuple[str, ...]:
    """Return the run ids of a sweep's or a training's trials, in the order of their numbers.

    Args:
        store: an open store.
        sweep: its name; None: the newest sweep.

    Raises:
        GateError: if there is none of this name, or it has no trial.
    """
    is_training = sweep is not None and sweep in {one.name for one in list_sweeps(store, "train")}
    found = find_sweep(store, sweep, "train" if is_training else "sweep")
    with store_failures(store.where):
        runs = sorted(children(store, found.run_id), key=lambda run: int(run.data.tags[TRIAL]))
    if not runs:
        raise GateError(f"The sweep {found.name} must have a finished trial to be trained again, but it has none.")
    return tuple(str(run.info.run_id) for run in runs)


def read_trials(store: Store, run_ids: Sequence[str]) -> tuple[TrialRecord, ...]:
    """Return the records of these runs, in their order.

    Raises:
        GateError: if one is not in the store, or is no trial.
    """
    with store_failures(store.where):
        runs = {str(run.info.run_id): run for some in _portions(run_ids) for run in _found(store, some)}
        for run_id in run_ids:
            _check(run_id, runs.get(run_id), store)
        numbers = _numbers(store, runs)
    return tuple(
        TrialRecord(
            run_id=run_id,
            name=str(runs[run_id].info.run_name),
            parent=_sweep_of(runs[run_id]),
            tags=dict(runs[run_id].data.tags),
            params=dict(runs[run_id].data.params),
            numbers=tuple(numbers[run_id]),
        )
        for run_id in run_ids
    )


def read_files(store: Store, run_id: str, paths: Sequence[str]) -> SweepFiles:
    """Return those of a sweep's files that are there, and where its table came from."""
    with store_failures(store.where):
        try:
            run = store.client.get_run(run_id)
        except MlflowException as error:
            if error.error_code != ErrorCode.Name(RESOURCE_DOES_NOT_EXIST):
                raise
            return SweepFiles(is_there=False)
        folders = {"", *(path.rpartition("/")[0] for path in paths)}
        there = {item.path for folder in folders for item in store.client.list_artifacts(run_id, folder or None)}
        inputs = run.inputs.dataset_inputs if run.inputs else []
        with tempfile.TemporaryDirectory() as folder:
            files = {
                path: Path(store.client.download_artifacts(run_id, path, folder)).read_bytes()
                for path in paths
                if path in there
            }
    return SweepFiles(is_there=True, files=files, sources=tuple(one.dataset.source for one in inputs))


def _portions(items: Sequence[str]) -> Iterator[Sequence[str]]:
    return (items[first : first + N_TOGETHER] for first in range(0, len(items), N_TOGETHER))


def _found(store: Store, run_ids: Sequence[str]) -> Iterator[Run]:
    if any(not word.isalnum() for word in run_ids):  # they stand in a query
        run_ids = [word for word in run_ids if word.isalnum()]
    if run_ids:
        yield from search_runs(store, f"attributes.run_id IN ({', '.join(map(repr, run_ids))})", everywhere=True)


def _check(run_id: str, run: Run | None, store: Store) -> None:
    if run is None:
        raise GateError(
            f"The tracking store {store.where} holds no run {run_id!r}. `songpop compare` shows the run ids of a "
            "sweep's best trials, the MLflow UI those of all."
        )
    kind = run.data.tags.get(KIND)
    if kind not in ("trial", "final"):
        name = run.data.tags.get(SWEEP)
        remedy = f"Its trials are trained again by sweep={name!r}." if name else "Name the run of a trial."
        raise GateError(f"The run {run_id} must be one of a trial, but it is {_called(kind)}. {remedy}")


def _called(kind: str | None) -> str:
    whole = {"sweep": "that of a whole sweep", "train": "that of a whole training", "finals": "that of whole finals"}
    return whole.get(kind or "", "not songpop's")


def _sweep_of(run: Run) -> str:
    """Return the run that holds the files: a trial's parent; the finals' own has none."""
    return str(run.data.tags.get(OF) or run.data.tags.get(PARENT, ""))


def _numbers(store: Store, runs: Mapping[str, Run]) -> dict[str, list[StoredNumber]]:
    """Return every number of each run: histories, and the last values that MLflow keeps and shows beside them."""
    found: dict[str, set[StoredNumber]] = {run_id: set() for run_id in runs}
    rows = _by_client(store, runs) if store.engine is None else _by_rows(store.engine, list(runs))
    for run_id, number in rows:
        found[run_id].add(number)
    return {
        run_id: sorted(numbers, key=lambda one: (one.step, one.metric, one.value)) for run_id, numbers in found.items()
    }


def _by_rows(engine: sqlalchemy.Engine, run_ids: Sequence[str]) -> Iterator[tuple[str, StoredNumber]]:
    with engine.connect() as connection:
        for some in _portions(run_ids):
            for model in (SqlMetric, SqlLatestMetric):
                table: Any = model
                columns = (table.run_uuid, table.key, table.step, table.value, table.is_nan)
                for row in connection.execute(sqlalchemy.select(*columns).where(table.run_uuid.in_(some))):
                    value = float("nan") if row.is_nan else float(row.value)
                    yield row.run_uuid, StoredNumber(metric=row.key, step=int(row.step), value=value)


def _by_client(store: Store, runs: Mapping[str, Run]) -> Iterator[tuple[str, StoredNumber]]:
    for run_id, run in runs.items():
        for key, shown in run.data.metrics.items():
            history = store.client.get_metric_history(run_id, key)
            for one in history:
                yield run_id, StoredNumber(metric=key, step=one.step, value=float(one.value))
            last = max((one.step for one in history), default=0)
            yield run_id, StoredNumber(metric=key, step=last, value=float(shown))
