"""What the benchmarks share: the task, the machine, where results go.

Run them by `make bench`, or one by `.venv/bin/python benchmarks/bench_NAME.py`. With SONGPOP_DATA=FILE they use that
table, else the generated one. Machines are noisy: read medians and ratios within one file, never times across files.
"""

import json
import os
import platform
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True, kw_only=True)
class Table:
    """The table that is searched."""

    name: str
    words: tuple[str, ...]  # overrides that name it


def table() -> Table:
    """Return the real table where SONGPOP_DATA names it, else the generated one."""
    path = os.environ.get("SONGPOP_DATA")
    if path and Path(path).is_file():
        return Table(name=Path(path).name, words=("data=songs", f"data.path={path}"))
    return Table(name="generated songs", words=())


def save_task(file: Path) -> None:
    """Write the arrays that songpop trains on, for those who train without it."""
    import numpy as np

    from songpop.app.listener import Silence
    from songpop.app.prepare import prepare, prepare_ground
    from songpop.compose import compose_settings

    settings = compose_settings("sweep", list(table().words))
    task = prepare(settings, prepare_ground(settings, None, Silence())).task  # type: ignore[arg-type]
    parts = {"x": task.train.x, "y": task.train.y, "val_x": task.validation.x, "val_y": task.validation.y}
    np.savez(file, **parts)


def run_python(*words: str, **variables: str) -> tuple[str, float]:
    """Run this Python with `words`; return standard output and seconds. A failure ends the benchmark, loudly."""
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, *words], capture_output=True, text=True, env={**os.environ, **variables}, check=False
    )
    if done.returncode:
        sys.exit(f"{' '.join(words)} failed:\n{done.stderr[-3000:]}")
    return done.stdout, time.perf_counter() - started


def machine() -> dict[str, Any]:
    """Return what the numbers depend on."""
    import importlib.metadata as metadata

    packages = ("tensorflow", "keras", "optuna", "mlflow", "keras-tuner", "numpy")
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if "model name" in line
        ),
        platform.processor(),
    )
    commit = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=False).stdout.strip()
    return {
        "cores": len(os.sched_getaffinity(0)),
        "cpu": model,
        "python": platform.python_version(),
        "commit": commit,
        "table": table().name,
        "packages": {name: metadata.version(name) for name in packages},
    }


def save(name: str, result: dict[str, Any]) -> None:
    """Write a result beside those of other benchmarks."""
    RESULTS.mkdir(exist_ok=True)
    text = json.dumps({"machine": machine(), **result}, indent=1, sort_keys=False)
    (RESULTS / f"{name}.json").write_text(text + "\n")
    print(f"written to benchmarks/results/{name}.json")
