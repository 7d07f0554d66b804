"""The page of every key: its whole name, type, default and meaning; the options of groups; the hyperparameters."""

import dataclasses
from collections.abc import Iterator, Mapping
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from schema import Field, comments, fields_of, in_words, in_yaml, link, table

import songpop.settings as settings
from songpop.cli import COMMANDS
from songpop.compose import SCHEMAS, conf_dir
from songpop.contracts import Params
from songpop.settings import ModelSettings, OptimizerSettings, ScheduleSettings
from songpop.space.legal import BOUNDS, LEGAL

HEAD = """# Every key

Written from the schema by `make reference`; a test holds it against the code. A key is set on the command line as
`KEY=VALUE`, a group's option as `GROUP=OPTION`; defaults are the schema's, and an option of a group may set another one
([options](#options-of-groups)). `songpop COMMAND --cfg job` shows all keys of a command with their values;
[commands.md](commands.md) says what each command does and returns.

"""
PARAMS = "Hyperparameters"
# What a command's own group of keys has between its name and the key's: a name of one's own.
OWN_NAME = {"ParamSettings": "PARAMETER", "FixedModel": "NAME"}
FIXING = ("model", "optimizer", "schedule", "train")  # groups whose keys fix hyperparameters
SHOWN = 200  # characters of what an option sets; the file has all


@dataclasses.dataclass(frozen=True, kw_only=True)
class Group:
    """Keys that stand together: those of a group, or a command's own."""

    path: str  # "" for a command's own keys
    schema: type
    title: str

    def name_of(self, field: Field) -> str:
        """Return the key as it is typed."""
        return f"{self.path}.{field.name}" if self.path else field.name


def page() -> str:
    """Return the whole page."""
    return HEAD + "\n".join([*_overview(), *_keys(), *_params(), *_options(), *_values()]).rstrip() + "\n"


def schema_of(command: str) -> type:
    """Return the settings class of a command: the schema that its primary config, or the one before it, begins with."""
    first = yaml.safe_load((conf_dir() / f"{command}.yaml").read_text("utf-8"))["defaults"][0]
    return SCHEMAS[first] if first in SCHEMAS else schema_of(first)


@cache
def groups() -> tuple[Group, ...]:
    """Return every group once, those within a group behind it, then each command's own keys."""
    found: dict[str, Group] = {}
    for schema in SCHEMAS.values():
        for field in fields_of(schema):
            for group in _within(field.name, field):
                found.setdefault(group.path, group)
    own = [Group(path="", schema=one, title=title_of(one)) for one in SCHEMAS.values() if _own(one)]
    return (*found.values(), *own)


def _within(path: str, field: Field) -> Iterator[Group]:
    """Yield the group that a field is, and those within it."""
    if field.inner is None:
        return
    inner = f"{path}.{OWN_NAME[field.inner.__name__]}" if field.is_by_name else path
    yield Group(path=inner, schema=field.inner, title=inner)
    for below in fields_of(field.inner):
        yield from _within(f"{inner}.{below.name}", below)


def _own(schema: type) -> tuple[Field, ...]:
    return tuple(field for field in fields_of(schema) if field.inner is None)


def title_of(schema: type) -> str:
    """Return the heading of a command's own keys."""
    return ", ".join(name for name in COMMANDS if schema_of(name) is schema) + ": keys of its own"


def about_of(group: Group, field: Field) -> str:
    """Return what a key is: by its own comment, or as the hyperparameter of its name; "" if nothing says it."""
    if field.about:
        return field.about
    if group.schema in (ModelSettings, OptimizerSettings, ScheduleSettings):
        return (
            f"[hyperparameter](#hyperparameter-{field.name}), fixed; null: as the space has it"
            if field.name in _hyper()
            else ""
        )
    return ""


@cache
def _hyper() -> Mapping[str, Field]:
    return {field.name: field for field in fields_of(Params)}


def _overview() -> Iterator[str]:
    yield "## Which command reads which group"
    yield ""
    rows = [[f"[`{name}`](commands.md#{name})", ", ".join(_reads(schema_of(name)))] for name in COMMANDS]
    yield from table(["command", "reads"], rows)


