"""The reference of every key: written from the schema, and nothing in it is without a description."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

FOLDER = Path(__file__).parent.parent / "docs" / "reference"


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    found = importlib.util.spec_from_file_location("generate", FOLDER / "generate.py")
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def test_the_page_is_what_the_schema_says(generate: ModuleType) -> None:
    committed = (FOLDER / "keys.md").read_text("utf-8")
    assert generate.page() == committed, "run: python docs/reference/generate.py"


def test_every_key_is_described(generate: ModuleType) -> None:
    bare = [
        f"{schema.__name__}.{key.name}"
        for schema in generate.schemas()
        for key in generate.keys_of(schema)
        if not generate.about_of(key)
    ]
    assert bare == []


def test_every_command_and_every_option_is_there(generate: ModuleType) -> None:
    from songpop.cli import COMMANDS
    from songpop.compose import conf_dir

    page = generate.page()
    for name in COMMANDS:
        assert f"| `{name}` |" in page
    for file in conf_dir().glob("*/*.yaml"):
        assert f"`{file.parent.name}={file.stem}`" in page
