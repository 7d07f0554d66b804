"""What the tracking store remembers, as records: sweeps, rows of a leaderboard, data sets.

Owns: the shapes and the names of the tags. Does not own: reading or writing them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

Status = Literal["RUNNING", "FINISHED", "FAILED", "KILLED"]

# Tags that are read back; the others are only for people.
KIND = "songpop.kind"  # sweep or train (parents), trial (children)
SWEEP = "songpop.sweep"  # the sweep's name, on parents and children
STUDY = "songpop.study"  # id of the study whose record a parent is
PROCESS = "songpop.process"  # on a parent: the process that began it, or went on with it (processes.py)
TRIAL = "songpop.trial"  # the trial's number within the sweep
STATE = "songpop.state"  # complete, pruned, failed
MESSAGE = "songpop.message"  # why a trial failed
SPEC = "songpop.spec"  # the whole TrialSpec as JSON
NOT_FINITE = "songpop.not_finite"  # measurements that were no number
MODEL_ID = "songpop.model_id"  # on a parent: the logged model of its winner
MODELS = "songpop.models"  # on a training's parent: its models' names, a JSON list
TEST_DIGEST = "songpop.test_digest"  # on a parent: digest of its test rows
N_TEST_OPENINGS = "songpop.n_test_openings"  # on a parent: how often it looked at them
WEIGHTS = "weights.npz"  # artifact of a child


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