def _reads(schema: type) -> Iterator[str]:
    if _own(schema):
        yield f"[its own]({link(title_of(schema))})"
    for field in fields_of(schema):
        path = next((group.path for group in _within(field.name, field)), None)
        if path is not None:
            yield f"[{field.name}]({link(path)})"


def _keys() -> Iterator[str]:
    for group in groups():
        yield f"## {group.title}"
        yield ""
        if group.path:
            yield (group.schema.__doc__ or "").strip()
            yield ""
        rows = [_row(group, field) for field in fields_of(group.schema) if field.inner is None]
        if rows:
            yield from table(["key", "type", "default", "what it is"], rows)


def _row(group: Group, field: Field) -> list[str]:
    default = in_yaml(field.default)
    name = group.name_of(field)
    anchor = f'<a id="{name}"></a>' if group.path else ""
    return [f"{anchor}`{name}`", in_words(field.kind), f"`{default}`" if default else "", about_of(group, field)]


def _params() -> Iterator[str]:
    yield f"## {PARAMS}"
    yield ""
    yield (
        "What a network and its training are made of. A space varies any of them by these names "
        f"([space.PARAMETER]({link('space.PARAMETER')})), `model`, `optimizer`, `schedule` and `train.batch_size` fix "
        "them, and without either the default holds. A parameter that its parent switches off (`l2` where "
        "`regularization` is `none`) has no effect; a space says so by `when`."
    )
    yield ""
    rows = [
        [
            f'<a id="hyperparameter-{name}"></a>`{name}`',
            _legal(name, field),
            f"`{in_yaml(field.default)}`",
            _fixed_by(name),
            field.about,
        ]
        for name, field in _hyper().items()
    ]
    yield from table(["name", "may be", "default", "fixed by", "what it is"], rows)


def _legal(name: str, field: Field) -> str:
    if name in LEGAL:
        return ", ".join(f"`{value}`" for value in LEGAL[name])
    return f"{in_words(field.kind)} {BOUNDS[name]}" if name in BOUNDS else in_words(field.kind)


def _fixed_by(name: str) -> str:
    for group in groups():
        if group.path in FIXING and any(field.name == name for field in fields_of(group.schema)):
            return f"`{group.path}.{name}`"
    return ""


def _options() -> Iterator[str]:
    yield "## Options of groups"
    yield ""
    rows = []
    for folder in sorted(path for path in conf_dir().iterdir() if path.is_dir()):
        for file in sorted(folder.glob("*.yaml")):
            where = f"[conf/{folder.name}/{file.name}](../../conf/{folder.name}/{file.name})"
            rows.append([f"`{folder.name}={file.stem}`", first_comment(file), _sets(file) or where])
    yield from table(["option", "used by", "sets"], rows)


def first_comment(file: Path) -> str:
    """Return the line of a config that says which command uses it; Hydra wants `@package` before all."""
    lines = (line.removeprefix("# ") for line in file.read_text("utf-8").splitlines())
    return next(line for line in lines if not line.startswith("@package"))


def _sets(file: Path) -> str:
    """Return what a config sets, as one would type it; "" where that is too long, or it chooses other options too."""
    values = yaml.safe_load(file.read_text("utf-8")) or {}
    if "defaults" in values or any(isinstance(part, dict) for value in values.values() for part in _members(value)):
        return ""
    text = ", ".join(f"`{file.parent.name}.{name}={in_yaml(value)}`" for name, value in values.items())
    return text if len(text) <= SHOWN else ""


def _members(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _values() -> Iterator[str]:
    yield "## Values that have names"
    yield ""
    for kind in enums():
        yield f"**{kind.__name__}.** {(kind.__doc__ or '').strip()}"
        yield ""
        said = comments(_source(kind))
        yield from (f"- `{one.value}`" + (f": {said[one.name]}" if said[one.name] else "") for one in kind)
        yield ""


def enums() -> Iterator[type[Enum]]:
    """Yield every set of named values, in the order in which the package exports them."""
    for name in settings.__all__:
        found: Any = getattr(settings, name)
        if isinstance(found, type) and issubclass(found, Enum):
            yield found


def _source(kind: type) -> str:
    import inspect

    return inspect.getsource(kind)
