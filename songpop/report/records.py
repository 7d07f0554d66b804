"""What a report is made of: everything that is known of a sweep, as frozen records.

Owns: the shapes. Does not own: reading them from a store (app/report.py), drawing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from songpop.search.finals import Finals

Value = float | str  # of a searched parameter


@dataclass(frozen=True, kw_only=True)
class Trial:
    """A finished trial of the search."""

    number: int
    name: str
    run_id: str
    state: str  # complete, pruned, failed
    value: float  # its best validation log loss; NaN if it failed at once
    accuracy: float
    params: Mapping[str, Value]  # the searched parameters that it had
    n_epochs: int
    best_epoch: int
    n_new_epochs: int  # without those that it goes on from
    goes_on_from: int | None  # the trial whose epochs are the first of these; None: it began
    began_s: float  # into the search; pauses, in which no trial was trained, are left out
    ended_s: float


@dataclass(frozen=True, kw_only=True)
class Curve:
    """How a run of the finals learnt."""

    finalist: int  # place among the finalists
    resample: int
    losses: tuple[float, ...]  # validation log loss after each epoch


@dataclass(frozen=True, kw_only=True, eq=False)
class Sealed:
    """The one look at the sealed rows: truth (R,) and probability (R,)."""

    label: NDArray[np.int8]
    chance: NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Measured:
    """The champion on the sealed rows."""

    kind: str  # single, bag, ensemble
    n_models: int
    reason: str  # why it and no other
    metrics: Mapping[str, float]
    intervals: Mapping[str, tuple[float, float]]
    threshold: float
    at_threshold: Mapping[str, float]
    at_threshold_intervals: Mapping[str, tuple[float, float]]
    n_rows: int
    n_openings: int
    baselines: Mapping[str, Mapping[str, float]]


@dataclass(frozen=True, kw_only=True)
class ColumnWeight:
    """How much worse the champion is with a column shuffled, in log loss, with its 95 % interval."""

    column: str
    mean: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Correlations:
    """Spearman's rank correlations of the table's columns, shape (C, C)."""

    columns: tuple[str, ...]
    values: NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What gates said of the sweep's model, the last time that somebody wanted to promote it."""

    is_passed: bool
    gates: tuple[tuple[str, bool, str], ...]  # name, passed, sentence


@dataclass(frozen=True, kw_only=True)
class RandomSearch:
    """Another sweep on the same ground, whose trials came by chance."""

    name: str
    trials: tuple[Trial, ...]


@dataclass(frozen=True, kw_only=True)
class Report:
    """A sweep, and all that is known of it. What is not known is None or empty, and `absences` says why."""

    sweep: str
    run_id: str
    began: str  # date and time, for people
    protocol: str
    table: str  # where it came from
    table_digest: str
    label: str
    is_generated: bool
    n_rows: Mapping[str, int]  # of each part
    leaks: tuple[str, ...]
    sampler: str
    pruner: str
    commit: str
    search_seed: int
    split_seed: int
    n_epochs_each: int  # that a trial may have
    n_seats: int  # trials that could run at once
    trials: tuple[Trial, ...]
    finals: Finals | None = None
    finals_s: float | None = None  # in which a run of the finals was trained
    curves: tuple[Curve, ...] = ()
    measured: Measured | None = None
    sealed: Sealed | None = None
    weights: tuple[ColumnWeight, ...] = ()
    correlations: Correlations | None = None
    verdict: Verdict | None = None
    random: RandomSearch | None = None
    importances: Mapping[str, float] = field(default_factory=dict)  # of parameters; shares
    published: Mapping[str, Mapping[str, float]] = field(default_factory=dict)  # model → metric, under that protocol
    absences: Mapping[str, str] = field(default_factory=dict)  # key of a section → why it cannot be drawn

    @property
    def complete(self) -> tuple[Trial, ...]:
        """The trials that were trained to their end, without those that a complete one went on from.

        These are the same training, and shorter.
        """
        complete = [trial for trial in self.trials if trial.state == "complete"]
        gone_on = {trial.goes_on_from for trial in complete}
        return tuple(trial for trial in complete if trial.number not in gone_on)

    @property
    def best(self) -> Trial | None:
        """The complete trial with the lowest validation log loss."""
        return min(self.complete, key=lambda trial: trial.value, default=None)


@dataclass(frozen=True, kw_only=True, eq=False)
class Picture:
    """A figure, what it finds in words, and its numbers."""

    figure: Figure
    finding: str  # a sentence or two with the numbers that matter: caption and alternative text
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    titles: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # gid of marks → what each one is, for a mouse


@dataclass(frozen=True, kw_only=True)
class Absence:
    """Why a section has no picture."""

    reason: str
