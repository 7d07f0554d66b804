"""The checks between keys, before anything is read or written."""

import math
import re

from songpop.errors import SettingsError
from songpop.settings.commands import CompareSettings, ReproduceSettings, SweepSettings
from songpop.settings.gates import BASELINES, GateSettings
from songpop.settings.library_checks import check_library
from songpop.settings.search import EngineSettings
from songpop.settings.stores import RegistrySettings
from songpop.settings.table import FeatureBlock, FitOn

_WATCHED = ("val_log_loss", "val_loss")  # without penalty, with it

_NAME = re.compile(r"\w([\w .+=,-]*[\w.+=,-])?")
_N_BYTES = 200  # of a name that becomes a file's
_MODEL_NAME = re.compile(r"[^/:]{1,250}")  # MLflow's rule, which it tells only after a version was made
_ALIAS = re.compile(r"(?!latest$|v\d+$)[\w-]{1,250}", re.ASCII | re.IGNORECASE)  # the rest is reserved


def check_sweep(settings: SweepSettings, *, has_frame: bool = False) -> None:
    """Refuse combinations that cannot be meant, before anything is read or written.

    Raises:
        SettingsError: naming the keys, what they say, and what to change.
    """
    _check_numbers(settings)
    if settings.search.name is not None:
        check_name(settings.search.name)
    if settings.protocol.watch not in _WATCHED:
        raise SettingsError(
            f"`protocol.watch` must be one of {', '.join(_WATCHED)}, but it is {settings.protocol.watch!r}."
        )
    if settings.data.path is not None and settings.data.generated:
        raise SettingsError(
            f"`data.path` must be left out where the table is the built-in one, but it is {settings.data.path!r}. Add "
            "data=songs, or the name of your own description of the table."
        )
    if settings.data.path is None and not settings.data.generated and not has_frame:
        raise SettingsError("`data.path` must name a CSV file when data is not `sample`. Add data.path=FILE.")
    check_library(settings)
    if FeatureBlock.names in settings.features.extra and settings.features.fit_on is not FitOn.train:
        raise SettingsError(
            "`features.fit_on` must be `train` where `features.extra` has `names`, which counts training rows, but it "
            f"is `{settings.features.fit_on.value}`. Remove one of them."
        )


def _check_numbers(settings: SweepSettings) -> None:
    for key, value, low in (
        ("train.epochs", settings.train.epochs, 1),
        ("train.n_seeds", settings.train.n_seeds, 1),
        ("features.n_pieces", settings.features.n_pieces, 1),
        ("search.n_trials", settings.search.n_trials, 1),
        ("search.reduction_factor", settings.search.reduction_factor, 2),
        ("search.n_initial_points", settings.search.n_initial_points, 1),
        ("pruner.min_epochs", settings.pruner.min_epochs, 1),
        ("pruner.reduction_factor", settings.pruner.reduction_factor, 2),
        ("pruner.n_startup_trials", settings.pruner.n_startup_trials, 0),
        ("pruner.patience", settings.pruner.patience, 0),
        ("sampler.n_startup_trials", settings.sampler.n_startup_trials, 0),
        ("search.seed", settings.search.seed, 0),
        ("split.seed", settings.split.seed, 0),
        ("train.seed", settings.train.seed, 0),
        ("finals.n_configs", settings.finals.n_configs, 1),
        ("finals.n_seeds", settings.finals.n_seeds, 1),
        ("finals.n_members", settings.finals.n_members, 0),
    ):
        if value is not None and value < low:
            raise SettingsError(f"`{key}` must be at least {low}, but it is {value}.")
    if not 0 < settings.finals.alpha < 1:
        raise SettingsError(f"`finals.alpha` must lie between 0 and 1, but it is {settings.finals.alpha}.")
    _check_engine(settings.engine)
    if not settings.tracking.patience_s >= 0:
        raise SettingsError(
            f"`tracking.patience_s` must be at least 0, but it is {settings.tracking.patience_s}. "
            "Use 0 for a sweep that ends as soon as its store is lost."
        )
    patience = settings.train.early_stopping.patience
    if patience is not None and patience < 1:
        raise SettingsError(
            f"`train.early_stopping.patience` must be at least 1, but it is {patience}. Use null to switch it off."
        )
    if settings.search.timeout_s is not None and not settings.search.timeout_s > 0:  # NaN is not above 0 either
        raise SettingsError(f"`search.timeout_s` must be positive or null, but it is {settings.search.timeout_s}.")
    test, validation = settings.split.test, settings.split.validation
    if not (test > 0 and validation > 0 and test + validation < 1):
        raise SettingsError(
            "`split.test` and `split.validation` must be positive and leave rows to train on, "
            f"but they are {test} and {validation}."
        )


