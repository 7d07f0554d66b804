"""The exceptions: the tree of the docstring is the tree of the classes, and each class has its exit status."""

import inspect
import re

import pytest

import songpop.errors
from songpop.cli import COMMANDS, HELP, run
from songpop.errors import (
    ArtifactError,
    DataError,
    EngineError,
    GateError,
    LeakError,
    OracleError,
    RefusedError,
    ResumeError,
    SettingsError,
    SongpopError,
    SpaceError,
    StoreError,
    UnreachableError,
)

CLASSES = [
    item for item in vars(songpop.errors).values() if inspect.isclass(item) and item.__module__ == "songpop.errors"
]
# design.md, section 2
STATUSES = [
    (SettingsError, 2),
    (SpaceError, 2),
    (ResumeError, 2),
    (DataError, 3),
    (LeakError, 3),
    (GateError, 4),
    (RefusedError, 4),
    (StoreError, 5),
    (ArtifactError, 5),
    (UnreachableError, 5),
    (EngineError, 1),
    (OracleError, 1),
]


def drawn_tree() -> dict[str, tuple[str, int]]:
    """Class name to (parent's name, exit status), as the docstring draws it."""
    parents, drawn = {0: "SongpopError"}, {}
    for branch, name, status in re.findall(r"^    (.*── )(\w+) +(\d) ", songpop.errors.__doc__ or "", re.MULTILINE):
        depth = len(branch) // 4
        drawn[name] = (parents[depth - 1], int(status))
        parents[depth] = name
    return drawn


def test_the_tree_of_the_docstring_is_the_tree_of_the_classes() -> None:
    classes = {
        item.__name__: (item.__base__.__name__, item.exit_status) for item in CLASSES if item is not SongpopError
    }
    assert drawn_tree() == classes


@pytest.mark.parametrize(("kind", "status"), STATUSES)
def test_the_program_ends_with_the_status_of_the_class(
    kind: type[SongpopError], status: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_: object, **__: object) -> int:
        raise kind("`this` must hold, but it does not. Do that.")

    monkeypatch.setattr("songpop.cli.commands.run_command", refuse)
    assert run([next(iter(COMMANDS))]) == status
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err == "songpop: `this` must hold, but it does not. Do that.\n"


def test_every_class_has_a_status_that_the_help_explains() -> None:
    assert {kind for kind, _ in STATUSES} == {*CLASSES} - {SongpopError}
    assert all(re.search(rf"\b{kind.exit_status} \w", HELP) for kind, _ in STATUSES)
