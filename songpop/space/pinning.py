"""A space with some parameters held at one value, because the configuration says so: `optimizer=sgd`.

Owns: what is left of a space then. Does not own: where the values come from (app/prepare.py).
"""

from collections.abc import Mapping
from dataclasses import replace

from songpop.space.legal import Value
from songpop.space.params import Condition, FixedParam, SpaceParam
from songpop.space.space import Space


def pin(space: Space, values: Mapping[str, Value]) -> Space:
    """Return `space` with each of `values` fixed, and without the parameters that can then never exist.

    Args:
        space: what is searched.
        values: by name of a field of `contracts.Params`, already checked; what is not part of the space is passed
            over. A value need not lie inside the space: who names one wants it.
    """
    kept: dict[str, SpaceParam] = {}
    for param in space.params:
        if param.name in values:
            kept[param.name] = FixedParam(name=param.name, value=values[param.name])
            continue
        when = tuple(_narrowed(condition, kept) for condition in param.when)
        if all(condition.values for condition in when):
            kept[param.name] = replace(param, when=when)
    return Space(tuple(kept.values()))


def _narrowed(condition: Condition, kept: Mapping[str, SpaceParam]) -> Condition:
    parent = kept.get(condition.parent)
    return replace(condition, values=tuple(value for value in condition.values if parent and parent.contains(value)))
