"""Does the champion of the published task beat the published winner on every metric at once? Runs the searches.

Each seed of the search is a `songpop sweep experiment=best_published` of its own store. The published loss is Keras':
log loss plus penalty. The penalty of the champion is the mean over its models', of the weights that were kept, as their
runs record it (`best_val_loss` minus `best_val_log_loss`): it looks at no rows. `SONGPOP_DATA` names the table.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from mlflow.tracking import MlflowClient

from songpop.published import PUBLISHED
from songpop.tracking.environment import environment

HERE = Path(__file__).parent
SEARCH_SEEDS = (0, 1, 2)
WINNER = "L2"
METRICS = ("loss", "accuracy", "precision", "recall", "f1")
START, END = "<!-- table -->", "<!-- /table -->"


def measure(seed: int) -> dict[str, Any]:
    """Run one sweep, and return what its champion reached."""
    with tempfile.TemporaryDirectory() as root:
        words = ["experiment=best_published", "data=songs", f"data.path={os.environ['SONGPOP_DATA']}"]
        words += [f"search.seed={seed}", f"paths.root={root}"]
        command = [sys.executable, "-m", "songpop", "sweep", "--json", *words]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(f"{' '.join(command)} failed:\n{done.stderr[-3000:]}")
        told = json.loads(done.stdout)
        champion = told["champion"]
        client = MlflowClient(told["tracking_uri"])
        kept = [client.get_run(run_id).data.metrics for run_id in champion["run_ids"]]
    penalties = [run["best_val_loss"] - run["best_val_log_loss"] for run in kept]
    penalty = float(np.average(penalties, weights=champion["votes"]))
    return {
        "search_seed": seed,
        "commit": environment(HERE.parents[1]).commit,
        "leaks": told["leaks"],
        "kind": champion["kind"],
        "n_models": champion["n_models"],
        "n_trials": told["n_trials"],
        "wall_s": round(told["wall_s"], 1),
        "val_log_loss": champion["val_log_loss"],
        "penalty": penalty,
        "n_test_rows": champion["n_test_rows"],
        "test": {"loss": champion["test"]["log_loss"] + penalty, **champion["test"]},
        "intervals": champion["test_intervals"],
        "params": told["finals"]["finalists"][told["finals"]["winner"]]["contestant"]["suggested"],
    }


def table(runs: list[dict[str, Any]]) -> str:
    """Return the published winner and the champions as Markdown; a number that is no better is bold."""
    claims = PUBLISHED[WINNER]
    lines = [
        f"| model (leaks: {', '.join(runs[0]['leaks'])}) | {' | '.join(METRICS)} | of the loss, penalty | seconds |",
        "|---" * (len(METRICS) + 3) + "|",
        f"| published {WINNER}, one run | {' | '.join(f'{claims[name]:.4f}' for name in METRICS)} | | |",
    ]
    for run in runs:
        cells = []
        for name in METRICS:
            value = run["test"][name]
            is_better = value < claims[name] if name == "loss" else value > claims[name]
            cells.append(f"{value:.4f}" if is_better else f"**{value:.4f}**")
        head = f"search.seed={run['search_seed']}: {run['kind']} of {run['n_models']}"
        lines.append(f"| {head} | {' | '.join(cells)} | {run['penalty']:.4f} | {run['wall_s']:.0f} |")
    return "\n".join(lines)


def main() -> None:
    """Measure, and write the report and the table in NOTES.md."""
    runs = [measure(seed) for seed in SEARCH_SEEDS]
    (HERE / "report.json").write_text(json.dumps({"published": PUBLISHED[WINNER], "runs": runs}, indent=1) + "\n")
    notes = HERE / "NOTES.md"
    before, _, rest = notes.read_text().partition(START)
    notes.write_text(f"{before}{START}\n{table(runs)}\n{END}{rest.partition(END)[2]}")


if __name__ == "__main__":
    main()
