"""The network and its training.

What model, optimizer, schedule and `train.batch_size` hold is fixed, also where the space would search it; null leaves
it to the space, and to the default of `contracts.Params` where the space has nothing to say.
"""

from dataclasses import dataclass, field
from typing import Any

from songpop.settings.table import ProtocolName


@dataclass
class ModelSettings:
    """The network (meaning and default of each: contracts.Params)."""

    inputs: str | None = None
    embedding: str | None = None
    embedding_width: int | None = None
    n_bins: int | None = None
    n_frequencies: int | None = None
    frequency_scale: float | None = None
    widths: str | None = None
    activation: str | None = None
    normalization: str | None = None
    skip: str | None = None
    first_regularized: int | None = None
    regularization: str | None = None
    l1: float | None = None
    l2: float | None = None
    dropout_first: float | None = None
    dropout_later: float | None = None
    dropout_input: float | None = None
    input_noise: float | None = None
    mixup: float | None = None
    label_smoothing: float | None = None


@dataclass
class OptimizerSettings:
    """The optimizer (meaning and default of each: contracts.Params)."""

    optimizer: str | None = None
    learning_rate: float | None = None
    momentum: float | None = None
    weight_decay: float | None = None
    clip_norm: float | None = None
    weight_average: float | None = None


@dataclass
class ScheduleSettings:
    """The learning-rate schedule (meaning and default of each: contracts.Params)."""

    schedule: str | None = None
    step_every: int | None = None
    step_factor: float | None = None
    decay_to: float | None = None
    cosine_to: float | None = None
    warmup_epochs: int | None = None
    plateau_patience: int | None = None
    plateau_factor: float | None = None


@dataclass
class EarlyStoppingSettings:
    """When a trial ends before its last epoch."""

    patience: int | None = 10  # epochs without improvement; null: never, and the last weights are kept


@dataclass
class FixedModel:
    """One model of `songpop train`: a name and what differs from model, optimizer, schedule and train."""

    params: dict[str, Any] = field(default_factory=dict)  # fields of contracts.Params
    epochs: int | None = None  # null: train.epochs
    patience: int | None = None  # null: no early stopping
    claim: str | None = None  # vanilla, L1 or L2: whose published numbers it is held against


@dataclass
class TrainSettings:
    """How long and how often."""

    epochs: int = 30  # at most, per trial
    batch_size: int | None = None  # rows of a step; null: as the space or contracts.Params has it
    early_stopping: EarlyStoppingSettings = field(default_factory=EarlyStoppingSettings)
    n_seeds: int = 10  # songpop train: seeds per model
    seed: int = 0  # songpop train: first seed
    models: dict[str, FixedModel] = field(default_factory=dict)  # songpop train: by name; empty: the groups' model
    protocols: list[ProtocolName] = field(default_factory=list)  # songpop train: empty: the one of `protocol`
