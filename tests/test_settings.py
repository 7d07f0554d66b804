"""Every key is described where it is declared, and read somewhere: no key that nothing reads."""

import dataclasses
import re
from pathlib import Path
from typing import Any

import pytest

import songpop.settings as settings
from songpop.errors import SettingsError
from songpop.settings import CompareSettings, check_compare
from songpop.settings.differences import differing_settings

ROOT = Path(__file__).parent.parent
GROUPS = [item for name in settings.__all__ if dataclasses.is_dataclass(item := getattr(settings, name))]
KEYS = [(group, field.name) for group in GROUPS for field in dataclasses.fields(group)]
CODE = "\n".join(
    path.read_text(encoding="utf-8")
    for path in sorted((ROOT / "songpop").rglob("*.py"))
    if path.parent.name != "settings" or path.name == "checks.py"
)
# Copied field by field into contracts.Params, by a loop over the fields (app/prepare.py), and described there.
BY_LOOP = (settings.ModelSettings, settings.OptimizerSettings, settings.ScheduleSettings)


@pytest.mark.parametrize(("group", "key"), KEYS, ids=[f"{group.__name__}.{key}" for group, key in KEYS])
def test_every_key_is_read(group: type, key: str) -> None:
    if group not in BY_LOOP:
        assert re.search(rf'\.{key}\b|"{key}"', CODE), f"{group.__name__}.{key} is read nowhere"


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.__name__)
def test_every_group_has_defaults_and_says_what_it_is(group: type) -> None:
    assert group()
    assert group.__doc__
    assert not group.__doc__.startswith(group.__name__ + "(")


def configuration(**changes: object) -> dict[str, Any]:
    """A sweep's settings as its file has them."""
    flat = {"search.name": "a", "paths.root": "x", "search.seed": 0, "search.known_points": [], **changes}
    groups: dict[str, Any] = {"space": {"l2": {"kind": "float", "low": 0, "high": 1.0, "log": False, "when": {}}}}
    for key, value in flat.items():
        group, _, name = key.partition(".")
        groups.setdefault(group, {})[name] = value
    return groups


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, {}),
        ({"search.name": "b", "paths.root": "y", "data.path": "songs.csv"}, {}),  # names and places
        ({"search.seed": 3}, {"search.seed": (0, 3)}),
        ({"search.known_points": [{"l2": 0.1}]}, {"search.known_points": ([], [{"l2": 0.1}])}),
        ({"split.kind": "by_artist"}, {"split.kind": (None, "by_artist")}),  # not there
        ({"split.names": {}}, {}),
        (
            {"space.l2": {"kind": "fixed", "value": 0, "low": None}},
            {"space.l2": ({"kind": "float", "low": 0, "high": 1.0}, {"kind": "fixed", "value": 0})},
        ),
    ],
)
def test_what_differs_between_recorded_settings(changes: dict[str, object], found: dict[str, object]) -> None:
    assert differing_settings([configuration(), configuration(**changes)]) == found


@pytest.mark.parametrize(
    ("sweep", "names"),
    [(None, ()), ("a", ()), ("songs-*", ("songs-*",)), (["a"], ("a",)), (["a", "b", "a"], ("a", "b"))],
)
def test_several_sweeps_are_named_in_a_list_or_by_a_star(sweep: object, names: tuple[str, ...]) -> None:
    assert check_compare(CompareSettings(sweep=sweep)) == names


@pytest.mark.parametrize("sweep", [[], "", 7, ["a", 7], ["a", ""]])
def test_what_names_no_sweep_is_refused(sweep: object) -> None:
    with pytest.raises(SettingsError, match=r"a name or a list of them, sweep=\[A,B\]"):
        check_compare(CompareSettings(sweep=sweep))
