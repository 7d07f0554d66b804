"""Between the space's parameters and Optuna's: distributions, values drawn by a sampler, values written to a trial."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, final

from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.samplers import BaseSampler
from optuna.study import Study
from optuna.trial import FrozenTrial, Trial

from songpop.space import ChoiceParam, FixedParam, FloatParam, IntParam, Space, SpaceParam


def distribution(param: SpaceParam) -> BaseDistribution:
    """Return Optuna's distribution of a parameter."""
    return _DISTRIBUTIONS[type(param)](param)


_DISTRIBUTIONS: Mapping[type[SpaceParam], Callable[[Any], BaseDistribution]] = MappingProxyType(
    {
        FloatParam: lambda param: FloatDistribution(param.low, param.high, log=param.log, step=param.step),
        IntParam: lambda param: IntDistribution(param.low, param.high, log=param.log, step=param.step),
        ChoiceParam: lambda param: CategoricalDistribution(param.choices),
        FixedParam: lambda param: CategoricalDistribution([param.value]),
    }
)


def draw(sampler: BaseSampler, study: Study, trial: FrozenTrial, space: Space) -> dict[str, Any]:
    """Let `sampler` suggest a configuration for `trial` without writing it to the trial.

    `optuna.Trial` would write each value as it is drawn; a configuration that turns out to be an old one could then
    not be drawn again under the same trial number.
    """
    sampler.before_trial(study, trial)
    relative = sampler.sample_relative(study, trial, sampler.infer_relative_search_space(study, trial))

    def suggest_one(param: SpaceParam) -> Any:
        if param.name in relative:
            return clipped(param, relative[param.name])
        return clipped(param, sampler.sample_independent(study, trial, param.name, distribution(param)))

    return dict(space.suggest(suggest_one))


def write(trial: Trial, space: Space, values: Mapping[str, Any]) -> None:
    """Write the searched values of a configuration to `trial`, whose study must have a `GivenSampler`."""
    given = trial.study.sampler
    if not isinstance(given, GivenSampler):
        raise TypeError(f"the study must have a GivenSampler, but it has {type(given).__name__}.")
    given.values = values
    for param in space.searched:
        if param.name in values:
            _WRITERS[type(param)](trial, param)


_WRITERS: Mapping[type[SpaceParam], Callable[[Trial, Any], Any]] = MappingProxyType(
    {
        FloatParam: lambda trial, p: trial.suggest_float(p.name, p.low, p.high, log=p.log, step=p.step),
        IntParam: lambda trial, p: trial.suggest_int(p.name, p.low, p.high, log=p.log, step=p.step),
        ChoiceParam: lambda trial, p: trial.suggest_categorical(p.name, p.choices),
    }
)


@final
class GivenSampler(BaseSampler):
    """Suggests what it was given: the study's own sampler, while the decisions are made outside."""

    def __init__(self) -> None:
        self.values: Mapping[str, Any] = {}

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """Return nothing: every value is given one by one."""
        return {}

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Return nothing: every value is given one by one."""
        return {}

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """Return the given value."""
        return self.values[param_name]


def clipped(param: SpaceParam, value: Any) -> Any:
    """Return a drawn value inside its parameter's range."""
    # exp(log(low)) may lie one rounding error below low; KerasTuner's Gaussian process asks for one integer above high.
    return min(max(value, param.low), param.high) if isinstance(param, FloatParam | IntParam) else value
