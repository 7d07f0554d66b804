"""What is said of the library that searches, and would not be read: refused, so that nobody believes it was."""

from collections.abc import Iterator

from songpop.errors import SettingsError
from songpop.settings.commands import SweepSettings
from songpop.settings.search import OracleKind, PrunerKind, SamplerSettings, SearchKind, SearchSettings

_READER = {"reduction_factor": OracleKind.hyperband, "n_initial_points": OracleKind.bayesian}


def check_library(settings: SweepSettings) -> None:
    """Refuse keys of one library beside the other.

    Raises:
        SettingsError: naming the key, what it says, and what to change.
    """
    problems = _of_optuna if settings.search.kind is SearchKind.optuna else _of_kerastuner
    for problem in problems(settings):
        raise SettingsError(problem)
    for key, reader in _READER.items():
        value = getattr(settings.search, key)
        if value != getattr(SearchSettings(), key) and settings.search.algorithm is not reader:
            raise SettingsError(
                f"`search.{key}` is read only by search.algorithm={reader.value}, but it is {value} beside "
                f"{_told(settings.search)}. Leave it out."
            )


def _of_optuna(settings: SweepSettings) -> Iterator[str]:
    if settings.search.algorithm is not None:
        yield (
            "`search.algorithm` must be left out where search=optuna, which has samplers, but it is "
            f"{settings.search.algorithm.value}. Add search=kerastuner, or choose a sampler, as in sampler=tpe."
        )


def _of_kerastuner(settings: SweepSettings) -> Iterator[str]:
    algorithm, sampler, pruner = settings.search.algorithm, settings.sampler, settings.pruner
    if algorithm is None:
        known = ", ".join(kind.value for kind in OracleKind)
        yield f"`search.algorithm` must be one of {known} where search=kerastuner, but it is not set. Choose one."
    if sampler != SamplerSettings():
        yield (
            "`sampler` must be left out where search=kerastuner, whose oracles decide, but it is "
            f"{sampler.kind.value}. Choose search.algorithm, or search=optuna."
        )
    if algorithm is OracleKind.hyperband and pruner.kind is not PrunerKind.none:
        yield (
            "`pruner` must be none where search.algorithm=hyperband, whose brackets say who goes on, but it is "
            f"{pruner.kind.value}. Leave one of them out."
        )


def _told(search: SearchSettings) -> str:
    return "no search.algorithm" if search.algorithm is None else f"search.algorithm={search.algorithm.value}"
