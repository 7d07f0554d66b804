"""Spaces, budgets, samplers, pruners and engines."""

from dataclasses import dataclass, field
from enum import Enum
from typing import Any


class ParamKind(Enum):
    """Type of a searched parameter."""

    float = "float"
    int = "int"
    choice = "choice"
    fixed = "fixed"


@dataclass
class ParamSettings:
    """One searched parameter, as it stands in conf/space/."""

    kind: ParamKind = ParamKind.fixed  # what its values are
    low: Any = None  # float, int: smallest value
    high: Any = None  # float, int: largest value, included
    log: bool = False  # float, int: even in the logarithm
    step: Any = None  # float, int: distance of the values; needed by sampler=grid
    n_grid: int | None = None  # float, int: sampler=grid takes so many values (even in the logarithm if `log`)
    choices: list[Any] | None = None  # choice
    value: Any = None  # fixed
    when: dict[str, Any] = field(default_factory=dict)  # parent: the values (one, or a list) under which it exists


class SearchKind(Enum):
    """Which library searches."""

    optuna = "optuna"
    kerastuner = "kerastuner"


class OracleKind(Enum):
    """Which of KerasTuner's oracles decides."""

    random = "random"
    bayesian = "bayesian"
    hyperband = "hyperband"
    grid = "grid"


@dataclass
class SearchSettings:
    """Budget and name of a search."""

    kind: SearchKind = SearchKind.optuna  # who decides what to try
    name: str | None = None  # default: DATA-PROTOCOL-SPACE
    n_trials: int = 30  # the study's total: asking for 50 after 30 runs 20 more
    timeout_s: float | None = None  # no new trial after so many seconds of this call
    seed: int = 0  # of what is suggested, and of every trial
    known_points: list[dict[str, Any]] = field(default_factory=list)  # tried first; parameters of the space
    algorithm: OracleKind | None = None  # kerastuner: which oracle decides; Optuna's samplers are a group, `sampler`
    reduction_factor: int = 3  # kerastuner, hyperband: one of so many goes on, with so many times its epochs
    n_initial_points: int | None = None  # kerastuner, bayesian: random trials first; default: 3 per parameter


class SamplerKind(Enum):
    """Who suggests."""

    tpe = "tpe"
    random = "random"
    qmc = "qmc"
    grid = "grid"
    cmaes = "cmaes"
    gp = "gp"


@dataclass
class SamplerSettings:
    """Options of the sampler."""

    kind: SamplerKind = SamplerKind.tpe  # who suggests the next configuration
    n_startup_trials: int = 10  # tpe, cmaes, gp: random trials first


class PrunerKind(Enum):
    """Who gives trials up."""

    none = "none"
    median = "median"
    asha = "asha"
    hyperband = "hyperband"
    patient = "patient"


@dataclass
class PrunerSettings:
    """Options of the pruner."""

    kind: PrunerKind = PrunerKind.hyperband  # who gives trials up
    min_epochs: int = 3  # no trial is given up before it (asha, hyperband: the first rung)
    reduction_factor: int = 3  # asha, hyperband: one of so many goes on
    n_startup_trials: int = 5  # asha, hyperband, median: complete trials before it begins
    patience: int = 5  # patient: epochs without improvement


class EngineKind(Enum):
    """Who trains."""

    population = "population"
    keras = "keras"


@dataclass
class EngineSettings:
    """Options of the engine."""

    kind: EngineKind = EngineKind.population  # many trials at once by one program, or one after the other by Keras
    n_workers: int | None = None  # population: processes; default: one per core; 0: none but this one
    n_slots: int | None = None  # population: trials a process trains at once; default: 4 (GPU 128), or fewer
    trial_timeout_s: float = 600.0  # population: a process that finishes no epoch for so long is ended
