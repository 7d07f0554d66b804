"""Values in the grammar of Hydra's overrides: Python values, and what a person types without quotes.

Owns: quoting. Does not own: composing (compose.py).
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

# What Hydra reads as the text that it is; 7, 2024_10, .5, 1e5 and nan it reads as numbers.
_PLAIN = re.compile(r"(?!(?:null|true|false|inf|nan)$)[a-z_/][\w./+-]*", re.ASCII | re.IGNORECASE)
# Names and places: what stands behind the equals sign is taken as it is, whatever characters it has.
TEXT_KEYS = (
    "data.path", "input", "output", "paths.root", "search.name", "sweep", "storage.url", "tracking.uri",
    "tracking.experiment", "registry.model", "table",
)  # fmt: skip

# Of these, one may also be a list of names, [A,B]; a name with a comma in it stands in quotes there.
LIST_KEYS = ("sweep",)
_ITEM = re.compile(r"""\s*('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[^,]*[^,\s]|)\s*(?:,|$)""")


def overrides_of(values: Mapping[str, Any]) -> list[str]:
    """Turn keyword arguments into Hydra overrides; `a__b` and "a.b" both name the key a.b."""
    return [f"{key.replace('__', '.')}={quoted(value)}" for key, value in values.items()]


def literal(arguments: Sequence[str]) -> list[str]:
    """Quote the values of text keys that are not quoted: people's paths have spaces, commas and accents."""
    if {"-m", "--multirun"} & set(arguments):
        return list(arguments)  # there a comma separates choices
    words = []
    for word in arguments:
        key, _, value = word.partition("=")
        is_free = key in TEXT_KEYS and value not in ("", "null", "???") and value[0] not in "'\""
        if key in LIST_KEYS and value.startswith("[") and value.endswith("]"):
            words.append(f"{key}=[{','.join(_items(value[1:-1]))}]")
        else:
            words.append(f"{key}={quoted(value)}" if is_free else word)
    return words


def _items(text: str) -> list[str]:
    """Return the items of a list as Hydra takes them: quoted where they are not."""
    items = [item for item in _ITEM.findall(text) if item]
    return [item if item[0] in "'\"" else quoted(item) for item in items]


def quoted(value: Any) -> str:
    """Write a Python value in Hydra's override grammar."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{key}:{quoted(item)}" for key, item in value.items()) + "}"
    if isinstance(value, str):
        return value if _PLAIN.fullmatch(value) else _in_quotes(value)
    if isinstance(value, Sequence):
        return "[" + ",".join(quoted(item) for item in value) + "]"
    return str(value)


def _in_quotes(text: str) -> str:
    """Write a text in quotes; in Hydra's grammar a backslash escapes only in front of a quote."""
    escaped = re.sub(r"(\\*)'", lambda found: 2 * found[1] + "\\'", text)
    return "'" + re.sub(r"\\+$", lambda found: 2 * found[0], escaped) + "'"
