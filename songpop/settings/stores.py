"""Where studies, runs and champions are kept."""

from dataclasses import dataclass, field


@dataclass
class StorageSettings:
    """Where studies are kept."""

    url: str | None = None  # default: a journal file per study; or a database, postgresql://… or sqlite:///…


@dataclass
class TrackingSettings:
    """Where runs are kept."""

    uri: str | None = None  # default: MLFLOW_TRACKING_URI, else SQLite in paths.root
    experiment: str = "songpop"  # of MLflow, that holds all runs
    patience_s: float = 300.0  # a store that is lost in mid-sweep is tried again for so long; 0: never


@dataclass
class RegistrySettings:
    """Where champions are kept."""

    model: str = "songpop"  # name of the registered model
    alias: str = "champion"  # that a promotion moves
    allowed_leaks: dict[str, list[str]] = field(default_factory=dict)  # model name: columns that it may leak


@dataclass
class PathSettings:
    """Folders."""

    root: str = "mlruns"  # store, artifacts and studies
