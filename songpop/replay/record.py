"""A trial's record as training it again needs it: spec, state, numbers, ground; or which part of it is missing.

Owns: what a record must have. Does not own: reading it from the store (tracking), whether its numbers hold
(comparison).
"""

import io
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from songpop.contracts import Indices, Params, TrialSpec, TrialState
from songpop.errors import DAMAGED_ARRAYS
from songpop.replay.comparison import best_of
from songpop.tracking.records import (
    CIRCUMSTANCES,
    COMMIT,
    CONFIG,
    ENGINE,
    ENVIRONMENT,
    LABEL,
    MACHINE,
    MESSAGE,
    N_SLOTS,
    PARTS,
    SPEC,
    SPLIT,
    STATE,
    SWEEP,
    TABLE,
    TRIAL,
    StoredNumber,
    SweepFiles,
    TrialRecord,
    environment_file,
    is_same_value,
)
from songpop.tracking.trial_batch import OFF, effective_params

PER_EPOCH = ("loss", "val_loss", "val_log_loss", "val_accuracy", "learning_rate")  # contracts.EpochReport
NEEDED_TAGS = (SPEC, STATE, TABLE, SPLIT, ENGINE)
NEEDED_FILES = (CONFIG, PARTS)
PART_NAMES = ("train", "validation", "test")


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """A trial of the record, whole."""

    run_id: str
    run: str
    sweep: str
    parent: str
    spec: TrialSpec
    state: TrialState
    n_epochs: int
    best: float | None  # best_val_log_loss; None if it failed
    numbers: tuple[StoredNumber, ...]
    engine: str
    n_slots: int | None  # None, as below: recorded by an older songpop
    machine: str | None
    table: str  # digests
    split: str
    label: str
    environment: Mapping[str, Any]  # {}: not recorded


def missing_parts(record: TrialRecord, ground: SweepFiles) -> tuple[str, ...]:
    """Return the parts that are not there, or cannot be read, and without which nothing can be trained or compared."""
    if not record.parent or not ground.is_there:
        return (f"the run of its sweep ({record.parent or 'which it does not name'})",)
    tags = [f"the tag {name}" for name in NEEDED_TAGS if name not in record.tags]
    files = [f"the file {name} of its sweep" for name in NEEDED_FILES if name not in ground.files]
    return (*tags, *files) or (*_unreadable(record), *_missing_numbers(record))


def recorded(record: TrialRecord, ground: SweepFiles) -> Recorded:
    """Return a record that has no missing parts."""
    tags = record.tags
    slots = tags.get(N_SLOTS, "")
    return Recorded(
        run_id=record.run_id,
        run=record.name,
        sweep=tags.get(SWEEP, ""),
        parent=record.parent,
        spec=_spec(tags[SPEC]),
        state=TrialState(tags[STATE]),
        n_epochs=_n_epochs(record.numbers) or 0,
        best=best_of(record.numbers),
        numbers=record.numbers,
        engine=tags[ENGINE],
        n_slots=int(slots) if slots.isdigit() else None,
        machine=tags.get(MACHINE),
        table=tags[TABLE],
        split=tags[SPLIT].rpartition(" ")[2],
        label=tags.get(LABEL, ""),
        environment=_environment(tags, ground),
    )


def differing_params(record: TrialRecord) -> tuple[str, ...]:
    """Return a sentence for each param of the run that is not what its spec says, of a record without missing parts.

    A trial is trained from its spec, while people read, compare and filter its params.
    """
    params = _spec(record.tags[SPEC]).params
    told = json.loads(record.tags[SPEC])["params"]  # parameters of later versions are not in records of earlier ones
    effective, all_values = effective_params(params), asdict(params)
    return tuple(
        f"the param {name} of its run is {record.params.get(name, 'not there')}, its tag {SPEC} has {value}"
        for name, value in all_values.items()
        if name in told
        and (name in effective or name in record.params)  # one without effect is there if it was searched, or is off
        and not is_same_value(value, record.params.get(name))
        and not (name not in effective and name in OFF and is_same_value(OFF[name], record.params.get(name)))
    )


def trial_number(record: TrialRecord) -> int | None:
    """Return the trial's number within its sweep; None where the record does not say."""
    told = record.tags.get(TRIAL, "")
    return int(told) if told.isdigit() else None


def environment_files(records: Sequence[TrialRecord]) -> list[str]:
    """Return where the environments of these trials of one sweep are kept."""
    digests = {record.tags[ENVIRONMENT] for record in records if ENVIRONMENT in record.tags}
    return [CIRCUMSTANCES, *map(environment_file, sorted(digests))]


def parts_of(content: bytes) -> tuple[Indices, Indices, Indices] | None:
    """Return the row numbers of train, validation and test; None if the file cannot be read."""
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as archive:
            train, validation, test = (archive[name].astype(np.int64) for name in PART_NAMES)
    except DAMAGED_ARRAYS:
        return None
    return train, validation, test


def _unreadable(record: TrialRecord) -> Iterator[str]:
    try:
        _spec(record.tags[SPEC])
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        yield f"a tag {SPEC} that this version understands ({error})"
    if record.tags[STATE] not in {state.value for state in TrialState}:
        yield f"a tag {STATE} that this version understands ({record.tags[STATE]!r})"


def _missing_numbers(record: TrialRecord) -> Iterator[str]:
    n_epochs = _n_epochs(record.numbers)
    if n_epochs is None:
        yield "the number n_epochs"
        return
    message = record.tags.get(MESSAGE, "")
    if record.tags[STATE] == TrialState.FAILED.value and not n_epochs and was_lost(message):
        yield f"any measurement: it was lost in training ({message})"
        return
    there = {(one.metric, one.step) for one in record.numbers}
    for metric in PER_EPOCH:
        gaps = [epoch for epoch in range(1, n_epochs + 1) if (metric, epoch) not in there]
        if gaps:
            shown = ", ".join(map(str, gaps[:3])) + (" …" if len(gaps) > 3 else "")
            yield f"the number {metric} of epoch {shown}"
    if record.tags[STATE] != TrialState.FAILED.value and best_of(record.numbers) is None:
        yield "the number best_val_log_loss"


def was_lost(message: str) -> bool:
    """Say whether a failed trial failed with its worker, not by its own numbers (`engines.life` begins with these)."""
    return not message.startswith("epoch ")


def _n_epochs(numbers: Sequence[StoredNumber]) -> int | None:
    told = [one.value for one in numbers if one.metric == "n_epochs" and math.isfinite(one.value)]
    return round(told[0]) if told else None


def _spec(text: str) -> TrialSpec:
    values = json.loads(text)
    return TrialSpec(**{**values, "params": Params(**values["params"])})


def _environment(tags: Mapping[str, str], ground: SweepFiles) -> Mapping[str, Any]:
    """Return the environment that the trial was trained in, or else that of its sweep's last start."""
    own = ground.files.get(environment_file(tags.get(ENVIRONMENT, "")))
    content = own or ground.files.get(CIRCUMSTANCES)
    try:
        found = json.loads(content) if content else {}
    except ValueError:
        found = {}
    if not isinstance(found, dict):
        found = {}
    if MACHINE in tags:
        found["machine_class"] = tags[MACHINE]
    if COMMIT in tags and not own:  # the trial's own, if the file is not
        found["commit"] = tags[COMMIT]
    return found
