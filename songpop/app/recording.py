"""What a run is recorded with: tags, parameters, artifacts and the data set, from settings and ground."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict
from enum import Enum
from functools import cache
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from songpop.app.advisors import advisor_name
from songpop.app.prepare import Ground
from songpop.contracts import Split
from songpop.errors import StoreError
from songpop.settings import SweepSettings
from songpop.space import Space, as_entries
from songpop.tracking.environment import Environment, environment
from songpop.tracking.model_facts import LEAKS
from songpop.tracking.patience import Patience
from songpop.tracking.records import (
    CIRCUMSTANCES,
    COMMIT,
    CONFIG,
    ENGINE,
    ENVIRONMENT,
    LABEL,
    MACHINE,
    N_SLOTS,
    PARTS,
    PARTS_SUMMARY,
    PROTOCOL,
    SEARCH_SEED,
    SPACE,
    SPLIT,
    SPLIT_SEED,
    TABLE,
    TEST_DIGEST,
    DatasetRecord,
    environment_file,
)
from songpop.tracking.runs import SweepRun, start_sweep
from songpop.tracking.store import Store, open_store
from songpop.tracking.views import write_views

REPOSITORY = Path(__file__).resolve().parents[2]  # the checkout, if this is one: its commit is recorded


@contextmanager
def open_run(
    settings: SweepSettings,
    ground: Ground,
    *,
    kind: str,
    name: str,
    n_slots: int,
    space: Space | None = None,
    study: str | None = None,
    patience: Patience | None = None,
) -> Iterator[tuple[Store, SweepRun]]:
    """Open the store and the parent run of a sweep; an error or an interruption leaves it KILLED, not RUNNING.

    Args:
        settings: of the command.
        ground: what its trials stand on.
        kind: "sweep" or "train".
        name: of the sweep.
        n_slots: trials that each process trains at once.
        space: what is searched; None: nothing.
        study: id of the study; None: there is none.
        patience: how long a store that is lost is waited for; None: not at all.

    Raises:
        StoreError: if the store cannot be used.
    """
    store = open_store(settings.tracking, Path(settings.paths.root), patience=patience)
    tags = record_tags(settings, ground, space, n_slots)
    run = start_sweep(
        store,
        name,
        kind=kind,
        tags={**tags, TEST_DIGEST: test_digest(ground)},
        params=_params(settings, kind),
        artifacts=_artifacts(settings, ground, space),
        dataset=dataset_of(settings, ground),
        child_tags=tags,
        study=study,
    )
    try:
        write_views(store)
        yield store, run
    except BaseException:
        store.patience.give_up()
        with suppress(StoreError):  # that was the reason, perhaps; the next start, or songpop doctor, says it then
            run.finish("KILLED")
        raise


def record_tags(settings: SweepSettings, ground: Ground, space: Space | None, n_slots: int) -> dict[str, str]:
    """Return the tags that every run of a sweep carries: where it comes from, how it was trained, whether it leaks."""
    env = _environment()
    tags = {
        PROTOCOL: settings.protocol.name.value,
        ENGINE: settings.engine.kind.value,
        N_SLOTS: str(n_slots),
        MACHINE: env.machine_class,
        ENVIRONMENT: env.digest,
        TABLE: ground.table.digest,
        SPLIT: f"{settings.split.kind.value} {ground.split.digest}",
        LABEL: ground.table.label_rule,
        LEAKS: json.dumps(list(ground.leaks.allowed)),
        SEARCH_SEED: str(settings.search.seed),
        SPLIT_SEED: str(settings.split.seed),
    }
    if space is not None:
        tags[SPACE] = space.digest
    if env.commit:
        tags[COMMIT] = env.commit
        tags["mlflow.source.git.commit"] = env.commit
    return tags


@cache
def _environment() -> Environment:
    """Return the circumstances of this process: what was imported does not change any more."""
    return environment(REPOSITORY)


def test_digest(ground: Ground) -> str:
    """Return the digest of the test rows' content, whatever their order: openings are counted by it."""
    return sha256(np.sort(ground.table.row_keys[ground.split.test]).tobytes()).hexdigest()


def _params(settings: SweepSettings, kind: str) -> dict[str, Any]:
    ground = {
        "data": settings.data.name,
        "protocol": settings.protocol.name.value,
        "split": settings.split.kind.value,
    }
    if kind == "train":
        return {**ground, "n_seeds": settings.train.n_seeds, "seed": settings.train.seed}
    return {
        **ground,
        "sampler": advisor_name(settings),
        "pruner": settings.pruner.kind.value,
        "n_trials": settings.search.n_trials,
        "epochs": settings.train.epochs,
    }


def _artifacts(settings: SweepSettings, ground: Ground, space: Space | None) -> dict[str, str | bytes]:
    env = _environment()
    files: dict[str, str | bytes] = {
        CONFIG: config_text(settings),
        PARTS: _split_file(ground.split),
        PARTS_SUMMARY: json.dumps(_split_summary(ground), indent=2),
        "table.json": json.dumps(_plain(asdict(ground.table.report)), indent=2, default=str),
        CIRCUMSTANCES: env.to_json(),
        environment_file(env.digest): env.to_json(),  # the one above is that of the last start
    }
    if space is not None:
        files["space.json"] = json.dumps(as_entries(space), indent=2)
    return files


def config_text(settings: SweepSettings) -> str:
    """Return settings as the file beside a run has them (`compose.recorded_settings` reads it)."""
    return yaml.safe_dump(_plain(asdict(settings)), sort_keys=False, allow_unicode=True)


def _split_file(split: Split) -> bytes:
    buffer = BytesIO()
    np.savez_compressed(buffer, train=split.train, validation=split.validation, test=split.test)
    return buffer.getvalue()


def _split_summary(ground: Ground) -> Mapping[str, Any]:
    split, label = ground.split, ground.table.label
    parts = {"train": split.train, "validation": split.validation, "test": split.test}
    return {
        "name": split.name,
        "seed": split.seed,
        "digest": split.digest,
        "parts": {name: {"n_rows": len(rows), "n_positive": int(label[rows].sum())} for name, rows in parts.items()},
    }


def dataset_of(settings: SweepSettings, ground: Ground) -> DatasetRecord:
    """Return the table as runs and models are linked to it."""
    return DatasetRecord(
        name=settings.data.name,
        digest=ground.table.digest,
        source=ground.source,
        n_rows=ground.table.report.n_rows,
        columns=tuple(ground.table.columns[k].name for k in ground.table.described),
    )


def _plain(value: Any) -> Any:
    """Settings as YAML and JSON take them: an option by its name."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
