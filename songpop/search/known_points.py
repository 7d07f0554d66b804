"""Configurations that are tried before the sampler is asked, such as the published settings."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from songpop.errors import SpaceError
from songpop.space import Space
from songpop.space.legal import FIELD_TYPES, near

_LOG = logging.getLogger(__name__)


def usable_points(space: Space, points: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the points that lie in the space; the others are skipped with a warning.

    A point may leave parameters out; they are drawn at random. A point outside is skipped and not refused, because
    the points belong to a space, and whoever narrows the space did not write them.

    Raises:
        SpaceError: if a point names something that is no hyperparameter.
    """
    usable: list[Mapping[str, Any]] = []
    for position, point in enumerate(points):
        for name in point:
            if name not in FIELD_TYPES:
                key = f"search.known_points[{position}].{name}"
                raise SpaceError(f"`{key}` is not a parameter of the space.{near(name, space.order)}")
        outside = _outside(space, point)
        if outside is None:
            usable.append(dict(point))
        else:
            _LOG.warning("search.known_points[%d] is skipped: %s.", position, outside)
    return usable


def _outside(space: Space, point: Mapping[str, Any]) -> str | None:
    for name, value in point.items():
        if name not in space.by_name:
            return f"{name} is not searched"
        if not space.by_name[name].contains(value):
            return f"{name}={value!r} lies outside the space"
    single = {param.name: param.grid()[0] for param in space.params if param.n_values == 1}
    active = space.active({**single, **point})
    for name, value in point.items():
        if name not in active:
            return f"{name}={value!r} does not exist under the point's other values"
    return None
