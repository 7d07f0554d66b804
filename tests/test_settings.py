"""Every key is described where it is declared, and read somewhere: no key that nothing reads."""

import dataclasses
import re
from pathlib import Path

import pytest

import songpop.settings as settings

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
