"""A search space: typed, conditional parameters, walked parents first.

Owns: which parameters a configuration has, its grid, its digest, the way to `Params`. Does not own: who suggests
values (search), or the forms of a configuration file (parse, conditions).
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import Any, final

from songpop.contracts import Params
from songpop.errors import SpaceError
from songpop.settings import ParamSettings
from songpop.space.conditions import check_reachable, parents_first, parse_when
from songpop.space.legal import Value, near
from songpop.space.params import SpaceParam
from songpop.space.parse import parse_param

Values = Mapping[str, Any]
ValuesOf = Callable[[SpaceParam], Sequence[Value]]


@final
@dataclass(frozen=True)
class Space:
    """Parameters in an order in which parents come before their children."""

    params: tuple[SpaceParam, ...]

    @classmethod
    def from_settings(cls, params: Mapping[str, ParamSettings]) -> "Space":
        """Read the group space of a configuration.

        Args:
            params: the entries by name of a field of `contracts.Params`.

        Raises:
            SpaceError: for an empty space and every wrong entry, with the entry's key.
        """
        if not params:
            raise SpaceError("`space` must hold at least one parameter, but it is empty. Choose one, as in space=full.")
        known: dict[str, SpaceParam] = {}
        for name in parents_first(params):
            known[name] = parse_param(name, params[name], parse_when(name, params[name].when, known))
        check_reachable(tuple(known.values()))
        return cls(tuple(known.values()))

    @cached_property
    def by_name(self) -> Mapping[str, SpaceParam]:
        """The parameters by name."""
        return {param.name: param for param in self.params}

    @property
    def order(self) -> tuple[str, ...]:
        """The names, parents before children."""
        return tuple(self.by_name)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of a canonical form: neither the order of keys nor the way a number is written matters."""
        forms = {param.name: [type(param).__name__, _canonical(param)] for param in self.params}
        return hashlib.sha256(json.dumps(forms, sort_keys=True).encode()).hexdigest()

    @property
    def searched(self) -> tuple[SpaceParam, ...]:
        """The parameters that have more than one value."""
        return tuple(param for param in self.params if param.n_values != 1)

    @property
    def is_conditional(self) -> bool:
        """Whether any parameter exists only under some values of others."""
        return any(param.when for param in self.params)

    def suggest(self, suggest_one: Callable[[SpaceParam], Any]) -> dict[str, Value]:
        """Walk the active parameters and return a configuration.

        Args:
            suggest_one: gives a value for a parameter; not called where only one value is possible.

        Raises:
            SpaceError: if a value lies outside its parameter.
        """
        values: dict[str, Value] = {}
        for param in self.params:
            if _is_active(param, values):
                given = param.grid()[0] if param.n_values == 1 else suggest_one(param)
                values[param.name] = _inside(param, given)
        return values

    def active(self, values: Values) -> tuple[str, ...]:
        """Return the names that exist in the configuration `values`, in order."""
        names: dict[str, Any] = {}
        for param in self.params:
            if _is_active(param, names) and param.name in values:
                names[param.name] = values[param.name]
        return tuple(names)

    def contains(self, values: Values) -> bool:
        """Say whether `values` is a whole configuration: each active parameter with a legal value, and no other."""
        try:
            return self.suggest(lambda param: values[param.name]).keys() == values.keys() and all(
                self.by_name[name].contains(value) for name, value in values.items()
            )
        except (SpaceError, KeyError):
            return False

    def to_params(self, values: Values, base: Params) -> Params:
        """Return the hyperparameters of a configuration.

        Args:
            values: a configuration; parameters with a single value may be left out.
            base: the values of all fields that the configuration does not.

        Returns:
            `base` with the active parameters in place. Parameters of the space that are not active keep the value of
            `base`, so that configurations that mean the same are equal.

        Raises:
            SpaceError: if a name is not part of the space, not active, missing, or has an illegal value.
        """
        for name in values:
            if name not in self.by_name:
                raise SpaceError(f"`{name}` is not a parameter of the space.{near(name, self.order)}")
        full = self.suggest(lambda param: _given(param, values))
        for name in values:
            if name not in full:
                raise SpaceError(f"`{name}` does not exist together with the other values. Remove it.")
        return replace(base, **full)  # type: ignore[arg-type]  # each field's type was checked with the space

    def grid(self) -> Iterator[dict[str, Value]]:
        """Yield each configuration of the grid once, in order.

        Raises:
            SpaceError: if a continuous parameter does not say which values a grid takes.
        """
        values_of = {param.name: param.grid() for param in self.params}
        return self._expand(lambda param: values_of[param.name])

    @property
    def n_grid(self) -> int:
        """The number of configurations of the grid.

        Raises:
            SpaceError: if a continuous parameter does not say which values a grid takes.
        """
        parents = {condition.parent for param in self.params for condition in param.when}
        return self._count({param.name: param.grid() for param in self.params}, parents, 0, {})

    @property
    def is_finite(self) -> bool:
        """Whether the space has a finite number of configurations."""
        return all(param.n_values is not None for param in self.params)

    def configurations(self) -> Iterator[dict[str, Value]]:
        """Yield every configuration of a finite space once, in order.

        Raises:
            SpaceError: if a parameter is continuous.
        """
        if not self.is_finite:
            raise SpaceError("a space with a continuous parameter has no last configuration.")
        return self._expand(lambda param: param.values() or ())

    def _expand(
        self, values_of: ValuesOf, position: int = 0, chosen: Values | None = None
    ) -> Iterator[dict[str, Value]]:
        chosen = chosen or {}
        if position == len(self.params):
            yield dict(chosen)
            return
        param = self.params[position]
        if not _is_active(param, chosen):
            yield from self._expand(values_of, position + 1, chosen)
            return
        for value in values_of(param):
            yield from self._expand(values_of, position + 1, {**chosen, param.name: value})

    def _count(self, values_of: Mapping[str, Sequence[Value]], parents: set[str], position: int, chosen: Values) -> int:
        """Count without walking: only parents branch, all others multiply."""
        if position == len(self.params):
            return 1
        param = self.params[position]
        if not _is_active(param, chosen):
            return self._count(values_of, parents, position + 1, chosen)
        if param.name not in parents:
            return len(values_of[param.name]) * self._count(values_of, parents, position + 1, chosen)
        branches = ({**chosen, param.name: value} for value in values_of[param.name])
        return sum(self._count(values_of, parents, position + 1, branch) for branch in branches)


def _is_active(param: SpaceParam, values: Values) -> bool:
    return all(condition.parent in values and values[condition.parent] in condition.values for condition in param.when)


def _given(param: SpaceParam, values: Values) -> Any:
    if param.name not in values:
        raise SpaceError(f"`{param.name}` must have a value in this configuration, but it is missing.")
    return values[param.name]


def _inside(param: SpaceParam, value: Any) -> Value:
    if not param.contains(value):
        raise SpaceError(f"`{param.name}` must lie inside `space.{param.name}`, but it is {value!r}.")
    return param.snap(value)


def _canonical(param: SpaceParam) -> dict[str, Any]:
    form = {key: value for key, value in asdict(param).items() if key not in ("name", "when")}
    # The order of choices counts (a sampler's draw is a position), the order of conditions does not.
    form["when"] = sorted([condition.parent, sorted(condition.values, key=str)] for condition in param.when)
    return form
