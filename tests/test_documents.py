"""The documents run: every bash and python block of the how-to pages, and the README's in a copy of the checkout."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = sorted((ROOT / "docs" / "how-to").glob("*.md"))
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(r"^```(bash|python)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!https?://)([^)#]+)\)")
COMMANDS = {"bash": ["bash", "-euo", "pipefail", "-c"], "python": [sys.executable, "-c"]}


def run_blocks(page: Path, folder: Path) -> None:
    """Run a page's blocks one after the other in `folder`, with songpop's own environment first on the path."""
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    environment.pop("MLFLOW_TRACKING_URI", None)
    for language, code in BLOCK.findall(page.read_text(encoding="utf-8")):
        done = subprocess.run(
            [*COMMANDS[language], code], cwd=folder, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{code}\n{done.stdout}\n{done.stderr}"


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_how_to_pages_run(page: Path, tmp_path: Path) -> None:
    run_blocks(page, tmp_path)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of what is committed, in a folder of its own with this environment's programs and a fresh stamp.

    Make has nothing to set up there, and could not clear the real one.
    """
    names = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\n")
    for name in filter(None, names):
        target = tmp_path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, target)
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / "bin").symlink_to(ROOT / ".venv" / "bin")
    (tmp_path / ".venv" / ".complete").touch()
    return tmp_path


@pytest.mark.slow
@pytest.mark.timeout(1_200)
def test_the_readme_and_then_the_tutorial_run_from_top_to_bottom(checkout: Path) -> None:
    """One after the other in one folder: the tutorial's sweep then is there already, and goes on in a second."""
    run_blocks(ROOT / "README.md", checkout)
    assert (checkout / "scored.csv").is_file()
    run_blocks(ROOT / "docs" / "tutorial.md", checkout)
    assert (checkout / "ranked.csv").is_file()
    assert (checkout / "mlruns" / "reports" / "sample-honest-full" / "report.html").is_file()


def test_every_command_of_the_tutorial_has_its_output() -> None:
    blocks = re.findall(
        r"```bash\n.*?```.*?```text\n(.*?)```", (ROOT / "docs" / "tutorial.md").read_text("utf-8"), re.DOTALL
    )
    assert len(blocks) == (ROOT / "docs" / "tutorial.md").read_text("utf-8").count("```bash")
    assert all(block.strip() for block in blocks)


@pytest.mark.parametrize("page", DOCUMENTS, ids=lambda page: page.stem)
def test_links_lead_somewhere(page: Path) -> None:
    broken = [link for link in LINK.findall(page.read_text(encoding="utf-8")) if not (page.parent / link).exists()]
    assert not broken
