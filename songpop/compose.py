"""From conf/ and the command line to typed settings: the only place that knows Hydra.

Owns: where conf/ lies, the schemas, default names, and the wording of configuration errors.
"""

import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Any, NoReturn

import hydra
from hydra._internal.utils import get_args_parser
from hydra.core.config_store import ConfigStore
from hydra.core.hydra_config import HydraConfig
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf, open_dict
from omegaconf.errors import OmegaConfBaseException
from yaml import YAMLError

from songpop.composition_errors import plain_sentences
from songpop.errors import SettingsError
from songpop.overrides import literal, quoted
from songpop.settings import (
    CompareSettings,
    DashboardSettings,
    DoctorSettings,
    HistorySettings,
    PredictSettings,
    PromoteSettings,
    ReportSettings,
    ReproduceSettings,
    ServeSettings,
    SweepSettings,
    UiSettings,
)

Settings = (
    SweepSettings
    | CompareSettings
    | PromoteSettings
    | HistorySettings
    | PredictSettings
    | ReproduceSettings
    | DoctorSettings
    | ReportSettings
    | ServeSettings
    | UiSettings
    | DashboardSettings
)

SCHEMAS = {
    "sweep_schema": SweepSettings,
    "compare_schema": CompareSettings,
    "promote_schema": PromoteSettings,
    "history_schema": HistorySettings,
    "predict_schema": PredictSettings,
    "reproduce_schema": ReproduceSettings,
    "doctor_schema": DoctorSettings,
    "report_schema": ReportSettings,
    "serve_schema": ServeSettings,
    "ui_schema": UiSettings,
    "dashboard_schema": DashboardSettings,
}
# A sweep or training without a name is called after the options of these groups.
NAMED_BY = {"sweep": ("data", "protocol", "space"), "train": ("data", "protocol", "experiment")}
GROUND = ("data", "protocol", "split", "features")  # groups that decide what a trial is trained on


class _StopJobs(BaseException):
    """Ends Hydra's loop over the jobs of -m; Hydra catches, and prints, every `Exception`."""


def conf_dir() -> Path:
    """Return the folder of the configuration: inside an installed package, or beside it in a checkout.

    Raises:
        SettingsError: if neither exists.
    """
    here = Path(__file__).resolve().parent
    for folder in (here / "conf", here.parent / "conf"):
        if (folder / "sweep.yaml").is_file():
            return folder
    raise SettingsError(f"songpop needs its folder conf/, but it lies neither in {here} nor beside it. Install again.")


def run_with_hydra(command: str, arguments: Sequence[str], task: Callable[[Settings], int]) -> int:
    """Let Hydra read `arguments` (its own switches included) for `command` and call `task` with the settings.

    Args:
        command: name of the primary config.
        arguments: overrides and switches such as --cfg job, -m, --config-dir.
        task: called once, or once per job under -m, as long as they end with 0.

    Returns:
        The exit status of the last call; 0 where Hydra only printed.

    Raises:
        SettingsError: if the configuration cannot be composed.
    """
    statuses: list[int] = []
    errors: list[Exception] = []
    names: set[str] = set()

    def songpop(config: DictConfig) -> None:
        try:
            hydra_config = HydraConfig.get()
            _refuse_empty(hydra_config.overrides.task)
            settings = _typed(command, config, hydra_config.runtime.choices, _swept_words())
            _refuse_repeated(settings, names)
            statuses.append(task(settings))
        except Exception as error:  # raised again below: Hydra would print a line of its own about it
            errors.append(error)
        if errors or statuses[-1]:
            raise _StopJobs  # under -m no further job begins

    _register_schemas()
    run = hydra.main(version_base="1.3", config_path=str(conf_dir()), config_name=command)(songpop)
    _check_switches(arguments)
    with _arguments(literal(arguments)), plain_sentences():
        with suppress(_StopJobs):
            run()
        if errors:
            raise errors[0]
    return statuses[-1] if statuses else 0


def compose_settings(command: str, overrides: Sequence[str], config_dir: Path | None = None) -> Settings:
    """Compose the settings of `command` without a command line.

    Args:
        command: name of the primary config.
        overrides: in Hydra's grammar, for example "search.n_trials=5".
        config_dir: a folder with further configs, searched as well.

    Raises:
        SettingsError: if the configuration cannot be composed.
    """
    _register_schemas()
    _refuse_empty(overrides)
    path = [] if config_dir is None else [f"hydra.searchpath=[{quoted(str(config_dir.resolve()))}]"]
    with plain_sentences(), hydra.initialize_config_dir(version_base="1.3", config_dir=str(conf_dir())):
        config = hydra.compose(command, overrides=[*path, *overrides], return_hydra_config=True)
        return _without_hydra(command, config)


def compose_variants(command: str, group: str, options: Sequence[str]) -> list[Settings]:
    """Compose the present call again, once with each option of `group`; only inside `run_with_hydra`."""
    overrides = [word for word in HydraConfig.get().overrides.task if not word.startswith(f"{group}=")]
    variants = []
    for option in options:
        config = hydra.compose(command, overrides=[*overrides, f"{group}={option}"], return_hydra_config=True)
        variants.append(_without_hydra(command, config, _swept_words()))
    return variants


