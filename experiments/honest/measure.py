"""What each part brings on the honest task: measure.py [ARM …] runs a sweep for each arm and split not yet there.

Every arm is a `songpop sweep` of its own store. What is kept of it: the finals' means over rows that are not sealed,
by which everything is chosen, and the sealed rows' metrics, which are only reported. One file per arm and split, so
that it can be interrupted and gone on with. `SONGPOP_DATA` names the table.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from songpop.tracking.environment import environment

RUNS = Path(__file__).parent / "runs"
SPLITS = range(5)
BUDGET = ["search.n_trials=100", "train.epochs=60"]
# The spaces' known points have all blocks, or rates and ages: an arm with others would start from fewer of them.
UNAIDED = ["search.known_points=[]", *BUDGET]
EVERY_BLOCK = "[rates,log_rates,ratios,ages,robust,quantiles,pieces,patterns,calendar,names]"
ARMS: dict[str, list[str]] = {
    "logs": ["features=logs", *BUDGET],
    "rates": ["model.inputs=rates", *UNAIDED],
    "rates-ages": ["model.inputs=rates+ages", *UNAIDED],
    "rates-logs": ["model.inputs=rates+logs", *UNAIDED],
    "rates-pieces": ["features.extra=[rates,pieces]", "model.inputs=rates+pieces", *UNAIDED],
    "rates-calendar-names": [
        "features.extra=[rates,calendar,names]",
        "model.inputs=rates+calendar+names",
        *UNAIDED,
    ],
    "every-block": [f"features.extra={EVERY_BLOCK}", "model.inputs=all", *BUDGET],
    "cocktail": ["space=cocktail", "model.inputs=rates+ages", *UNAIDED],
    "cocktail-points": ["space=cocktail", "model.inputs=rates+ages", *BUDGET],
    "piecewise": ["model.embedding=piecewise", "model.inputs=rates+ages", *UNAIDED],
    "layer-norm": ["model.normalization=layer", "model.inputs=rates+ages", *UNAIDED],
    "batch-norm": ["model.normalization=batch", "model.inputs=rates+ages", *UNAIDED],
    "logs-piecewise": ["features=logs", "model.embedding=piecewise", *BUDGET],
    "logs-periodic": ["features=logs", "model.embedding=periodic", *BUDGET],
    "periodic": ["model.embedding=periodic", "model.inputs=rates+ages", *UNAIDED],
    "cocktail-300": ["space=cocktail", "model.inputs=rates+ages", "search.n_trials=300", "train.epochs=60"],
    "default": [],
    "best-2": ["experiment=best", "search.n_trials=2"],
    "best-100": ["experiment=best", "search.n_trials=100"],
    "best-600": ["experiment=best"],
}


def measure(arm: str, seed: int) -> dict[str, Any]:
    """Run one sweep, and return what is kept of it."""
    table = ["data=songs", f"data.path={os.environ['SONGPOP_DATA']}"]
    with tempfile.TemporaryDirectory() as root:
        words = [*table, *ARMS[arm], f"split.seed={seed}", f"paths.root={root}"]
        command = [sys.executable, "-m", "songpop", "sweep", "--json", *words]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stderr[-3000:]}")
    told = json.loads(done.stdout)
    means = {True: [], False: []}  # of ensembles, of single configurations
    for finalist in told["finals"]["finalists"]:
        values = finalist["values"]
        if all(value is not None for value in values):
            means[bool(finalist["contestant"]["members"])].append(sum(values) / len(values))
    champion, winner = told["champion"], told["finals"]["finalists"][told["finals"]["winner"]]
    return {
        "arm": arm,
        "overrides": ARMS[arm],
        "split_seed": seed,
        "commit": environment(Path(__file__).parents[2]).commit,
        "n_trials": told["n_trials"],
        "n_complete": told["n_complete"],
        "wall_s": round(told["wall_s"], 1),
        "kind": champion["kind"],
        "champion": champion["val_log_loss"],
        "single": min(means[False]),
        "ensemble": min(means[True], default=None),
        "test": champion["test"],
        "importances": told["importances"],
        "winner": winner["contestant"]["suggested"],
    }


def main() -> None:
    """Measure the arms that are named, or all."""
    for arm in sys.argv[1:] or ARMS:
        for seed in SPLITS:
            file = RUNS / f"{arm}-{seed}.json"
            if file.exists():
                if json.loads(file.read_text())["overrides"] != ARMS[arm]:
                    sys.exit(f"{file} was measured with other overrides. Delete it to measure again.")
                continue
            found = measure(arm, seed)
            RUNS.mkdir(exist_ok=True)
            file.write_text(json.dumps(found, indent=1) + "\n")
            print(f"{arm} on split {seed}: {found['champion']:.4f} in {found['wall_s']:.0f} s", flush=True)


if __name__ == "__main__":
    main()
