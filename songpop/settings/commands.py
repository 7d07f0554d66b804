"""One schema per command: which groups it reads."""

from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from songpop.settings.finals import FinalsSettings
from songpop.settings.gates import GateSettings
from songpop.settings.search import (
    EngineSettings,
    ParamSettings,
    PrunerSettings,
    SamplerSettings,
    SearchSettings,
)
from songpop.settings.stores import PathSettings, RegistrySettings, StorageSettings, TrackingSettings
from songpop.settings.table import DataSettings, FeatureSettings, ProtocolSettings, SplitSettings
from songpop.settings.training import ModelSettings, OptimizerSettings, ScheduleSettings, TrainSettings


@dataclass
class SweepSettings:
    """songpop sweep, train, check."""

    data: DataSettings = field(default_factory=DataSettings)
    protocol: ProtocolSettings = field(default_factory=ProtocolSettings)
    split: SplitSettings = field(default_factory=SplitSettings)
    features: FeatureSettings = field(default_factory=FeatureSettings)
    model: ModelSettings = field(default_factory=ModelSettings)
    optimizer: OptimizerSettings = field(default_factory=OptimizerSettings)
    schedule: ScheduleSettings = field(default_factory=ScheduleSettings)
    train: TrainSettings = field(default_factory=TrainSettings)
    space: dict[str, ParamSettings] = field(default_factory=dict)  # what is searched, by the parameter's name
    search: SearchSettings = field(default_factory=SearchSettings)
    sampler: SamplerSettings = field(default_factory=SamplerSettings)
    pruner: PrunerSettings = field(default_factory=PrunerSettings)
    engine: EngineSettings = field(default_factory=EngineSettings)
    finals: FinalsSettings = field(default_factory=FinalsSettings)
    storage: StorageSettings = field(default_factory=StorageSettings)
    tracking: TrackingSettings = field(default_factory=TrackingSettings)
    registry: RegistrySettings = field(default_factory=RegistrySettings)
    paths: PathSettings = field(default_factory=PathSettings)


@dataclass
class CompareSettings:
    """songpop compare."""

    sweep: Any = None  # whose runs are shown below the table of all sweeps; default: the newest. Or several, which
    # are shown side by side: sweep=[A,B]; a `*` in a name stands for anything: sweep=[songs-*]
    n_runs: int = 10  # so many of them
    tracking: TrackingSettings = field(default_factory=TrackingSettings)
    paths: PathSettings = field(default_factory=PathSettings)


@dataclass
class PromoteSettings:
    """songpop promote."""

    sweep: str | None = None  # default: the newest
    tracking: TrackingSettings = field(default_factory=TrackingSettings)
    registry: RegistrySettings = field(default_factory=RegistrySettings)
    gates: GateSettings = field(default_factory=GateSettings)
    paths: PathSettings = field(default_factory=PathSettings)


@dataclass
class HistorySettings:
    """songpop history, rollback."""

    tracking: TrackingSettings = field(default_factory=TrackingSettings)
    registry: RegistrySettings = field(default_factory=RegistrySettings)
    paths: PathSettings = field(default_factory=PathSettings)


@dataclass
class ReproduceSettings:
    """songpop reproduce."""

    run: Any = None  # trials by their run ids: run=ID, or run=[ID1,ID2]
    sweep: str | None = None  # or some of a sweep's or a training's; default: of the newest sweep
    n_runs: int | None = 20  # sweep: so many, taken at random; null: all
    seed: int = 0  # sweep: of the choice
    table: str | None = None  # where the table lies now; default: where the record says
    engine: EngineSettings | None = None  # who trains; default: who trained, with as many slots
    n_seeds: int = 10  # on another engine or class of machine: other seeds that the record is held against
    tolerance: float = 1e-4  # how far a number may be from the stored one; 0: not at all
    tracking: TrackingSettings = field(default_factory=TrackingSettings)
    paths: PathSettings = field(default_factory=PathSettings)


@dataclass
class DoctorSettings:
    """songpop doctor."""

    mend: bool = True  # false: only say what is wrong
    storage: StorageSettings = field(default_factory=StorageSettings)
    tracking: TrackingSettings = field(default_factory=TrackingSettings)
    registry: RegistrySettings = field(default_factory=RegistrySettings)
    paths: PathSettings = field(default_factory=PathSettings)


@dataclass
class UiSettings:
    """songpop ui."""

    host: str = "127.0.0.1"  # another one lets others look, without a password
    port: int = 5000  # that it listens on
    tracking: TrackingSettings = field(default_factory=TrackingSettings)
    paths: PathSettings = field(default_factory=PathSettings)


@dataclass
class DashboardSettings:
    """songpop dashboard."""

    host: str = "127.0.0.1"  # another one lets others look, without a password
    port: int = 8080  # that it listens on
    storage: StorageSettings = field(default_factory=StorageSettings)
    paths: PathSettings = field(default_factory=PathSettings)


class Order(Enum):
    """How predicted songs are ordered."""

    rank = "rank"  # most promising first
    given = "given"  # as in the input


@dataclass
class PredictSettings:
    """songpop predict."""

    input: str | None = None  # the CSV file to rank, written like the champion's table; `sample`: the built-in table
    output: str | None = None  # the CSV file to write
    order: Order = Order.rank  # of the songs in the output
    as_of: str | None = None  # ages count from this date (YYYY-MM-DD); default: the champion's own
    n_reasons: int = 100  # of the most promising songs, for so many the three strongest reasons are told
    tracking: TrackingSettings = field(default_factory=TrackingSettings)
    registry: RegistrySettings = field(default_factory=RegistrySettings)
    paths: PathSettings = field(default_factory=PathSettings)


@dataclass
class ServeSettings:
    """songpop serve."""

    host: str = "127.0.0.1"  # another one lets others use the page, without a password
    port: int = 8000  # that it listens on
    max_mb: float = 20  # of a file that is dropped
    max_rows: int = 50_000  # of such a file
    files_per_minute: int = 30  # that one visitor may have ranked
    n_shown: int = 100  # songs on the page, with their reasons; the download has all
    tracking: TrackingSettings = field(default_factory=TrackingSettings)
    registry: RegistrySettings = field(default_factory=RegistrySettings)
    paths: PathSettings = field(default_factory=PathSettings)


@dataclass
class ReportSettings:
    """songpop report."""

    sweep: str | None = None  # default: the newest
    output: str | None = None  # the folder for page and figures; default: reports/SWEEP inside paths.root
    table: str | None = None  # where the table lies now; default: where the record says
    tracking: TrackingSettings = field(default_factory=TrackingSettings)
    paths: PathSettings = field(default_factory=PathSettings)
