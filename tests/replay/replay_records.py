"""Trials of the record for the tests of replay, made by hand."""

import json
from collections.abc import Iterable
from dataclasses import asdict
from io import BytesIO
from typing import Any

import numpy as np

from songpop.contracts import Params, TrialSpec
from songpop.replay.record import PER_EPOCH
from songpop.tracking.records import StoredNumber, SweepFiles, TrialRecord
from songpop.tracking.trial_batch import effective_params

SPEC = TrialSpec(trial=7, params=Params(optimizer="rmsprop"), seed=3, n_epochs=5, patience=None)
TAGS = {
    "songpop.sweep": "s",
    "songpop.trial": "7",
    "songpop.state": "complete",
    "songpop.spec": json.dumps(asdict(SPEC)),
    "songpop.engine": "population",
    "songpop.n_slots": "4",
    "songpop.machine": "x86_64 znver3 avx2 fma",
    "songpop.table": "ab" * 32,
    "songpop.split": "by artist " + "cd" * 32,
    "songpop.label": "Track Score > 29.9",
}
ENVIRONMENT = {"python": "3.11.2", "packages": {"keras": "3.15.0"}, "machine_class": "x86_64 znver3 avx2 fma"}


def numbers(n_epochs: int = 3, value: float = 0.4, best: float | None = 0.41) -> list[StoredNumber]:
    """What a trial of so many epochs has stored; without a best value, that of one that failed."""
    found = [StoredNumber(metric=m, step=e, value=value + e / 100) for e in range(1, n_epochs + 1) for m in PER_EPOCH]
    found += [StoredNumber(metric="n_epochs", step=0, value=float(n_epochs))]
    found += [StoredNumber(metric="wall_s", step=0, value=1.5)]
    if best is not None:
        found += [StoredNumber(metric="best_val_log_loss", step=1, value=best)]
        found += [StoredNumber(metric="best_epoch", step=0, value=1.0)]
    return found


def changed(stored: Iterable[StoredNumber], metric: str, step: int, by: float) -> list[StoredNumber]:
    """The same numbers, one of them changed."""
    return [
        StoredNumber(
            metric=one.metric, step=one.step, value=one.value + by * ((one.metric, one.step) == (metric, step))
        )
        for one in stored
    ]


def split_file() -> bytes:
    buffer = BytesIO()
    np.savez_compressed(buffer, train=np.arange(6), validation=np.arange(6, 8), test=np.arange(8, 10))
    return buffer.getvalue()


PARAMS = {name: str(value) for name, value in effective_params(SPEC.params).items()}

FILES = {
    "config.yaml": b"data: {}\n",
    "split.npz": split_file(),
    "environment.json": json.dumps(ENVIRONMENT).encode(),
}
GROUND = SweepFiles(is_there=True, files=FILES)


def trial_record(stored: Iterable[StoredNumber] | None = None, without: str = "", **tags: Any) -> TrialRecord:
    """A trial's run: `songpop_state="failed"` is the tag songpop.state, `without` a tag that is not there."""
    told = {**TAGS, **{name.replace("_", ".", 1): value for name, value in tags.items()}}
    told.pop(without, None)
    return TrialRecord(
        run_id="r7",
        name="trial-007",
        parent="p",
        tags=told,
        params=PARAMS,
        numbers=tuple(numbers() if stored is None else stored),
    )
