"""docs/reliability.md names tests that exist, and every test of the survival suite is named there."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
NAMED = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", PAGE)


def written_in(file: Path) -> set[str]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}


def test_every_named_test_exists() -> None:
    assert len(NAMED) > 20
    missing = [f"{file}::{name}" for file, name in NAMED if name not in written_in(ROOT / file)]
    assert not missing


def test_every_survival_test_is_named() -> None:
    files = sorted((ROOT / "tests" / "survival").glob("test_*.py"))
    written = {(str(file.relative_to(ROOT)), name) for file in files for name in written_in(file)}
    assert written - set(NAMED) == set()
