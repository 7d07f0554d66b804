"""Between the space's parameters and KerasTuner's hyperparameters."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from songpop.search.distributions import clipped
from songpop.search.kerastuner_runtime import deserialize, keras_tuner
from songpop.space import ChoiceParam, FixedParam, FloatParam, IntParam, Space, SpaceParam

HyperParameters = Any  # keras_tuner.HyperParameters, which has no types


def hyperparameters(space: Space, *, is_grid: bool = False) -> HyperParameters:
    """Return a space as KerasTuner has it, conditions included, with each parameter's first value as its default.

    Args:
        space: what is searched.
        is_grid: whether numbers have the values that a grid takes, and no others.

    Raises:
        SpaceError: if a grid is asked for, and a continuous parameter does not say which values it takes.
    """
    found = keras_tuner.HyperParameters()
    declare(found, space, is_grid=is_grid)
    return found


def declare(found: HyperParameters, space: Space, *, is_grid: bool = False) -> None:
    """Add the parameters of a space to those that are `found`, unless they are there.

    From their configuration: its `conditional_scope` knows no parent that has conditions of its own.
    """
    found.merge([deserialize(_serialized(param, is_grid=is_grid)) for param in space.params], overwrite=False)


def configuration(space: Space, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what KerasTuner suggests as a configuration of the space.

    Raises:
        KeyError: if it has no value for an active parameter.
        SpaceError: if a value lies outside its parameter.
    """
    return dict(space.suggest(lambda param: param.snap(clipped(param, values[param.name]))))


def _serialized(param: SpaceParam, *, is_grid: bool) -> dict[str, Any]:
    """Return a parameter in KerasTuner's own written form."""
    if is_grid or _is_ladder(param):
        kind, config = "Choice", {"values": list(param.grid() if is_grid else param.values() or ())}
    else:
        kind, config = _WRITTEN[type(param)](param)
    conditions = [
        {"class_name": "Parent", "config": {"name": condition.parent, "values": list(condition.values)}}
        for condition in param.when
    ]
    return {"class_name": kind, "config": {"name": param.name, "conditions": conditions, **config}}


def _is_ladder(param: SpaceParam) -> bool:
    """Say whether these are floats with a step: KerasTuner would count them up, and miss by a rounding error."""
    return isinstance(param, FloatParam) and param.step is not None


def _range(param: FloatParam | IntParam) -> dict[str, Any]:
    return {"min_value": param.low, "max_value": param.high, "sampling": "log" if param.log else "linear"}


_WRITTEN: Mapping[type[SpaceParam], Callable[[Any], tuple[str, dict[str, Any]]]] = MappingProxyType(
    {
        FloatParam: lambda param: ("Float", _range(param)),
        # A step would be a factor where the sampling is logarithmic.
        IntParam: lambda param: ("Int", {**_range(param), "step": None if param.log else param.step}),
        ChoiceParam: lambda param: ("Choice", {"values": list(param.choices)}),
        FixedParam: lambda param: ("Fixed", {"value": param.value}),
    }
)
