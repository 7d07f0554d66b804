"""The reference: written from the code, complete, each key described, and its links lead to something."""

import importlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

FOLDER = Path(__file__).parent.parent / "docs" / "reference"
NAMES = ("schema", "keys", "commands", "generate")
PAGES = ("keys.md", "commands.md")


@pytest.fixture(scope="module")
def reference() -> Iterator[Any]:
    """The modules of docs/reference, which are no package."""
    sys.path.insert(0, str(FOLDER))
    yield SimpleNamespace(**{name: importlib.import_module(name) for name in NAMES})
    sys.path[:] = [folder for folder in sys.path if folder != str(FOLDER)]
    for name in NAMES:
        del sys.modules[name]


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_what_the_code_says(name: str, reference: Any) -> None:
    assert reference.generate.PAGES[name]() == (FOLDER / name).read_text("utf-8"), "run: make reference"


def test_every_key_is_described(reference: Any) -> None:
    bare = [
        group.name_of(field)
        for group in reference.keys.groups()
        for field in reference.schema.fields_of(group.schema)
        if field.inner is None and not reference.keys.about_of(group, field)
    ]
    assert bare == []


def test_every_hyperparameter_is_described(reference: Any) -> None:
    from songpop.contracts import Params

    assert all(field.about for field in reference.schema.fields_of(Params))


def test_every_command_and_every_option_is_there() -> None:
    from songpop.cli import COMMANDS
    from songpop.compose import conf_dir

    keys, commands = ((FOLDER / name).read_text("utf-8") for name in PAGES)
    assert all(f"\n## {name}\n" in commands for name in COMMANDS)
    for file in conf_dir().glob("*/*.yaml"):
        assert f"| `{file.parent.name}={file.stem}` |" in keys


def test_a_command_s_keys_are_those_that_it_composes(reference: Any) -> None:
    from songpop.cli import COMMANDS
    from songpop.compose import compose_settings

    for name in ("sweep", "promote", "reproduce", "predict"):
        assert isinstance(compose_settings(name, []), reference.keys.schema_of(name))
    assert all(reference.keys.schema_of(name) for name in COMMANDS)


def test_links_within_and_between_the_pages_lead_to_a_heading(reference: Any) -> None:
    texts = {name: (FOLDER / name).read_text("utf-8") for name in PAGES}
    anchors = {
        name: {reference.schema.link(title) for title in re.findall(r"^#+ (.+)$", text, re.MULTILINE)}
        | {f"#{one}" for one in re.findall(r'<a id="([^"]+)">', text)}
        for name, text in texts.items()
    }
    for name, text in texts.items():
        headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
        assert len({reference.schema.link(title) for title in headings}) == len(headings)
        for page, anchor in re.findall(r"\]\(([\w.]*)(#[^)]+)\)", text):
            assert anchor in anchors[page or name], f"{name}: {page}{anchor}"


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("class A:\n    x: int = 1  # beside\n", "beside"),
        ("class A:\n    x: int = 1  # beside\n    # and below\n    y: int = 2\n", "beside and below"),
        ("class A:\n    # above\n    # it\n    x: int = 1\n", "above it"),
        ("class A:\n    x: str = (\n        'a'  # within\n    )\n", "within"),
        ("class A:\n    y: int = 2\n\n    x: int = 1\n", ""),
        ('class A:\n    x: str = "#"\n', ""),
    ],
)
def test_what_stands_beside_a_field(source: str, said: str, reference: Any) -> None:
    assert reference.schema.comments(source)["x"] == said


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (int | None, "whole number or null"),
        (list[str], "list of text"),
        (tuple[float, float], "[number, number]"),
        (tuple[str, ...], "list of text"),
        (dict[str, dict[str, float]], "by name: by name: number"),
        (Any, "anything"),
    ],
)
def test_types_in_plain_words(kind: Any, words: str, reference: Any) -> None:
    assert reference.schema.in_words(kind) == words
