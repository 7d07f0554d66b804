"""What differs between recorded configurations, key by key.

Owns: which keys count. Does not own: reading the files (tracking/), writing values for people (cli/).
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

# Names and places: they say nothing about what was trained. A table that was moved is the same table.
PLACES = ("search.name", "data.path", "storage", "tracking", "registry", "paths")
_SPACE = "space"


def differing_settings(configurations: Sequence[Mapping[str, Any]]) -> dict[str, tuple[Any, ...]]:
    """Return the settings that are not the same in all configurations.

    Args:
        configurations: as their files have them, group by group.

    Returns:
        Dotted key → its value in each configuration, in their order; None where it is unset or not there. A searched
        parameter is one value: the mapping that conf/space/ has for it.
    """
    flat = [dict(_flat(one)) for one in configurations]
    keys = dict.fromkeys(key for one in flat for key in one)
    values = {key: tuple(one.get(key) for one in flat) for key in keys if not _is_place(key)}
    return {key: found for key, found in values.items() if any(value != found[0] for value in found)}


def _flat(group: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in group.items():
        key = f"{prefix}{name}"
        if not isinstance(value, Mapping) or not value:
            yield key, None if value == {} else value
        elif prefix == f"{_SPACE}.":
            yield key, {part: item for part, item in value.items() if not _is_unset(item)}
        else:
            yield from _flat(value, f"{key}.")


def _is_unset(item: Any) -> bool:
    """Say whether a searched parameter's kind has no use for this part of it: 0 is a value."""
    return item is None or item is False or item == {}


def _is_place(key: str) -> bool:
    return any(key == place or key.startswith(f"{place}.") for place in PLACES)
