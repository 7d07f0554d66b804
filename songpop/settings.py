"""One plain dataclass per config group, and one per command; each key is described where it stands.

Owns: names, types and defaults of every key, and the checks between keys. Does not own: reading YAML (compose).
They are not frozen: OmegaConf cannot nest frozen dataclasses as schemas (shared finding; docs/decisions/0003).
"""

from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from songpop.errors import SettingsError

# ── the table ───────────────────────────────────────────────────────────────────────────────────────────────


class LabelRule(Enum):
    """When a row is positive."""

    above_median = "above_median"  # strictly above the median of `label.column`
    above = "above"  # strictly above `label.value`
    equals = "equals"  # the cell is `label.value`


@dataclass
class LabelSettings:
    """What is to be predicted."""

    column: str = "Track Score"  # the column the label is made of
    rule: LabelRule = LabelRule.above_median
    value: str | None = None  # for `above` (a number) and `equals` (a text)
    sources: list[str] = field(default_factory=list)  # columns that hold the answer; removed from the features


@dataclass
class ColumnSettings:
    """Which column is what; a column of the file that is not named here is reported and not used."""

    counts: list[str] = field(default_factory=list)  # not negative, long-tailed; logs are taken
    numbers: list[str] = field(default_factory=list)  # any number
    flags: list[str] = field(default_factory=list)  # 0 or 1
    dates: list[str] = field(default_factory=list)  # become ages in days
    categories: list[str] = field(default_factory=list)  # text with few values; one input each
    text: list[str] = field(default_factory=list)  # known, not used as features


@dataclass
class IdentitySettings:
    """Which columns say that two rows are the same song; such rows stay in one part."""

    title: str | None = None
    artist: str | None = None  # also the group of split=by_artist
    code: str | None = None  # a unique code, such as the ISRC
    date: str | None = None  # the date of split=by_release_date


@dataclass
class DataSettings:
    """How a table is read."""

    name: str = "songs"  # part of the sweep's default name
    path: str | None = None  # the CSV file; data=sample generates its table instead
    generated: bool = False  # true: the built-in table, no file
    encoding: str = "utf-8"
    separator: str = ","
    decimal: str = "."
    thousands: str | None = ","
    date_format: str = "%Y-%m-%d"
    columns: ColumnSettings = field(default_factory=ColumnSettings)
    label: LabelSettings = field(default_factory=LabelSettings)
    identity: IdentitySettings = field(default_factory=IdentitySettings)
    as_of: str | None = None  # ages count from this date (YYYY-MM-DD); default: the newest date in the table
    drop_duplicates: bool = True  # rows that repeat exactly
    allowed_leaks: list[str] = field(default_factory=list)  # columns ("A") or pairs ("A + B") that may stay
    leak_auc: float = 0.99  # lower bound of the AUC from which a column counts as a leak
    max_categories: int = 100  # a category column with more values is refused


class SplitKind(Enum):
    """Who goes into which part."""

    stratified = "stratified"
    by_artist = "by_artist"
    by_release_date = "by_release_date"
    published = "published"


@dataclass
class SplitSettings:
    """The parts: train, validation, test."""

    kind: SplitKind = SplitKind.stratified
    seed: int = 0
    test: float = 0.2  # share of the table
    validation: float = 0.16  # share of the table


class ProtocolName(Enum):
    """Whose rules count."""

    honest = "honest"
    published = "published"


@dataclass
class ProtocolSettings:
    """The rules of a comparison; options of this group also choose `split` and `features`."""

    name: ProtocolName = ProtocolName.honest
    watch: str = "val_log_loss"  # early stopping, best weights and plateau: val_log_loss, or val_loss with penalty


class FeatureKind(Enum):
    """Which preprocessing sits in front of the network."""

    logs = "logs"  # logs of counts, missing flags, ages, one-hot categories, standardised
    published = "published"  # column means for missing values, min-max scaling


class FitOn(Enum):
    """Which rows the preprocessing is fitted on."""

    train = "train"
    table = "table"  # as published: the whole table, test rows included


@dataclass
class FeatureSettings:
    """The preprocessing inside the model."""

    kind: FeatureKind = FeatureKind.logs
    fit_on: FitOn = FitOn.train
    use_dates: bool = True  # false: ages are left out


# ── the network and its training ────────────────────────────────────────────────────────────────────────────


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
    published: dict[str, float] = field(default_factory=dict)  # the published numbers to stand beside


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


# ── search ──────────────────────────────────────────────────────────────────────────────────────────────────


class ParamKind(Enum):
    """Type of a searched parameter."""

    float = "float"
    int = "int"
    choice = "choice"
    fixed = "fixed"


@dataclass
class ParamSettings:
    """One searched parameter, as it stands in conf/space/."""

    kind: ParamKind = ParamKind.fixed
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


@dataclass
class SearchSettings:
    """Budget and name of a search."""

    kind: SearchKind = SearchKind.optuna
    name: str | None = None  # default: DATA-PROTOCOL-SPACE
    n_trials: int = 25  # the study's total: asking for 50 after 30 runs 20 more
    timeout_s: float | None = None  # no new trial after so many seconds of this call
    seed: int = 0
    known_points: list[dict[str, Any]] = field(default_factory=list)  # tried first; parameters of the space


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

    kind: SamplerKind = SamplerKind.tpe
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

    kind: PrunerKind = PrunerKind.asha
    min_epochs: int = 3  # no trial is given up before it (asha, hyperband: the first rung)
    reduction_factor: int = 3  # asha, hyperband: one of so many goes on
    n_startup_trials: int = 5  # median: finished trials before it begins
    patience: int = 5  # patient: epochs without improvement


