"""The ground of a run: where it comes from, its parameters, its data set, its files.

Owns: writing them, once at each start. Does not own: trials, how a run ends (runs.py).
"""

import getpass
import json
import tempfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from mlflow.entities import Dataset, DatasetInput, InputTag, Param, Run, RunTag

from songpop.tracking.processes import this_process
from songpop.tracking.records import PROCESS, DatasetRecord
from songpop.tracking.store import Store

MAX_DIGEST_LENGTH = 36  # MLflow's column


def begin_run(
    store: Store,
    run: Run,
    tags: Mapping[str, str],
    params: Mapping[str, Any],
    dataset: DatasetRecord | None,
    artifacts: Mapping[str, str | bytes],
) -> None:
    """Write the ground of a sweep, and say that it runs."""
    values = {key: str(value) for key, value in params.items()}
    before = run.data.params
    changed = {f"songpop.now.{k}": v for k, v in values.items() if k in before and before[k] != v}
    store.client.log_batch(
        run.info.run_id,
        params=[Param(key, value) for key, value in values.items() if key not in before],
        tags=[RunTag(key, str(value)) for key, value in {**tags, **changed, PROCESS: this_process()}.items()],
    )
    store.client.update_run(run.info.run_id, status="RUNNING")
    if dataset:
        store.client.log_inputs(run.info.run_id, datasets=[dataset_input(dataset)])
    write_artifacts(store, run.info.run_id, artifacts)


def write_artifacts(store: Store, run_id: str, artifacts: Mapping[str, str | bytes]) -> None:
    """Write files beside a run, all in one call."""
    if not artifacts:
        return
    with tempfile.TemporaryDirectory() as folder:
        for path, content in artifacts.items():
            file = Path(folder) / PurePosixPath(path)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content.encode() if isinstance(content, str) else content)
        store.client.log_artifacts(run_id, folder)


def source_tags() -> dict[str, str]:
    """Return the tags that say who wrote a run."""
    return {"mlflow.source.name": "songpop", "mlflow.source.type": "LOCAL", "mlflow.user": getpass.getuser()}


def dataset_input(record: DatasetRecord) -> DatasetInput:
    """Return a table as MLflow shows it beside a run."""
    dataset = Dataset(
        name=record.name,
        digest=record.digest[:MAX_DIGEST_LENGTH],
        source_type="local",
        source=json.dumps({"uri": record.source}),
        schema=json.dumps({"mlflow_colspec": [{"name": c, "type": "float"} for c in record.columns]}),
        profile=json.dumps({"num_rows": record.n_rows, "digest": record.digest}),
    )
    return DatasetInput(dataset, tags=[InputTag("mlflow.data.context", "training")])
