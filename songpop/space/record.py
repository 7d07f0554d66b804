"""A space as plain data, in the form in which a configuration file says it, so that it can be kept and read again."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from songpop.settings import ParamKind, ParamSettings
from songpop.space.params import ChoiceParam, FixedParam, FloatParam, IntParam, SpaceParam
from songpop.space.space import Space

_KINDS: Mapping[type, ParamKind] = {
    FloatParam: ParamKind.float,
    IntParam: ParamKind.int,
    ChoiceParam: ParamKind.choice,
    FixedParam: ParamKind.fixed,
}
_UNSET = asdict(ParamSettings())


def as_entries(space: Space) -> dict[str, dict[str, Any]]:
    """Return the entries of a group space that give `space`: `space_of` takes them back, digest and all."""
    return {param.name: _entry(param) for param in space.params}


def space_of(entries: Mapping[str, Mapping[str, Any]]) -> Space:
    """Return the space whose `as_entries` they are.

    Raises:
        SpaceError: if they are something else.
    """
    return Space.from_settings(
        {name: ParamSettings(**{**entry, "kind": ParamKind(entry["kind"])}) for name, entry in entries.items()}
    )


def _entry(param: SpaceParam) -> dict[str, Any]:
    values = asdict(param)
    values["when"] = {condition.parent: sorted(condition.values, key=str) for condition in param.when}
    kind = {"kind": _KINDS[type(param)].value}
    return kind | {key: values[key] for key in _UNSET if key in values and values[key] != _UNSET[key]}
