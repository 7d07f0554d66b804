"""The page of every command: what it does, its keys, and what it returns as one JSON object with --json."""

import dataclasses
import inspect
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from keys import first_comment, schema_of, title_of
from schema import Field, fields_of, in_words, link, table

from songpop import errors
from songpop.app.check import TableCheck
from songpop.app.doctor import Diagnosis
from songpop.app.predict import Prediction
from songpop.app.records import SweepOutcome
from songpop.app.registry import Comparison, History
from songpop.app.report import ReportOutcome
from songpop.app.reproduce import ReproduceOutcome
from songpop.app.train import TrainOutcome
from songpop.cli import COMMANDS
from songpop.compose import conf_dir
from songpop.search.finals import Finals
from songpop.tracking.registry import Promotion, Rollback

# What `songpop COMMAND --json` prints; the other commands run until they are ended.
RETURNS: Mapping[str, type] = {
    "sweep": SweepOutcome,
    "train": TrainOutcome,
    "compare": Comparison,
    "promote": Promotion,
    "rollback": Rollback,
    "history": History,
    "reproduce": ReproduceOutcome,
    "predict": Prediction,
    "report": ReportOutcome,
    "check": TableCheck,
    "doctor": Diagnosis,
}
FOR_CHECKERS = {"Finals": Finals}  # imported for type checkers alone, where the records are declared
STATUS_OF_ITS_OWN = {
    "reproduce": "It also ends with 4 where a trial was not the same again; the object is printed all the same.",
    "doctor": "It also ends with 5 where something is wrong that it did not mend; the object is printed all the same.",
    "sweep": "A sweep that is interrupted prints its object too, with `interrupted` true, and ends with 130.",
}
OTHER_STATUSES = {
    0: "done",
    1: "a bug of songpop, too little memory, or a library that failed",
    130: "interrupted; what was finished is kept, and the same command goes on with it",
}
HEAD = """# Every command

Written from the code by `make reference`; a test holds it against the code. They are called as
`songpop COMMAND [--json] [--debug] [KEY=VALUE …]`; [keys.md](keys.md) describes every key.

With `--json` a command prints exactly one JSON object on standard output, and everything else goes to standard error.
It holds the fields below, or `{"error": …, "exit_status": …}` where the command failed (with `refused` and `gates`
where gates refused a promotion). NaN and infinity are null there. In Python `songpop.sweep(frame, …)` and its siblings
return the same records ([how](../how-to/use-from-python.md)).

"""


def page() -> str:
    """Return the whole page."""
    return HEAD + "\n".join([*_statuses(), *_commands(), *_records()]).rstrip() + "\n"


def _statuses() -> Iterator[str]:
    yield "## Exit statuses"
    yield ""
    said = dict(OTHER_STATUSES)
    for line in (errors.__doc__ or "").splitlines():
        found = re.search(r"── (\w+Error) +(\d+) +(\S.*)", line)
        if found and int(found[2]) > 1:
            name, status, about = found[1], int(found[2]), found[3]
            said[status] = f"{said[status]}; {about}" if status in said else about
            assert getattr(errors, name).exit_status == status, name
    yield from table(["status", "means"], [[str(status), said[status]] for status in sorted(said)])


def _commands() -> Iterator[str]:
    for name, about in COMMANDS.items():
        yield f"## {name}"
        yield ""
        yield f"{about[0].upper()}{about[1:]}."
        yield ""
        yield f"`{first_comment(conf_dir() / f'{name}.yaml').partition(':')[0]}`{_make(name)}"
        yield ""
        yield f"Keys: {', '.join(_keys(schema_of(name)))}."
        yield ""
        if name in STATUS_OF_ITS_OWN:
            yield STATUS_OF_ITS_OWN[name]
            yield ""
        if name in RETURNS:
            yield f"`--json` prints: {one_line(RETURNS[name])}"
            yield ""
            yield from _fields(RETURNS[name])
        else:
            yield "It runs until Ctrl-C and prints no object."
            yield ""


def _make(command: str) -> str:
    """Return how make calls it: the target whose recipe is the command."""
    text = (Path(__file__).parent.parent.parent / "Makefile").read_text("utf-8")
    found = re.search(rf"^([a-z]+): [^\n]*\n\t@\$\(BIN\)/songpop {command}\b", text, re.MULTILINE)
    return f', or `make {found[1]} ARGS="…"`' if found else ""


def _keys(schema: type) -> Iterator[str]:
    for field in fields_of(schema):
        path = f"{field.name}.PARAMETER" if field.is_by_name else field.name
        where = link(path if field.inner else title_of(schema))
        yield f"[{field.name}](keys.md{where})"


@cache
def records() -> Mapping[type, str]:
    """Return every record within the results, and its heading: its name, with its module where two have the same."""
    found: dict[type, None] = {}
    open_ones = [*RETURNS.values()]
    while open_ones:
        for field in _fields_of(open_ones.pop(0)):
            inner = field.inner
            if inner is not None and inner not in found and inner not in RETURNS.values():
                found[inner] = None
                open_ones.append(inner)
    names = [one.__name__ for one in (*found, *RETURNS.values())]
    return {one: one.__name__ if names.count(one.__name__) == 1 else _full_name(one) for one in found}


def _full_name(record: type) -> str:
    return f"{record.__name__} of {record.__module__.removeprefix('songpop.')}"


def _fields_of(record: type) -> tuple[Field, ...]:
    return fields_of(record, FOR_CHECKERS)


def _records() -> Iterator[str]:
    yield "## Records within them"
    yield ""
    for record, title in sorted(records().items(), key=lambda one: one[1]):
        yield f"### {title}"
        yield ""
        yield one_line(record)
        yield ""
        yield from _fields(record)


def one_line(record: type) -> str:
    """Return the first sentence of a record's docstring."""
    return (inspect.getdoc(record) or "").split("\n\n", maxsplit=1)[0].replace("\n", " ")


def _fields(record: type) -> Iterator[str]:
    links: dict[Any, str] = {one: f"[{title}]({link(title)})" for one, title in records().items()}
    rows = [[f"`{field.name}`", in_words(field.kind, links), field.about] for field in _fields_of(record)]
    yield from table(["field", "type", "what it is"], rows)


assert all(dataclasses.is_dataclass(one) for one in RETURNS.values())
