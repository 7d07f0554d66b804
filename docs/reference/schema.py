"""What a class of settings or results says of its fields: name, type in words, default, and the comment beside it.

Owns: reading the source, and the words for types and values. Does not own: the pages (keys.py, commands.py).
"""

import ast
import dataclasses
import inspect
import re
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

NAMES = {str: "text", int: "whole number", float: "number", bool: "true or false", type(None): "null", Path: "text"}


@dataclass(frozen=True, kw_only=True)
class Field:
    """A field of a dataclass: its type, its default (without one: `dataclasses.MISSING`), its comment."""

    name: str
    kind: Any
    default: Any
    about: str

    @property
    def inner(self) -> type | None:
        """The dataclass that it holds, alone, in a list or by name; None: it holds none."""
        return next((one for one in _parts(self.kind) if dataclasses.is_dataclass(one)), None)

    @property
    def is_by_name(self) -> bool:
        """Whether it holds any number of them, each under a name."""
        return typing.get_origin(self.kind) in (dict, Mapping)


def fields_of(owner: type, names: Mapping[str, Any] | None = None) -> tuple[Field, ...]:
    """Return the fields of a dataclass that a reader sees, in order.

    Args:
        owner: the dataclass.
        names: what its annotations mean that its module imports for type checkers only.
    """
    hints = typing.get_type_hints(owner, localns=dict(names or {}))
    about = comments(inspect.getsource(owner))
    return tuple(
        Field(name=one.name, kind=hints[one.name], default=_default(one), about=about[one.name])
        for one in dataclasses.fields(owner)
        if one.metadata.get("json", True)
    )


def _default(one: "dataclasses.Field[Any]") -> Any:
    return one.default if one.default_factory is dataclasses.MISSING else one.default_factory()


def comments(source: str) -> dict[str, str]:
    """Return what stands behind each field or value of a class: the comment on its line, or the whole one above it.

    A comment on its line may go on below it.
    """
    source = inspect.cleandoc("\n" + source)
    lines, body = source.splitlines(), ast.parse(source).body[0]
    assert isinstance(body, ast.ClassDef)
    nodes = [node for node in body.body if isinstance(node, ast.AnnAssign | ast.Assign)]
    return {ast.unparse(_target(node)): _comment(node, lines) for node in nodes}


def _target(node: ast.AnnAssign | ast.Assign) -> ast.expr:
    return node.target if isinstance(node, ast.AnnAssign) else node.targets[0]


def _comment(node: ast.AnnAssign | ast.Assign, lines: Sequence[str]) -> str:
    last = node.end_lineno or node.lineno
    on_it = [line.partition("  # ")[2] for line in lines[node.lineno - 1 : last]]
    if any(on_it):
        return " ".join([*filter(None, on_it), *_run(lines[last:])])
    return " ".join(reversed(_run(lines[node.lineno - 2 :: -1])))


def _run(lines: Sequence[str]) -> list[str]:
    """Return the lines that are nothing but comments, up to the first other one."""
    found = []
    for line in lines:
        if not line.strip().startswith("# "):
            break
        found.append(line.strip().removeprefix("# "))
    return found


def _parts(kind: Any) -> list[Any]:
    """Return a type and all that it is made of."""
    return [kind, *(part for inner in typing.get_args(kind) for part in _parts(inner))]


def in_words(kind: Any, told: Mapping[Any, str] | None = None) -> str:
    """Return a type in plain words.

    Args:
        kind: a type or an annotation.
        told: words of the reader's own for some types, such as links.
    """
    known = {**NAMES, **(told or {})}
    if kind in known:
        return known[kind]
    if inspect.isclass(kind) and issubclass(kind, Enum):
        return _one_of([option.value for option in kind])
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    words = [in_words(part, told) for part in inner if part is not Ellipsis and origin is not typing.Literal]
    if origin is tuple and Ellipsis not in inner:
        return f"[{', '.join(words)}]"
    return _OF.get(origin, lambda *_: "anything")(words, inner)


def _one_of(values: Sequence[Any]) -> str:
    return ", ".join(f"`{value}`" for value in values)


# Words for what is made of other types, from their words and from the types themselves.
_OF: Mapping[Any, Callable[[Sequence[str], Sequence[Any]], str]] = {
    typing.Union: lambda words, _: " or ".join(words),
    types.UnionType: lambda words, _: " or ".join(words),
    typing.Literal: lambda _, values: _one_of(values),
    **dict.fromkeys((Mapping, dict), lambda words, _: f"by name: {words[1]}"),
    **dict.fromkeys((tuple, list, Sequence), lambda words, _: f"list of {words[0]}"),
}


def in_yaml(value: Any) -> str:
    """Return a value as one writes it on the command line; "" where a group has keys of its own."""
    if value is dataclasses.MISSING or (dataclasses.is_dataclass(value) and not isinstance(value, type)):
        return ""
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    if isinstance(value, list):
        return "[" + ", ".join(map(in_yaml, value)) + "]"
    return str(value) or '""'


def link(text: str) -> str:
    """Return the anchor that a page gives a heading."""
    return "#" + re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the lines of a table, with an empty one behind it."""
    told = [[cell.replace("|", "\\|") for cell in row] for row in rows]
    return [_line(head), "|" + "---|" * len(head), *map(_line, told), ""]


def _line(cells: Sequence[str]) -> str:
    return "|" + "|".join(f" {cell} " if cell else " " for cell in cells) + "|"