class EngineKind(Enum):
    """Who trains."""

    keras = "keras"


@dataclass
class EngineSettings:
    """Options of the engine."""

    kind: EngineKind = EngineKind.keras


# ── stores ──────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass
class StorageSettings:
    """Where studies are kept."""

    url: str | None = None  # default: a journal file per study; or a database, postgresql://… or sqlite:///…


@dataclass
class TrackingSettings:
    """Where runs are kept."""

    uri: str | None = None  # default: MLFLOW_TRACKING_URI, else SQLite in paths.root
    experiment: str = "songpop"


@dataclass
class RegistrySettings:
    """Where champions are kept."""

    model: str = "songpop"  # name of the registered model
    alias: str = "champion"
    allowed_leaks: dict[str, list[str]] = field(default_factory=dict)  # model name: columns that it may leak
    min_comparable_rows: int = 100  # fewer sealed rows that neither model was trained on: refused


@dataclass
class PathSettings:
    """Folders."""

    root: str = "mlruns"  # store, artifacts and studies


# ── commands ────────────────────────────────────────────────────────────────────────────────────────────────


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
    space: dict[str, ParamSettings] = field(default_factory=dict)
    search: SearchSettings = field(default_factory=SearchSettings)
    sampler: SamplerSettings = field(default_factory=SamplerSettings)
    pruner: PrunerSettings = field(default_factory=PrunerSettings)
    engine: EngineSettings = field(default_factory=EngineSettings)
    storage: StorageSettings = field(default_factory=StorageSettings)
    tracking: TrackingSettings = field(default_factory=TrackingSettings)
    registry: RegistrySettings = field(default_factory=RegistrySettings)
    paths: PathSettings = field(default_factory=PathSettings)


@dataclass
class CompareSettings:
    """songpop compare."""

    sweep: str | None = None  # whose runs are shown below the table of all sweeps; default: the newest
    n_runs: int = 10  # so many of them
    tracking: TrackingSettings = field(default_factory=TrackingSettings)
    paths: PathSettings = field(default_factory=PathSettings)


@dataclass
class PromoteSettings:
    """songpop promote."""

    sweep: str | None = None  # default: the newest
    tracking: TrackingSettings = field(default_factory=TrackingSettings)
    registry: RegistrySettings = field(default_factory=RegistrySettings)
    paths: PathSettings = field(default_factory=PathSettings)


@dataclass
class HistorySettings:
    """songpop history, rollback."""

    tracking: TrackingSettings = field(default_factory=TrackingSettings)
    registry: RegistrySettings = field(default_factory=RegistrySettings)
    paths: PathSettings = field(default_factory=PathSettings)


@dataclass
class UiSettings:
    """songpop ui."""

    host: str = "127.0.0.1"
    port: int = 5000
    tracking: TrackingSettings = field(default_factory=TrackingSettings)
    paths: PathSettings = field(default_factory=PathSettings)


class Order(Enum):
    """How predicted songs are ordered."""

    rank = "rank"  # most promising first
    given = "given"  # as in the input


@dataclass
class PredictSettings:
    """songpop predict."""

    input: str | None = None  # the CSV file to rank, of the form the champion was trained on
    output: str | None = None  # the CSV file to write
    order: Order = Order.rank
    as_of: str | None = None  # ages count from this date (YYYY-MM-DD); default: the champion's own
    tracking: TrackingSettings = field(default_factory=TrackingSettings)
    registry: RegistrySettings = field(default_factory=RegistrySettings)
    paths: PathSettings = field(default_factory=PathSettings)


# ── checks between keys ─────────────────────────────────────────────────────────────────────────────────────


def check_sweep(settings: SweepSettings, *, has_frame: bool = False) -> None:
    """Refuse combinations that cannot be meant, before anything is read or written.

    Raises:
        SettingsError: naming the keys, what they say, and what to change.
    """
    for key, value, low in (
        ("train.epochs", settings.train.epochs, 1),
        ("train.batch_size", settings.train.batch_size, 1),
        ("train.n_seeds", settings.train.n_seeds, 1),
        ("search.n_trials", settings.search.n_trials, 1),
        ("pruner.min_epochs", settings.pruner.min_epochs, 1),
        ("pruner.reduction_factor", settings.pruner.reduction_factor, 2),
    ):
        if value < low:
            raise SettingsError(f"`{key}` must be at least {low}, but it is {value}.")
    patience = settings.train.early_stopping.patience
    if patience is not None and patience < 1:
        raise SettingsError(
            f"`train.early_stopping.patience` must be at least 1, but it is {patience}. Use null to switch it off."
        )
    if settings.search.timeout_s is not None and settings.search.timeout_s <= 0:
        raise SettingsError(f"`search.timeout_s` must be positive or null, but it is {settings.search.timeout_s}.")
    test, validation = settings.split.test, settings.split.validation
    if min(test, validation) <= 0 or test + validation >= 1:
        raise SettingsError(
            "`split.test` and `split.validation` must be positive and leave rows to train on, "
            f"but they are {test} and {validation}."
        )
    if settings.data.path is None and not settings.data.generated and not has_frame:
        raise SettingsError("`data.path` must name a CSV file when data is not `sample`. Add data.path=FILE.")
