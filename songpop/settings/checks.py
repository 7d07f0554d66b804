"""The checks between keys, before anything is read or written."""

import re

from songpop.errors import SettingsError
from songpop.settings.commands import SweepSettings
from songpop.settings.stores import RegistrySettings

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


def _check_numbers(settings: SweepSettings) -> None:
    for key, value, low in (
        ("train.epochs", settings.train.epochs, 1),
        ("train.n_seeds", settings.train.n_seeds, 1),
        ("search.n_trials", settings.search.n_trials, 1),
        ("pruner.min_epochs", settings.pruner.min_epochs, 1),
        ("pruner.reduction_factor", settings.pruner.reduction_factor, 2),
        ("pruner.n_startup_trials", settings.pruner.n_startup_trials, 0),
        ("pruner.patience", settings.pruner.patience, 0),
        ("sampler.n_startup_trials", settings.sampler.n_startup_trials, 0),
        ("search.seed", settings.search.seed, 0),
        ("split.seed", settings.split.seed, 0),
        ("train.seed", settings.train.seed, 0),
        ("engine.n_workers", settings.engine.n_workers, 0),
        ("engine.n_slots", settings.engine.n_slots, 1),
    ):
        if value is not None and value < low:
            raise SettingsError(f"`{key}` must be at least {low}, but it is {value}.")
    if not settings.engine.trial_timeout_s > 0:
        raise SettingsError(f"`engine.trial_timeout_s` must be positive, but it is {settings.engine.trial_timeout_s}.")
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
    if settings.min_comparable_rows < 1:
        raise SettingsError(
            f"`registry.min_comparable_rows` must be at least 1, but it is {settings.min_comparable_rows}."
        )
