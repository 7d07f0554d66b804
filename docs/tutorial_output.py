"""Runs the tutorial's commands in a fresh copy of the checkout, and writes down what they print.

python docs/tutorial_output.py; a comment like `<!-- output 1-6 … -3 -->` before a block says which lines are kept: the
first to the sixth, then the last three.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "tutorial.md"
STEP = re.compile(
    r"```bash\n(?P<code>.*?)```(?P<between>[^`]*?<!-- output (?P<kept>[^>]*?) -->\n)```text\n.*?```", re.DOTALL
)


def main() -> None:
    """Run every block that has an output, in order, and write the page."""
    with tempfile.TemporaryDirectory() as folder:
        copy_checkout(Path(folder))

        def told(step: re.Match[str]) -> str:
            lines = run(step["code"], Path(folder))
            kept = "\n".join(line.rstrip() for line in chosen(lines, step["kept"]))
            return f"```bash\n{step['code']}```{step['between']}```text\n{kept}\n```"

        PAGE.write_text(STEP.sub(told, PAGE.read_text("utf-8")), "utf-8")


def copy_checkout(folder: Path) -> None:
    """Copy what is committed, or would be, into a folder with this environment: nothing is left to set up."""
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\n")
    for name in filter(None, names):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    (folder / ".venv").mkdir()
    (folder / ".venv" / "bin").symlink_to(ROOT / ".venv" / "bin")
    (folder / ".venv" / ".complete").touch()


def run(code: str, folder: Path) -> Sequence[str]:
    """Run a block, and return what it printed, without paths of this machine.

    Raises:
        SystemExit: if it fails.
    """
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    for name in ("MLFLOW_TRACKING_URI", "MAKELEVEL", "PYTHONPATH"):
        environment.pop(name, None)
    command = ["bash", "-euo", "pipefail", "-c", code]
    done = subprocess.run(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    if done.returncode:
        raise SystemExit(f"{code} ended with status {done.returncode}:\n{done.stdout}")
    return done.stdout.replace(f"{folder}/", "").splitlines()


def chosen(lines: Sequence[str], kept: str) -> Sequence[str]:
    """Return the lines that a comment keeps."""
    found: list[str] = []
    for word in kept.split():
        if word == "…":
            found.append("…")
        elif word.startswith("-"):
            found += lines[-int(word[1:]) :]
        else:
            first, last = map(int, word.split("-"))
            found += lines[first - 1 : last]
    return found


if __name__ == "__main__":
    main()
