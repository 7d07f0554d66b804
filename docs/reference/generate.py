"""Writes the reference of every key from the schema, and of every option of the configuration's groups.

python docs/reference/generate.py
"""

import ast
import inspect
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import songpop.settings as settings
from songpop.cli import COMMANDS
from songpop.compose import SCHEMAS, conf_dir
from songpop.contracts import Params

HERE = Path(__file__).parent
PAGE = HERE / "keys.md"
# Groups of a command that have options in conf/, and what they are for; the others are keys alone.
HEAD = """# Every key

Written from the schema by `python docs/reference/generate.py`; a test holds it against the code. A key is set on the
command line as `KEY=VALUE`, a group's option as `GROUP=OPTION`. `songpop COMMAND --cfg job` shows all keys of a command
with their values.

"""


@dataclass(frozen=True, kw_only=True)
class Key:
    """A field of a settings class."""

    name: str
    type: str
    default: str
    about: str
    group: str | None  # the class that it nests


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(), "utf-8")


def page() -> str:
    """Return the whole page."""
    return HEAD + "\n".join([*_commands(), *_groups(), *_options(), *_enums()]).rstrip() + "\n"


def keys_of(schema: type) -> tuple[Key, ...]:
    """Return the fields of a settings class, each with the comment on its line."""
    lines, _ = inspect.getsourcelines(schema)
    tree = ast.parse(inspect.cleandoc("\n" + "".join(lines))).body[0]
    assert isinstance(tree, ast.ClassDef)
    source = "".join(lines).splitlines()
    return tuple(_key(node, source) for node in tree.body if isinstance(node, ast.AnnAssign))


def _key(node: ast.AnnAssign, source: list[str]) -> Key:
    assert isinstance(node.target, ast.Name)
    kind = ast.unparse(node.annotation)
    nested = next((word for word in kind.replace("|", " ").split() if word.endswith("Settings")), None)
    last = node.end_lineno or node.lineno
    above = source[node.lineno - 2].strip()
    whole = [line.partition("  # ")[2] for line in source[node.lineno - 1 : last]]
    comments = [next(filter(None, whole), above.removeprefix("# ") if above.startswith("# ") else "")]
    for line in source[last:]:  # a comment may go on below its line
        if not comments[0] or not line.strip().startswith("# "):
            break
        comments.append(line.strip().removeprefix("# "))
    return Key(
        name=node.target.id,
        type=_plain_type(kind),
        default=_plain_default(node.value),
        about=" ".join(comments).strip(),
        group=nested,
    )


_TYPES = {
    "str": "text",
    "int": "whole number",
    "float": "number",
    "bool": "true or false",
    "None": "null",
    "Any": "anything",
    "list[str]": "list of texts",
    "list[Any]": "list",
}


def _plain_type(kind: str) -> str:
    """Return a type in words; a type that has named values by these."""
    return " or ".join(map(_plain_part, kind.split(" | ")))


def _plain_part(part: str) -> str:
    inner = part.removeprefix("list[").removesuffix("]")
    options = getattr(settings, inner, None)
    if inspect.isclass(options) and issubclass(options, Enum):
        told = ", ".join(f"`{option.value}`" for option in options)
        return f"list of {told}" if part != inner else f"one of {told}"
    return _TYPES.get(part, part)


def _plain_default(value: ast.expr | None) -> str:
    if value is None:
        return ""
    if isinstance(value, ast.Constant):
        return {"None": "null", "True": "true", "False": "false", "": '""'}.get(str(value.value), str(value.value))
    if isinstance(value, ast.Attribute):
        return value.attr
    text = ast.unparse(value)
    return "" if text.startswith("field(") else text


def about_of(key: Key) -> str:
    """Return what a key is: by its own comment, its group, or the hyperparameter of its name; "" if none says it."""
    if key.about:
        return key.about
    if key.group:
        return f"see [{key.group}](#{key.group.lower()})"
    return next((known.about for known in keys_of(Params) if known.name == key.name), "")


def schemas() -> Iterator[type]:
    """Yield every settings class, in the order in which the package exports them."""
    for name in settings.__all__:
        found = getattr(settings, name)
        if inspect.isclass(found) and name.endswith("Settings"):
            yield found


def _commands() -> Iterator[str]:
    yield "## Commands"
    yield ""
    yield "| command | does | reads |"
    yield "|---|---|---|"
    for name, about in COMMANDS.items():
        schema = SCHEMAS[_schema_name(name)]
        reads = ", ".join(_link(key) for key in keys_of(schema))
        yield f"| `{name}` | {about} | {reads} |"
    yield ""


def _schema_name(command: str) -> str:
    """Return the schema of a command: some share one."""
    first = next(
        line for line in (conf_dir() / f"{command}.yaml").read_text("utf-8").splitlines() if line.startswith("  - ")
    )
    name = first.removeprefix("  - ").strip()
    return name if name in SCHEMAS else _schema_name(name)


def _link(key: Key) -> str:
    return f"[{key.name}](#{key.group.lower()})" if key.group else f"`{key.name}`"


def _groups() -> Iterator[str]:
    for schema in schemas():
        yield f"## {schema.__name__}"
        yield ""
        yield inspect.getdoc(schema) or ""
        yield ""
        yield "| key | type | default | what it is |"
        yield "|---|---|---|---|"
        for key in keys_of(schema):
            about = about_of(key)
            default = f"`{key.default}`" if key.default else ""
            yield f"| `{key.name}` | {_cell(key.type)} | {_cell(default)} | {_cell(about)} |"
        yield ""


def _options() -> Iterator[str]:
    yield "## Options of groups"
    yield ""
    yield "| option | what it is |"
    yield "|---|---|"
    for folder in sorted(path for path in conf_dir().iterdir() if path.is_dir()):
        for file in sorted(folder.glob("*.yaml")):
            about = file.read_text("utf-8").splitlines()[0].removeprefix("# ")
            yield f"| `{folder.name}={file.stem}` | {_cell(about)} |"
    yield ""


def _enums() -> Iterator[str]:
    yield "## Values that have names"
    yield ""
    for name in settings.__all__:
        found = getattr(settings, name)
        if inspect.isclass(found) and issubclass(found, Enum):
            yield f"**{name}** {inspect.getdoc(found)} " + ", ".join(f"`{option.value}`" for option in found)
            yield ""


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    sys.exit(main())
