"""One plain dataclass per config group, and one per command; each key is described where it stands.

Owns: names, types and defaults of every key, and the checks between keys. Does not own: reading YAML (compose).
They are not frozen: OmegaConf cannot nest frozen dataclasses as schemas (docs/decisions/0003-settings.md).
"""

from songpop.settings.checks import check_gates, check_name, check_registry, check_reproduce, check_sweep
from songpop.settings.commands import (
    CompareSettings,
    DoctorSettings,
    HistorySettings,
    Order,
    PredictSettings,
    PromoteSettings,
    ReproduceSettings,
    SweepSettings,
    UiSettings,
)
from songpop.settings.finals import ChampionKind, FinalsSettings
from songpop.settings.gates import BASELINES, GateSettings
from songpop.settings.search import (
    EngineKind,
    EngineSettings,
    ParamKind,
    ParamSettings,
    PrunerKind,
    PrunerSettings,
    SamplerKind,
    SamplerSettings,
    SearchKind,
    SearchSettings,
)
from songpop.settings.stores import PathSettings, RegistrySettings, StorageSettings, TrackingSettings
from songpop.settings.table import (
    ColumnSettings,
    DataSettings,
    FeatureKind,
    FeatureSettings,
    FitOn,
    IdentitySettings,
    LabelRule,
    LabelSettings,
    ProtocolName,
    ProtocolSettings,
    SplitKind,
    SplitSettings,
)
from songpop.settings.training import (
    EarlyStoppingSettings,
    FixedModel,
    ModelSettings,
    OptimizerSettings,
    ScheduleSettings,
    TrainSettings,
)

__all__ = [
    "BASELINES",
    "ChampionKind",
    "ColumnSettings",
    "CompareSettings",
    "DataSettings",
    "DoctorSettings",
    "EarlyStoppingSettings",
    "EngineKind",
    "EngineSettings",
    "FeatureKind",
    "FeatureSettings",
    "FinalsSettings",
    "FitOn",
    "FixedModel",
    "GateSettings",
    "HistorySettings",
    "IdentitySettings",
    "LabelRule",
    "LabelSettings",
    "ModelSettings",
    "OptimizerSettings",
    "Order",
    "ParamKind",
    "ParamSettings",
    "PathSettings",
    "PredictSettings",
    "PromoteSettings",
    "ProtocolName",
    "ProtocolSettings",
    "PrunerKind",
    "PrunerSettings",
    "RegistrySettings",
    "ReproduceSettings",
    "SamplerKind",
    "SamplerSettings",
    "ScheduleSettings",
    "SearchKind",
    "SearchSettings",
    "SplitKind",
    "SplitSettings",
    "StorageSettings",
    "SweepSettings",
    "TrackingSettings",
    "TrainSettings",
    "UiSettings",
    "check_gates",
    "check_name",
    "check_registry",
    "check_reproduce",
    "check_sweep",
]
