"""The records and protocols through which the parts meet: no behaviour, only shapes.

Axes: R rows of a table, C columns of the raw matrix, F features after preprocessing.
"""

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float32]
Vector = NDArray[np.float32]
Indices = NDArray[np.int64]
Bools = NDArray[np.bool_]
Span = tuple[int, int]  # the place of the first feature of a block, and the place behind its last


# ── hyperparameters ─────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, kw_only=True)
class Params:
    """Every hyperparameter of one network and its training; a space may vary any of them by its field name.

    A parameter that its parent switches off (`l2` where `regularization` is "none") has no effect.
    """

    inputs: str = (
        "all"  # blocks of features that the network is given, joined by "+", like "rates+ages" (models.inputs)
    )
    embedding: str = "none"  # none, piecewise, periodic: numbers as vectors before the first layer (models.embeddings)
    embedding_width: int = 8  # values of a feature's vector
    n_bins: int = 12  # piecewise: pieces between quantiles of the training rows, per feature
    n_frequencies: int = 8  # periodic: waves per feature, each as cosine and sine
    frequency_scale: float = 0.1  # periodic: standard deviation of the initial frequencies
    widths: str = "128-64-32-16"  # units of the hidden layers, joined by "-"
    activation: str = "relu"  # relu, gelu, silu, selu, elu, tanh
    normalization: str = "none"  # none, layer, batch: of what a hidden layer's activation is given; Keras' defaults
    skip: str = "none"  # none, add: a hidden layer adds its inputs to its outputs where there are as many of both
    first_regularized: int = 0  # hidden layer (from 0) at which penalty and dropout begin
    batch_size: int = 64  # rows of a step
    regularization: str = "none"  # none, l1, l2, l1_l2: penalty on the kernels from `first_regularized` on
    l1: float = 1e-4  # lambda; Keras' formula: l1 * sum(abs(kernel))
    l2: float = 1e-4  # lambda; Keras' formula: l2 * sum(square(kernel))
    dropout_first: float = 0.0  # rate after the first regularised layer
    dropout_later: float = 0.0  # rate after each regularised layer behind it
    dropout_input: float = 0.0  # rate of the features, in training
    input_noise: float = 0.0  # standard deviation of what is added to each feature in training; Keras' GaussianNoise
    mixup: float = 0.0  # alpha of Beta(alpha, alpha), a share per step for it and the batch in reverse order; 0: off
    label_smoothing: float = 0.0  # s of y * (1 - s) + s / 2, in training; validation keeps the true labels
    optimizer: str = "adam"  # adam, adamw, nadam, rmsprop, sgd
    learning_rate: float = 1e-3  # at the first epoch, or after the warm-up
    momentum: float = 0.9  # sgd
    weight_decay: float = 4e-3  # adamw
    clip_norm: float = 0.0  # of all gradients together, penalty's included; Keras' global_clipnorm; 0: off
    weight_average: float = 0.0  # Keras' ema_momentum: the averages are measured and kept, not trained on; 0: off
    schedule: str = "constant"  # constant, step, exponential, cosine, warmup_cosine, plateau
    step_every: int = 10  # step: epochs between two drops
    step_factor: float = 0.5  # step: factor of a drop
    decay_to: float = 0.01  # exponential: share of the rate that is left at the last epoch
    cosine_to: float = 0.0  # cosine, warmup_cosine: share of the rate that is left at the last epoch
    warmup_epochs: int = 3  # warmup_cosine: epochs of linear rise
    plateau_patience: int = 5  # plateau: epochs without improvement before a drop
    plateau_factor: float = 0.5  # plateau: factor of a drop


@dataclass(frozen=True, kw_only=True)
class TrialSpec:
    """All that an engine needs to train one trial, apart from the data.

    `watch` is the metric that early stopping, best weights and the plateau schedule look at: "val_log_loss"
    (without penalty), or "val_loss" (with it, as Keras has it) under the published protocol.

    A trial that pauses (Hyperband's rounds) ends like any other, with the best of the epochs that it had; another trial
    of the same `params` and `seed` may go on from there. What goes on has the result of a trial that never paused, to
    the last bit: an engine that holds the state of `goes_on_from` begins with it, any other with the first epoch.
    """

    trial: int  # number within the sweep, from 0
    params: Params
    seed: int  # of initial weights, batch order and dropout
    n_epochs: int  # at most; schedules reckon with it
    patience: int | None  # epochs without improvement of `watch`; None: never stop early, keep the last weights
    watch: str = "val_log_loss"
    resample: int | None = None  # which resampled train and validation part (finals); None: the split's own
    pause_at: int | None = None  # epochs, from the first one on, with which it ends for now; None: all n_epochs
    goes_on_from: int | None = None  # the trial that it goes on from; None: it begins

    @property
    def last_epoch(self) -> int:
        """How many epochs it has at most, from the first one on; schedules reckon with `n_epochs`."""
        return self.n_epochs if self.pause_at is None else min(self.pause_at, self.n_epochs)


@dataclass(frozen=True)
class Wait:
    """No trial now, perhaps later (another one has to end first)."""


@dataclass(frozen=True)
class Done:
    """No further trial."""

    reason: str = ""


class Decision(Enum):
    """The answer to an epoch's report."""

    CONTINUE = "continue"
    STOP = "stop"  # the pruner gave the trial up


@dataclass(frozen=True, kw_only=True)
class EpochReport:
    """One validation measurement of one running trial.

    `metrics` has at least loss, val_loss (both with penalty), val_log_loss (without), val_accuracy and
    learning_rate (the one that this epoch was trained with).
    """

    trial: int
    epoch: int  # finished epochs, so the first report has epoch 1
    metrics: Mapping[str, float]