def _check_engine(settings: EngineSettings) -> None:
    for key, value, low in (("n_workers", settings.n_workers, 0), ("n_slots", settings.n_slots, 1)):
        if value is not None and value < low:
            raise SettingsError(f"`engine.{key}` must be at least {low}, but it is {value}.")
    if not settings.trial_timeout_s > 0:
        raise SettingsError(f"`engine.trial_timeout_s` must be positive, but it is {settings.trial_timeout_s}.")


def check_name(name: str) -> None:
    """Refuse a `search.name` that makes no file name.

    Raises:
        SettingsError: saying what it may be made of.
    """
    if not _NAME.fullmatch(name) or len(name.encode()) > _N_BYTES:
        shown = repr(name) if len(name) <= _N_BYTES else f"{name[:20]!r}… of {len(name)} characters"
        raise SettingsError(
            "`search.name` must begin with a letter or digit and be made of these, spaces inside and ._+=,- "
            f"(at most {_N_BYTES} bytes), but it is {shown}."
        )


def check_registry(settings: RegistrySettings) -> None:
    """Refuse names that no registry takes.

    Raises:
        SettingsError: naming the key.
    """
    if not _MODEL_NAME.fullmatch(settings.model) or not settings.model.strip():
        raise SettingsError(f"`registry.model` must be a name without `/` and `:`, but it is {settings.model!r}.")
    if not _ALIAS.fullmatch(settings.alias):
        raise SettingsError(
            "`registry.alias` must be made of letters, digits, _ and -, and be neither `latest` nor like `v1`, "
            f"but it is {settings.alias!r}."
        )


def check_gates(settings: GateSettings) -> None:
    """Refuse bounds that no model could keep, or that would hold nothing back by mistake.

    Raises:
        SettingsError: naming the key.
    """
    for key in ("baselines", "generated_baselines"):
        unknown = [name for name in getattr(settings, key) if name not in BASELINES]
        if unknown:
            raise SettingsError(f"`gates.{key}` must be among {', '.join(BASELINES)}, but it holds {unknown}.")
    for key in ("min_comparable_rows", "min_seeds"):
        if getattr(settings, key) < 1:
            raise SettingsError(f"`gates.{key}` must be at least 1, but it is {getattr(settings, key)}.")
    for key, value in vars(settings).items():
        if isinstance(value, float) and not (value >= 0 and math.isfinite(value)):
            raise SettingsError(f"`gates.{key}` must be a number from 0 on, but it is {value}.")


def check_compare(settings: CompareSettings) -> tuple[str, ...]:
    """Return the names of the sweeps that are to be shown side by side, each once; none where one or none is named.

    Raises:
        SettingsError: naming the key, what it says, and what to change.
    """
    if settings.n_runs < 1:
        raise SettingsError(f"`n_runs` must be at least 1, but it is {settings.n_runs}.")
    named = settings.sweep
    if named is None or (isinstance(named, str) and named and "*" not in named):
        return ()
    names = [named] if isinstance(named, str) else named
    if not isinstance(names, list) or not names or not all(isinstance(name, str) and name for name in names):
        raise SettingsError(f"`sweep` must be a name or a list of them, sweep=[A,B], but it is {named!r}.")
    return tuple(dict.fromkeys(names))


def check_reproduce(settings: ReproduceSettings) -> tuple[str, ...]:
    """Return the run ids that are named, each once; none where a sweep's trials are meant.

    Raises:
        SettingsError: naming the key, what it says, and what to change.
    """
    for key, value, low in (
        ("n_runs", settings.n_runs, 1),
        ("seed", settings.seed, 0),
        ("n_seeds", settings.n_seeds, 2),
        ("tolerance", settings.tolerance, 0),
    ):
        if value is not None and not value >= low:  # NaN is not above 0 either
            raise SettingsError(f"`{key}` must be at least {low}, but it is {value}.")
    if settings.engine is not None:
        _check_engine(settings.engine)
    if settings.run is None:
        return ()
    if settings.sweep is not None:
        raise SettingsError(f"either `run` or `sweep` must be given, but both are. Leave sweep={settings.sweep} out.")
    runs = [settings.run] if isinstance(settings.run, str) else settings.run
    if not isinstance(runs, list) or not runs or not all(isinstance(run, str) and run for run in runs):
        raise SettingsError(f"`run` must be a run id or a list of them, run=[ID1,ID2], but it is {settings.run!r}.")
    return tuple(dict.fromkeys(runs))
