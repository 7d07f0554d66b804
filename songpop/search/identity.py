"""What a study belongs to: table, split, space, objective and training, each as a text or digest.

A study that was started with something else is another study; going on with it would mix results that cannot be
compared.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from songpop.errors import ResumeError

N_SHOWN = 4  # differences that are told one by one
_SHOWN = 24  # characters of a value: enough to tell digests apart


def check_identity(name: str, kept: Mapping[str, str], now: Mapping[str, str]) -> None:
    """Compare what a study was started with and what it is opened with.

    Raises:
        ResumeError: naming the first differences.
    """
    before, after = dict(_flat(kept)), dict(_flat(now))
    different = [key for key in {**before, **after} if before.get(key) != after.get(key)]
    if different:
        first = different[:N_SHOWN]
        told = ", ".join(f"{key} was {_shown(before, key)}, now {_shown(after, key)}" for key in first)
        told += f", and {len(different) - N_SHOWN} more" if len(different) > N_SHOWN else ""
        raise ResumeError(
            f"the study {name!r} was started with something else: {told}. "
            "Choose another name by search.name=…, or restore what has changed."
        )


def _flat(identity: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield single values by dotted key; a text that holds a JSON object is opened."""
    for key, value in identity.items():
        inner = _opened(value)
        if isinstance(inner, Mapping):
            yield from _flat(inner, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", str(value)


def _opened(value: Any) -> Any:
    if not isinstance(value, str) or not value.startswith("{"):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value  # a text that only begins like an object


def _shown(values: Mapping[str, str], key: str) -> str:
    if key not in values:
        return "not set"
    return values[key] if len(values[key]) <= _SHOWN else f"{values[key][:_SHOWN]}…"
