"""What the tracking store remembers, as records: sweeps, rows of a leaderboard, data sets.

Owns: the shapes and the names of the tags. Does not own: reading or writing them.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

Status = Literal["RUNNING", "FINISHED", "FAILED", "KILLED"]

# Tags that are read back; the others are only for people.
KIND = "songpop.kind"  # parents: sweep, train, finals, tuner; children: trial, and final under finals
TUNER = "tuner"  # a kind of parents: the search of a tracked KerasTuner, of which nothing can be promoted
SWEEP = "songpop.sweep"  # the sweep's name, on parents and children
STUDY = "songpop.study"  # id of the study whose record a parent is
PROCESS = "songpop.process"  # on a parent: the process that began it, or went on with it (processes.py)
TRIAL = "songpop.trial"  # the trial's number within the sweep
STATE = "songpop.state"  # complete, pruned, failed
MESSAGE = "songpop.message"  # why a trial failed
SPEC = "songpop.spec"  # the whole TrialSpec as JSON
GOES_ON_FROM = "songpop.goes_on_from"  # number of the trial whose epochs are the first of its own
NOT_FINITE = "songpop.not_finite"  # measurements that were no number
MODEL_ID = "songpop.model_id"  # on a parent: the logged model of its winner
MODELS = "songpop.models"  # on a training's parent: its models' names, a JSON list
TEST_DIGEST = "songpop.test_digest"  # on a parent: digest of its test rows
OF = "songpop.of"  # on the run of a finals, and on its children: run id of the sweep
FINALS = "songpop.finals"  # on a parent: digest of who took part in its finals, and how
ENGINE = "songpop.engine"  # on parents and children, as those below: who trains
N_SLOTS = "songpop.n_slots"  # trials that each process trained at once
MACHINE = "songpop.machine"  # class of the machine: what decides how it rounds
ENVIRONMENT = "songpop.environment"  # digest of the environment; the parent has the file `environment_file` names
TABLE = "songpop.table"  # digest of the table
SPLIT = "songpop.split"  # kind and digest of the split
SPLIT_SEED = "songpop.split_seed"
PROTOCOL = "songpop.protocol"  # honest or published
SPACE = "songpop.space"  # digest of the space that was searched
SEARCH_SEED = "songpop.search_seed"
LABEL = "songpop.label"  # rule of the label, with its threshold
COMMIT = "songpop.commit"
OBJECTIVE = "best_val_log_loss"  # the metric that trials are compared by
N_TEST_OPENINGS = "songpop.n_test_openings"  # on a parent: how often it looked at them
WEIGHTS = "weights.npz"  # artifact of a child
CONFIG, PARTS, CIRCUMSTANCES = "config.yaml", "split.npz", "environment.json"  # artifacts of a parent
PARTS_SUMMARY = "split.json"  # artifact of a parent: how many rows each part has

# Sweeps of which all of these are equal stand on the same ground: parts and resamples are a function of them. Each with
# what a person calls another one; another seed is told by what it cuts.
GROUND = {TABLE: "another table", LABEL: "another label", SPLIT: "other rows in its parts", SPLIT_SEED: ""}


def environment_file(digest: str) -> str:
    """Return where a parent keeps the environment of this digest: a resumed sweep may have had several."""
    return f"environments/{digest}.json"


def is_same_value(kept: object, recorded: object) -> bool:
    """Say whether a value is the one that was recorded, perhaps as text."""
    if isinstance(kept, float):
        try:
            number = float(str(recorded))
        except ValueError:
            return False
        return math.isclose(kept, number, rel_tol=1e-9) or (math.isnan(kept) and math.isnan(number))
    return str(kept) == str(recorded)


@dataclass(frozen=True, kw_only=True)
class DatasetRecord:
    """The table of a sweep, as MLflow shows it beside the run."""

    name: str
    digest: str  # of the content, hexadecimal; MLflow keeps the first 36 characters
    source: str  # path or address, for people
    n_rows: int
    columns: tuple[str, ...] = ()  # of the raw matrix


@dataclass(frozen=True, kw_only=True)
class SweepRecord:
    """A sweep (or a `train`) as the store remembers it."""

    name: str
    run_id: str
    kind: str
    status: str
    started_at_s: float  # seconds since 1970
    tags: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class LeaderRow:
    """One finished trial in the order of the search objective."""

    trial: int
    run_id: str
    name: str
    state: str
    value: float  # best_val_log_loss
    metrics: Mapping[str, float] = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Something in a store that is not as it should be."""

    where: str
    problem: str
    remedy: str  # what a person has to do; what `mend` does, where there is one
    mend: Callable[[], object] | None = None


@dataclass(frozen=True, kw_only=True)
class Reconciled:
    """What a resume had to mend."""

    n_deleted: int  # children that the study does not know
    missing: tuple[int, ...]  # trials of the study that have no run


@dataclass(frozen=True, kw_only=True)
class StoredNumber:
    """One measurement as the store has it."""

    metric: str
    step: int  # the epoch, where it belongs to one
    value: float


@dataclass(frozen=True, kw_only=True)
class TrialRecord:
    """A trial's run."""

    run_id: str
    name: str
    parent: str  # run id of its sweep; "" if it says none
    tags: Mapping[str, str]
    params: Mapping[str, str]  # what people see; SPEC is what was trained
    numbers: tuple[StoredNumber, ...]


@dataclass(frozen=True, kw_only=True)
class SweepFiles:
    """What a sweep's run keeps for all its trials."""

    is_there: bool  # false: the run itself is gone
    files: Mapping[str, bytes] = field(default_factory=dict)  # by path; those that were asked for and are there
    sources: tuple[str, ...] = ()  # where its table came from, for people