def recorded_settings(config: str) -> SweepSettings:
    """Return what a run's config.yaml says of the data that its trials were trained on; the rest is left at defaults.

    Raises:
        SettingsError: if a group is not there, or has keys or values that this version does not know.
    """
    try:
        given = OmegaConf.to_container(OmegaConf.create(config))
        groups = {name: given[name] for name in GROUND} if isinstance(given, dict) else {}
        settings = OmegaConf.to_object(OmegaConf.merge(OmegaConf.structured(SweepSettings), groups))
    except (OmegaConfBaseException, YAMLError, KeyError, TypeError) as error:
        raise SettingsError((str(error).strip() or type(error).__name__).splitlines()[0]) from error
    assert isinstance(settings, SweepSettings)
    return settings


def _without_hydra(command: str, config: DictConfig, swept: Sequence[str] = ()) -> Settings:
    choices = config.hydra.runtime.choices
    with open_dict(config):
        del config["hydra"]
    return _typed(command, config, choices, swept)


@cache
def _register_schemas() -> None:
    store = ConfigStore.instance()
    for name, schema in SCHEMAS.items():
        store.store(name=name, node=schema)


def _typed(command: str, config: Any, choices: Mapping[str, Any], swept: Sequence[str] = ()) -> Settings:
    settings = OmegaConf.to_object(config)
    if not isinstance(settings, Settings):
        raise SettingsError(
            f"a primary config must begin with a schema of songpop, but it gave {type(settings).__name__}."
        )
    _refuse_additions(settings)
    if isinstance(settings, SweepSettings) and settings.search.name is None:
        groups = NAMED_BY.get(command, NAMED_BY["sweep"])
        words = [re.sub(r"[^\w.+=,-]+", "-", word) for word in swept if word.partition("=")[0] not in groups]
        settings.search.name = " ".join(
            ["-".join(str(choices[group]) for group in groups if choices.get(group)), *words]
        )
    return settings


def _swept_words() -> list[str]:
    """Return the present job's overrides of those keys that -m varies; none without -m."""
    hydra_config = HydraConfig.get()
    if hydra_config.mode is not RunMode.MULTIRUN:
        return []
    typed = get_args_parser().parse_args(sys.argv[1:]).overrides
    keys = {o.get_key_element() for o in OverridesParser.create().parse_overrides(typed) if o.is_sweep_override()}
    return [word for word in hydra_config.overrides.task if word.partition("=")[0] in keys]


def _refuse_repeated(settings: Settings, names: set[str]) -> None:
    """Refuse a job of -m that would go on with the search of an earlier one."""
    if isinstance(settings, SweepSettings):
        name = str(settings.search.name)
        if name in names:
            raise SettingsError(
                f"each job of -m must have a `search.name` of its own, but two have {name!r}. Leave it out, or make it "
                "of what varies: search.name='mine ${split.seed}'"
            )
        names.add(name)


def _refuse_empty(overrides: Sequence[str]) -> None:
    """Refuse KEY={}, which Hydra merges into what stands there, so that it changes nothing."""
    for word in overrides:
        key, _, value = word.partition("=")
        if value.replace(" ", "") == "{}":
            raise SettingsError(
                f"`{word}` would change nothing, since an empty mapping is merged into `{key}` as it stands. "
                f"Take its entries out one by one: ~{key}.NAME"
            )


def _refuse_additions(settings: Any, prefix: str = "") -> None:
    """Refuse keys that `+KEY=VALUE` has added to a schema; nobody would read them."""
    if isinstance(settings, Mapping):
        inner: Mapping[str, Any] = settings
    elif is_dataclass(settings):
        inner = vars(settings)
        known = [field.name for field in fields(settings)]
        for name in inner:
            if name not in known:
                raise SettingsError(
                    f"`{prefix}{name}` is not a key; a plus in front does not make it one. It must be one of "
                    f"{', '.join(known)}."
                )
    else:
        return
    for name, value in inner.items():
        _refuse_additions(value, f"{prefix}{name}.")


def _check_switches(arguments: Sequence[str]) -> None:
    """Refuse what Hydra's parser would refuse, in a sentence instead of its usage text."""

    def refuse(message: str) -> NoReturn:
        raise SettingsError(f"{message}. Settings are KEY=VALUE; the command with --help shows the switches.")

    parser = get_args_parser()
    parser.error = refuse  # type: ignore[method-assign]
    parser.parse_args(arguments)


@contextmanager
def _arguments(arguments: Sequence[str]) -> Iterator[None]:
    """Hydra reads sys.argv, and shortens errors unless told not to."""
    argv, full = sys.argv, os.environ.get("HYDRA_FULL_ERROR")
    sys.argv = ["songpop", *arguments]
    os.environ["HYDRA_FULL_ERROR"] = "1"
    try:
        yield
    finally:
        sys.argv = argv
        os.environ.pop("HYDRA_FULL_ERROR", None)
        if full is not None:
            os.environ["HYDRA_FULL_ERROR"] = full
