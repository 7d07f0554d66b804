"""Who decides what a search tries: a sampler of Optuna, or an oracle of KerasTuner."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from songpop.search.advice import Advisor
from songpop.search.samplers import SamplerAdvisor, build_proposer
from songpop.settings import OracleKind, SearchKind, SweepSettings
from songpop.space import Space


def build_advisor(settings: SweepSettings, space: Space) -> Advisor:
    """Return who decides what is tried.

    Raises:
        SettingsError: if a package is missing, or it cannot work on this space.
    """
    return _ADVISORS[settings.search.kind](settings, space)


def advisor_name(settings: SweepSettings) -> str:
    """Return what people call it, such as "tpe" or "kerastuner hyperband"."""
    search = settings.search
    if search.kind is SearchKind.optuna or search.algorithm is None:
        return settings.sampler.kind.value
    return f"{search.kind.value} {search.algorithm.value}"


def told_search(settings: SweepSettings) -> str:
    """Return who decides what to try and what to give up, as a person is told."""
    if settings.search.algorithm is OracleKind.hyperband:
        return f"Searching by {advisor_name(settings)}, whose best trials go on where they stopped"
    return f"Searching by {advisor_name(settings)}, giving up by {settings.pruner.kind.value}"


def _of_optuna(settings: SweepSettings, space: Space) -> Advisor:
    return SamplerAdvisor(build_proposer(settings.sampler, space, settings.search.seed))


def _of_kerastuner(settings: SweepSettings, space: Space) -> Advisor:
    from songpop.search.kerastuner_advisor import build_advisor  # and with it TensorFlow

    return build_advisor(settings.search, space, settings.train.epochs)


_ADVISORS: Mapping[SearchKind, Callable[[SweepSettings, Space], Advisor]] = MappingProxyType(
    {SearchKind.optuna: _of_optuna, SearchKind.kerastuner: _of_kerastuner}
)
