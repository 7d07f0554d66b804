"""What commands return: frozen records, the same for the terminal, for --json and for a notebook."""

import dataclasses
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # SciPy, which commands that do not search do without
    from songpop.search.finals import Finals


CHAMPION_FILE = "champion.json"  # artifact of a sweep's run: the Champion
CHAMPION = "songpop.champion"  # tag of that run: the SHA-256 of that file, which is longer than a tag may be


@dataclass(frozen=True, kw_only=True)
class BestTrial:
    """The best trial of a search, by validation log loss."""

    run_id: str
    trial: int
    params: Mapping[str, Any]
    val_log_loss: float


@dataclass(frozen=True, kw_only=True)
class Champion:
    """The model that a sweep puts forward, and what it reached on the sealed test rows."""

    kind: str  # single: one model; bag: the mean of the finals winner's; ensemble: of several configurations'
    n_models: int
    run_ids: tuple[str, ...]  # of its models
    votes: tuple[int, ...]  # of each of these in the mean
    val_log_loss: float  # mean over its models, each on its own validation rows
    reason: str  # why it and no other
    test: Mapping[str, float]  # called positive above 0.5
    test_intervals: Mapping[str, tuple[float, float]]  # 95 %, over rows
    threshold: float  # chosen on validation rows; the model decides by it
    test_at_threshold: Mapping[str, float]  # called positive above the threshold
    test_at_threshold_intervals: Mapping[str, tuple[float, float]]
    n_test_rows: int
    n_test_openings: int  # how often these very test rows were looked at, this time included, whoever looked
    baseline_accuracy: float  # share of the larger class among the test rows
    baselines: Mapping[str, Mapping[str, float]]  # by method: its metrics on the test rows

    @staticmethod
    def from_json(text: str) -> "Champion":
        """Return the champion whose fields are a JSON object."""
        values = json.loads(text)
        intervals = ("test_intervals", "test_at_threshold_intervals")
        pairs = {key: {name: (low, high) for name, (low, high) in values[key].items()} for key in intervals}
        lists = {key: tuple(values[key]) for key in ("run_ids", "votes")}
        return Champion(**{**values, **pairs, **lists})


@dataclass(frozen=True, kw_only=True)
class Leader:
    """One line of the leaderboard."""

    rank: int
    trial: int
    val_log_loss: float
    val_accuracy: float
    n_epochs: int
    best_epoch: int
    suggested: Mapping[str, Any]
    run_id: str


@dataclass(frozen=True, kw_only=True)
class EngineLoad:
    """How well a population was used."""

    occupancy: float  # share of the slots' time in which they trained a trial
    filled_share: float  # of what was computed, the share that belonged to a trial: a GPU's stacks are filled up
    n_traces: int  # programs that were compiled for trials: none on a CPU, on a GPU two per network
    n_deaths: int  # workers that died, their trials trained again


@dataclass(frozen=True, kw_only=True)
class SweepOutcome:
    """What `songpop sweep` found. `study` is Optuna's own, with every finished trial."""

    sweep: str  # its name
    parent_run_id: str  # MLflow's run of the sweep; the trials' runs are its children
    protocol: str  # honest or published
    n_trials: int  # finished, in all calls of the study together
    n_complete: int  # of these: trained to their end, which early stopping may have been
    n_pruned: int  # of these: given up by the pruner
    n_failed: int  # of these: ended by a loss that is no number
    n_new: int  # trials of this call
    n_epochs: int  # epochs trained, over all trials of the study
    n_epochs_full: int  # epochs that the same trials would have had without pruning or early stopping
    min_epochs_pruned: int | None  # fewest epochs of a pruned trial
    wall_s: float  # of this call
    engine: str  # population or keras
    load: EngineLoad | None  # of this call; None where the engine trains one trial at a time
    best: BestTrial | None  # None: no trial is complete
    finals: "Finals | None"  # None: not held, or interrupted
    champion: Champion | None  # None: there is none yet, or the sweep was interrupted
    leaders: tuple[Leader, ...]  # the best complete trials, the best first
    leaks: tuple[str, ...]  # columns that give the label away and were allowed
    tracking_uri: str  # as MLflow takes it, without a password
    interrupted: bool  # by Ctrl-C or SIGTERM; what was finished is kept
    ended_because: str  # why no further trial was trained
    is_newest: bool  # whether it is the sweep that was begun last: the one that promote takes without a name
    importances: Mapping[str, float] = field(default_factory=dict)  # shares; empty after few complete trials
    study: Any = field(default=None, repr=False, metadata={"json": False})


def as_json(record: Any) -> Any:
    """Turn a record into what json.dumps takes; NaN becomes null, and fields marked json=False stay out."""
    if dataclasses.is_dataclass(record) and not isinstance(record, type):
        shown = [item for item in dataclasses.fields(record) if item.metadata.get("json", True)]
        return {item.name: as_json(getattr(record, item.name)) for item in shown}
    if isinstance(record, Mapping):
        return {str(key): as_json(value) for key, value in record.items()}
    if isinstance(record, list | tuple):
        return [as_json(value) for value in record]
    return _plain(record)


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Path):
        return str(value)
    if hasattr(value, "item"):  # a NumPy scalar
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
