"""The network and its training, where a space does not vary them."""

from dataclasses import dataclass, field
from typing import Any

from songpop.settings.table import ProtocolName


@dataclass
class ModelSettings:
    """The network, where the space does not vary it (meaning of each: contracts.Params)."""

    widths: str = "128-64-32-16"
    activation: str = "relu"
    first_regularized: int = 0
    regularization: str = "none"
    l1: float = 1e-4
    l2: float = 1e-4
    dropout_first: float = 0.0
    dropout_later: float = 0.0


@dataclass
class OptimizerSettings:
    """The optimizer, where the space does not vary it."""

    optimizer: str = "adam"
    learning_rate: float = 1e-3
    momentum: float = 0.9
    weight_decay: float = 4e-3


@dataclass
class ScheduleSettings:
    """The learning-rate schedule, where the space does not vary it."""

    schedule: str = "constant"
    step_every: int = 10
    step_factor: float = 0.5
    decay_to: float = 0.01
    cosine_to: float = 0.0
    warmup_epochs: int = 3
    plateau_patience: int = 5
    plateau_factor: float = 0.5


@dataclass
class EarlyStoppingSettings:
    """When a trial ends before its last epoch."""

    patience: int | None = 10  # epochs without improvement; null: never, and the last weights are kept


@dataclass
class FixedModel:
    """One model of `songpop train`: a name and what differs from model, optimizer, schedule and train."""

    params: dict[str, Any] = field(default_factory=dict)  # fields of contracts.Params
    epochs: int | None = None
    patience: int | None = None  # null: no early stopping
    claim: str | None = None  # vanilla, L1 or L2: whose published numbers it is held against


@dataclass
class TrainSettings:
    """How long and how often."""

    epochs: int = 30  # at most, per trial
    batch_size: int = 64
    early_stopping: EarlyStoppingSettings = field(default_factory=EarlyStoppingSettings)
    n_seeds: int = 10  # songpop train: seeds per model
    seed: int = 0  # songpop train: first seed
    models: dict[str, FixedModel] = field(default_factory=dict)  # songpop train: by name; empty: the groups' model
    protocols: list[ProtocolName] = field(default_factory=list)  # songpop train: empty: the one of `protocol`