class TrialState(Enum):
    """How a trial ended."""

    COMPLETE = "complete"
    PRUNED = "pruned"
    FAILED = "failed"  # NaN or infinity; a failed trial never wins


@dataclass(frozen=True, kw_only=True, eq=False)
class TrialResult:
    """A finished trial.

    `metrics` are those of the kept weights: val_log_loss, val_loss, val_accuracy, val_roc_auc (empty if failed).
    `weights` are the network's arrays in Keras' `get_weights` order (without preprocessing), None if failed.
    `val_predictions` are probabilities of the validation rows, shape (R_val,), None if failed.
    """

    spec: TrialSpec
    state: TrialState
    history: tuple[EpochReport, ...]
    metrics: Mapping[str, float]
    best_epoch: int  # the epoch that the kept weights come from; 0 if failed
    weights: tuple[Matrix, ...] | None
    val_predictions: Vector | None
    started_at_s: float  # seconds since 1970
    wall_s: float
    message: str = ""  # why it failed

    @property
    def value(self) -> float:
        """The search objective: validation log loss without penalty; NaN if failed."""
        return self.metrics.get("val_log_loss", float("nan"))


# ── data ────────────────────────────────────────────────────────────────────────────────────────────────────


class ColumnKind(Enum):
    """What a column of the raw matrix holds."""

    COUNT = "count"  # not negative, long-tailed: the logarithm is taken
    NUMBER = "number"
    FLAG = "flag"  # 0 or 1
    AGE = "age"  # days from a date to `as_of`
    CATEGORY = "category"  # index into `categories`; a value never seen in the table is NaN
    CYCLE = "cycle"  # place within `period`, such as the weekday of a date
    NAME = "name"  # index into `categories`, which are all names of the table; no quantity, and no input of its own


FOR_BLOCKS = (ColumnKind.CYCLE, ColumnKind.NAME)  # made beside the described columns, for one block of features alone


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column of the raw float matrix; NaN means missing in every kind."""

    name: str
    kind: ColumnKind
    categories: tuple[str, ...] = ()
    period: float = 0.0  # cycles: after how much all begins anew; else 0


@dataclass(frozen=True, kw_only=True, eq=False)
class Split:
    """Row numbers of the three parts, each sorted, disjoint; together all rows of the table."""

    train: Indices
    validation: Indices
    test: Indices
    name: str  # stratified, by_artist, by_release_date, published
    seed: int
    digest: str  # of the three arrays


@dataclass(frozen=True, kw_only=True, eq=False)
class Part:
    """Preprocessed rows: `x` of shape (R, F), `y` of shape (R,) with 0.0 and 1.0."""

    x: Matrix
    y: Vector


@dataclass(frozen=True, kw_only=True, eq=False)
class Task:
    """What an engine trains on.

    `resamples` are other cuts of the same rows, which a spec names by number; `blocks` are the places of the features
    of each block, which a network names in `inputs`.
    """

    train: Part
    validation: Part
    resamples: "tuple[Task, ...]" = ()
    blocks: Mapping[str, Span] = field(default_factory=dict)


# ── protocols ───────────────────────────────────────────────────────────────────────────────────────────────

NextTrial = Callable[[], TrialSpec | Wait | Done]
OnEpoch = Callable[[EpochReport], Decision]


class Engine(Protocol):
    """Trains trials, one or many at once."""

    def run(self, next_trial: NextTrial, on_epoch: OnEpoch) -> Generator[TrialResult]:
        """Ask `next_trial` for work until it says Done and nothing runs; yield each trial as it ends.

        Closing the generator ends what still runs.
        """
        ...


class SearchBackend(Protocol):
    """Decides what to try and what to stop, and keeps the study."""

    def ask(self) -> TrialSpec | Wait | Done:
        """Return the next trial; Wait while only running ones are left; Done when the budget is spent."""
        ...

    def should_stop(self, report: EpochReport) -> bool:
        """Say whether the trial that made this report is to be given up."""
        ...

    def tell(self, result: TrialResult) -> None:
        """Take a trial that has ended into account, in memory: for what is asked and stopped from now on."""
        ...

    def keep(self, told: Sequence[tuple[TrialResult, str]]) -> "tuple[FinishedTrial, ...]":
        """Keep trials that were told, durably, before returning; each with its run in the tracking store.

        May be called from another thread than the rest.
        """
        ...

    def suggested(self, trial: int) -> Mapping[str, Any]:
        """Return the configuration of a running or finished trial: the active parameters of the space."""
        ...

    def finished(self) -> "tuple[FinishedTrial, ...]":
        """Return the finished trials of the study by number, those of earlier calls too."""
        ...

    @property
    def n_trials(self) -> int:
        """How many finished trials the study shall have."""
        ...


class Tracker(Protocol):
    """Keeps the record of a sweep's trials."""

    def record_all(self, trials: Sequence[tuple[TrialResult, Mapping[str, Any]]]) -> list[str]:
        """Write finished trials and return their run ids; with each the parameters that were searched."""
        ...


@dataclass(frozen=True, kw_only=True)
class FinishedTrial:
    """A trial as the study remembers it."""

    trial: int
    state: TrialState
    suggested: Mapping[str, Any]
    value: float  # validation log loss; NaN if failed
    n_epochs: int  # epochs that it had, those included that it goes on from
    best_epoch: int
    run_id: str
    metrics: Mapping[str, float] = field(default_factory=dict)
    goes_on_from: int | None = None  # the trial whose epochs are the first of these; None: it began
