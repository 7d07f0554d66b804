"""Which parameter exists under which values of others: parents, order, contradictions.

A parameter exists while every one of its conditions holds; a condition holds while its parent exists and has one of
the values. Owns: reading `when`, the topological order, the proof that each parameter can exist.
"""

from collections.abc import Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import Any

from songpop.errors import SpaceError
from songpop.settings import ParamSettings
from songpop.space.legal import FIELD_TYPES, Value, check_value, near
from songpop.space.params import Condition, SpaceParam, When


def parents_first(settings: Mapping[str, ParamSettings]) -> tuple[str, ...]:
    """Return the names so that parents come before their children, and otherwise in the given order.

    Raises:
        SpaceError: if a parent is not part of the space, or if conditions run in a circle.
    """
    graph: dict[str, tuple[str, ...]] = {}
    for name, param in settings.items():
        for parent in param.when:
            if parent not in settings:
                hint = near(parent, tuple(settings))
                raise SpaceError(
                    f"`space.{name}.when` names the parent `{parent}`, which is not part of the space.{hint}"
                    + (f" Or add space.{parent} with kind fixed." if parent in FIELD_TYPES else "")
                )
        graph[name] = tuple(param.when)
    try:
        tuple(TopologicalSorter(graph).static_order())
    except CycleError as error:
        circle = " -> ".join(reversed(error.args[1]))
        raise SpaceError(f"conditions must not run in a circle, but `space` has {circle}. Remove one `when`.") from None
    return _stable_order(graph)


def parse_when(name: str, when: Mapping[str, Any], known: Mapping[str, SpaceParam]) -> When:
    """Return the conditions of `name`; its parents are already in `known`.

    Raises:
        SpaceError: if a condition names no value, or one that its parent never has.
    """
    return tuple(_condition(name, known[parent], values) for parent, values in when.items())


def check_reachable(params: Sequence[SpaceParam]) -> None:
    """Prove that each of `params` (parents first) can exist.

    A parameter exists under a conjunction: each ancestor must exist and have one of some values. It is satisfiable
    exactly if no ancestor is left without a value.

    Raises:
        SpaceError: naming the parameter and the ancestor that would need two values at once.
    """
    needed: dict[str, dict[str, set[Value]]] = {}
    for param in params:
        demands: dict[str, set[Value]] = {}
        for condition in param.when:
            inherited = [*needed[condition.parent].items(), (condition.parent, set(condition.values))]
            for ancestor, values in inherited:
                demands[ancestor] = demands.get(ancestor, values) & values
        for ancestor, values in demands.items():
            if not values:
                raise SpaceError(
                    f"`space.{param.name}.when` can never hold: together with the conditions of its parents it asks "
                    f"`{ancestor}` for two different values at once."
                )
        needed[param.name] = demands


def _condition(name: str, parent: SpaceParam, values: Any) -> Condition:
    key = f"space.{name}.when.{parent.name}"
    listed = [values] if isinstance(values, str) or not isinstance(values, Sequence) else list(values)
    if not listed:
        raise SpaceError(f"`{key}` must hold at least one value, but it is empty.")
    typed = tuple(dict.fromkeys(check_value(key, parent.name, value) for value in listed))
    for value in typed:
        if not parent.contains(value):
            raise SpaceError(f"`{key}` waits for {value!r}, but `space.{parent.name}` never has this value.")
    return Condition(parent=parent.name, values=tuple(parent.snap(value) for value in typed))


def _stable_order(graph: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Order depth first, so that parameters stay where the user wrote them unless a parent must come before."""
    order: dict[str, None] = {}

    def place(name: str) -> None:
        for parent in graph[name]:
            place(parent)
        order.setdefault(name)

    for name in graph:
        place(name)
    return tuple(order)
