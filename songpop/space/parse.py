"""From one entry of conf/space/ to a typed parameter, with a sentence for every wrong form.

Owns: which keys belong to which kind, ranges, choices. Does not own: conditions between parameters (conditions).
"""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from songpop.errors import SpaceError
from songpop.settings import ParamKind, ParamSettings
from songpop.space.legal import FIELD_TYPES, Value, check_name, check_value
from songpop.space.params import ChoiceParam, FixedParam, FloatParam, IntParam, SpaceParam, When

_RANGE_KEYS = ("low", "high", "log", "step", "n_grid")
_KEYS: Mapping[ParamKind, tuple[str, ...]] = MappingProxyType(
    {
        ParamKind.float: _RANGE_KEYS,
        ParamKind.int: _RANGE_KEYS,
        ParamKind.choice: ("choices",),
        ParamKind.fixed: ("value",),
    }
)
_UNSET = ParamSettings()
_ALL_KEYS = (*_RANGE_KEYS, "choices", "value")
_WORDS = {float: "a number: use kind float", int: "a whole number: use kind int", str: "a text: use kind choice"}


def parse_param(name: str, settings: ParamSettings, when: When) -> SpaceParam:
    """Return the parameter `name` as `settings` describe it.

    Args:
        name: a field of `contracts.Params`.
        settings: one entry of the group space.
        when: its conditions, already checked.

    Raises:
        SpaceError: naming the key, the rule, and what was found.
    """
    check_name(f"space.{name}", name)
    _check_keys(name, settings)
    return _PARSERS[settings.kind](name, settings, when)


def _check_keys(name: str, settings: ParamSettings) -> None:
    allowed = _KEYS[settings.kind]
    for key in _ALL_KEYS:
        if key not in allowed and getattr(settings, key) != getattr(_UNSET, key):
            fitting = [kind.value for kind, keys in _KEYS.items() if key in keys]
            raise SpaceError(
                f"`space.{name}.{key}` does not belong to kind {settings.kind.value}, which takes "
                f"{', '.join(allowed)}. Remove it, or set space.{name}.kind={' or '.join(fitting)}."
            )
    for key in allowed:
        if key in ("low", "high", "choices", "value") and getattr(settings, key) is None:
            raise SpaceError(f"kind {settings.kind.value} needs `space.{name}.{key}`, but it is not set.")


def _parse_float(name: str, settings: ParamSettings, when: When) -> FloatParam:
    low, high, step = _range(name, settings, float)
    return FloatParam(
        name=name,
        low=float(low),
        high=float(high),
        log=settings.log,
        step=None if step is None else float(step),
        n_grid=_n_grid(name, settings),
        when=when,
    )


def _parse_int(name: str, settings: ParamSettings, when: When) -> IntParam:
    low, high, step = _range(name, settings, int)
    return IntParam(
        name=name,
        low=int(low),
        high=int(high),
        log=settings.log,
        step=1 if step is None else int(step),
        n_grid=_n_grid(name, settings),
        when=when,
    )


def _range(name: str, settings: ParamSettings, kind: type) -> tuple[float, float, float | None]:
    key = f"space.{name}"
    if FIELD_TYPES[name] is not kind:
        raise SpaceError(f"`{key}.kind` is {settings.kind.value}, but {name} is {_WORDS[FIELD_TYPES[name]]}.")
    if settings.log and _is_number(settings.low) and settings.low <= 0:
        raise SpaceError(
            f"`low > 0` must hold when `log` is true, but `{key}.low` is {settings.low!r}. "
            f"Raise {key}.low or set {key}.log=false."
        )
    low, high = (check_value(f"{key}.{end}", name, getattr(settings, end)) for end in ("low", "high"))
    if not isinstance(low, int | float) or not isinstance(high, int | float) or low > high:
        raise SpaceError(f"`low <= high` must hold, but `{key}.low` is {low!r} and `{key}.high` is {high!r}.")
    step = _step(key, settings, kind)
    if step is None:
        return low, high, None
    # The last rung is the true upper end: from 0 to 1 by 0.3 ends at 0.9.
    n_rungs = int((Decimal(str(high)) - Decimal(str(low))) / Decimal(str(step)))
    return low, float(Decimal(str(low)) + n_rungs * Decimal(str(step))), step


def _step(key: str, settings: ParamSettings, kind: type) -> float | None:
    if settings.step is None:
        return None
    whole = "whole " if kind is int else ""
    if not _is_number(settings.step) or (kind is int and not isinstance(settings.step, int)):
        raise SpaceError(f"`{key}.step` must be a {whole}number, but it is {settings.step!r}.")
    if not 0 < settings.step < float("inf"):
        raise SpaceError(f"`step > 0` must hold, but `{key}.step` is {settings.step!r}.")
    if settings.log:
        raise SpaceError(f"`{key}` has both `step` and `log`, but steps are even only without it. Remove one of them.")
    if settings.n_grid is not None and kind is float:
        raise SpaceError(
            f"`{key}` has both `step` and `n_grid`, but either says what a grid takes. Remove one of them."
        )
    return float(settings.step)


def _n_grid(name: str, settings: ParamSettings) -> int | None:
    if settings.n_grid is not None and settings.n_grid < 2:
        raise SpaceError(f"`n_grid >= 2` must hold, but `space.{name}.n_grid` is {settings.n_grid!r}.")
    return settings.n_grid


def _parse_choice(name: str, settings: ParamSettings, when: When) -> ChoiceParam:
    key = f"space.{name}.choices"
    given = settings.choices
    if isinstance(given, str) or not isinstance(given, Sequence) or not given:
        raise SpaceError(f"`{key}` must be a list with at least one value, but it is {given!r}.")
    choices: list[Value] = []
    for position, value in enumerate(given):
        typed = check_value(f"{key}[{position}]", name, value)
        if typed in choices:
            raise SpaceError(f"`{key}` must hold each value once, but {typed!r} stands there twice. Remove one.")
        choices.append(typed)
    return ChoiceParam(name=name, choices=tuple(choices), when=when)


def _parse_fixed(name: str, settings: ParamSettings, when: When) -> FixedParam:
    return FixedParam(name=name, value=check_value(f"space.{name}.value", name, settings.value), when=when)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


_PARSERS: Mapping[ParamKind, Callable[[str, ParamSettings, When], SpaceParam]] = MappingProxyType(
    {
        ParamKind.float: _parse_float,
        ParamKind.int: _parse_int,
        ParamKind.choice: _parse_choice,
        ParamKind.fixed: _parse_fixed,
    }
)
