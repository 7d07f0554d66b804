"""The house as docs/architecture.md describes it: sizes, twins, configs, what importing costs."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MODULES = sorted((ROOT / "songpop").rglob("*.py"))
NAMES = [str(path.relative_to(ROOT)) for path in MODULES]
MAX_LINES = 300
HEAVY = ("tensorflow", "keras", "mlflow", "optuna", "pandas", "sklearn", "hydra")


@pytest.mark.parametrize("path", MODULES, ids=NAMES)
def test_a_file_holds_one_idea(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= MAX_LINES
    assert ast.get_docstring(ast.parse(text)), "the first line of a module says what it owns"


@pytest.mark.parametrize("path", MODULES, ids=NAMES)
def test_every_module_has_a_twin(path: Path) -> None:
    if path.name in ("__init__.py", "__main__.py") or path.parent.name == "settings":  # tests/test_settings.py
        return
    folder = ROOT / "tests" / path.parent.relative_to(ROOT / "songpop")
    twins = [*folder.glob(f"test_*{path.stem}*.py"), *folder.glob(f"test_{path.stem}_*.py")]
    assert twins, f"{path.name} has no test in {folder.relative_to(ROOT)}"


@pytest.mark.parametrize("path", sorted((ROOT / "conf").rglob("*.yaml")), ids=lambda path: path.stem)
def test_every_config_begins_with_the_command_that_uses_it(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    first = next(line for line in lines if not line.startswith("# @package"))  # Hydra wants that one before all
    assert first.startswith("# songpop ") or path.name == "quiet.yaml"


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys, json\nfrom songpop.cli import run\nstatus = run(['--help'])\n"
        "print(json.dumps([status, sorted(sys.modules)]), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    status, loaded = json.loads(done.stderr)
    assert status == 0
    assert not set(HEAVY) & set(loaded)
    assert "sweep" in done.stdout


def test_no_address_and_no_path_of_a_machine_in_the_lock() -> None:
    for name in ("requirements.lock", "bootstrap.lock"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert "://" not in text
        assert "--hash=sha256:" in text
