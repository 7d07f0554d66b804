"""Starting sabotaged sweeps as processes, and finding the workers of a sweep."""

import os
import subprocess
import sys
from pathlib import Path

TESTS = Path(__file__).parents[1]
SABOTEUR = Path(__file__).with_name("saboteur.py")
# The smallest table and the smallest sweep that the command line can be given.
LEAN = [
    "sweep", "--json", "space=published", "sampler=random", "pruner=none", "search.name=study",
    "data.columns.counts=[All Time Rank, Spotify Streams, YouTube Views, Shazam Counts]",
    "data.columns.numbers=[Track Score]", "data.columns.flags=[]", "data.leak_auc=0.99",
    "engine.n_workers=2", "engine.n_slots=2",
]  # fmt: skip


def environment() -> dict[str, str]:
    """The environment of a child that finds the helpers of the tests, and no store but its own."""
    path = [str(TESTS.parent), str(TESTS / "search"), str(TESTS / "survival"), os.environ.get("PYTHONPATH", "")]
    given = {key: value for key, value in os.environ.items() if key != "MLFLOW_TRACKING_URI"}
    return {**given, "PYTHONPATH": os.pathsep.join(filter(None, path)), "TF_CPP_MIN_LOG_LEVEL": "3"}


def command(fault: str, when: int, kind: str, *words: object) -> list[str]:
    """The command line of a sabotaged sweep."""
    return [sys.executable, str(SABOTEUR), fault, str(when), kind, *map(str, words)]


def started(fault: str, when: int, kind: str, *words: object, cwd: Path) -> subprocess.Popen[str]:
    """Start a sabotaged sweep; what it says on standard error is added to `stderr.txt`."""
    return subprocess.Popen(
        command(fault, when, kind, *words),
        cwd=cwd,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=(cwd / "stderr.txt").open("a"),
        text=True,
    )


def ended(fault: str, when: int, kind: str, *words: object, cwd: Path) -> tuple[int, str]:
    """Run a sabotaged sweep to whatever end; return its exit status (-9: killed) and its standard output."""
    process = started(fault, when, kind, *words, cwd=cwd)
    out, _ = process.communicate(timeout=280)
    return process.returncode, out


def said(cwd: Path) -> str:
    """What the children said on standard error."""
    return (cwd / "stderr.txt").read_text()


def workers_of(pid: int) -> list[int]:
    """The processes that train for a sweep: the children of its fork server that have imported nothing else."""
    tree: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            text = stat.read_text()
        except OSError:
            continue
        tree.setdefault(int(text.rpartition(")")[2].split()[1]), []).append(int(stat.parent.name))
    return [grandchild for child in tree.get(pid, []) for grandchild in tree.get(child, [])]
