"""Seconds per tracked trial: songpop's engines beside Optuna + fit + autolog, Optuna + fit, KerasTuner.

Same task, same network, 30 epochs of batch 64, no early stopping, no pruner, random sampler. Peers are timed per trial
without their start-up; songpop's population per trial of a whole command of 200 trials: start-up, reading the table,
leak guard, test and logging of the model included. Rounds of peers are interleaved with songpop's.

What would make these numbers wrong: another program on the machine (look at the spread of rounds), a cold disk cache at
the first import, fewer trials (start-up weighs more), a machine whose cores are hyperthreads of one.
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from common import run_python, save, save_task, table
from rich.console import Console
from rich.table import Table

HERE = Path(__file__).parent
N_ROUNDS, N_PEER_TRIALS = 2, 5
N_TRIALS = 200
EPOCHS = 30
PEERS = {
    "autolog": "Optuna + fit + MLflow autolog",
    "fit": "Optuna + fit, untracked",
    "keras_tuner": "KerasTuner RandomSearch",
}
SWEEP = (
    "-m", "songpop", "sweep", "--json", "space=published", "schedule=constant", "sampler=random", "pruner=none",
    "search.known_points=[]", "finals=none",  # a search alone, as the peers have it
    f"train.epochs={EPOCHS}", "train.early_stopping.patience=null", "train.batch_size=64",
)  # fmt: skip
LOOPS = {1: "songpop engine=population, 1 worker", 2: "songpop engine=population, 2 workers"}


def sweep(folder: Path, name: str, n_trials: int, *words: str) -> tuple[float, dict[str, Any]]:
    """Run a whole sweep as a command; return its seconds and what it printed."""
    out, seconds = run_python(
        *SWEEP, *table().words, f"search.n_trials={n_trials}", f"search.name={name}", f"paths.root={folder}", *words
    )
    return seconds, json.loads(out)


def histories(folder: Path, metric: str) -> list[int]:
    """Return how many epochs of `metric` each finished run of a store has, as MLflow's client tells it."""
    from mlflow.tracking import MlflowClient

    client = MlflowClient(f"sqlite:///{folder / 'mlflow.db'}")
    experiments = [experiment.experiment_id for experiment in client.search_experiments()]
    runs, token = [], None
    while True:
        page = client.search_runs(experiments, page_token=token)
        runs += [run for run in page if metric in run.data.metrics]
        token = page.token
        if not token:
            break
    return [len(client.get_metric_history(run.info.run_id, metric)) for run in runs]


def loop_of(task: Path, n_processes: int) -> dict[str, float]:
    """Measure the training loop in so many processes at once; the slowest counts."""
    command = [sys.executable, str(HERE / "training_loop.py"), str(task), "4", "30"]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(n_processes)]
    found = [json.loads(process.communicate()[0]) for process in processes]
    model_epoch_s = max(statistics.median(one["model_epoch_s"]) for one in found) / n_processes
    flops = sum(one["sgemm_flops"] for one in found)
    floor_s = found[0]["needed_flops"] / flops
    return {
        "model_epoch_ms": 1e3 * model_epoch_s,
        "sgemm_gflops": flops / 1e9,
        "floor_ms": 1e3 * floor_s,
        "times_the_floor": model_epoch_s / floor_s,
        "share_of_sgemm": floor_s / model_epoch_s,
    }


def main() -> None:
    """Run everything, print the table, write the result."""
    seconds: dict[str, list[float]] = {}
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        task = folder / "task.npz"
        save_task(task)
        for part in range(N_ROUNDS):
            for kind, label in PEERS.items():
                out, _ = run_python(
                    str(HERE / "peers.py"), kind, str(N_PEER_TRIALS), str(task), str(folder / "."), str(part)
                )
                seconds.setdefault(label, []).extend(json.loads(out))
                print(
                    f"{time.perf_counter() - started:5.0f} s  {label}: {seconds[label][-1]:.2f} s a trial", flush=True
                )
            for n_workers, label in LOOPS.items():
                if n_workers == 1 and part > 0:
                    continue  # told beside, compared with nobody: one command of 200 trials is enough
                place = folder / f"population-{n_workers}-{part}"
                spent, told = sweep(place, "bench", N_TRIALS, f"engine.n_workers={n_workers}")
                assert told["n_complete"] + told["n_failed"] == N_TRIALS
                assert histories(place, "val_loss").count(EPOCHS) == told["n_complete"]
                seconds.setdefault(label, []).append(spent / N_TRIALS)
                print(
                    f"{time.perf_counter() - started:5.0f} s  {label}: {spent:.1f} s for {N_TRIALS} trials", flush=True
                )
        assert histories(folder, "val_loss") == [EPOCHS] * (N_ROUNDS * N_PEER_TRIALS)
        keras = folder / "keras"
        sweep(keras, "bench", 10, "engine=keras")
        seconds["songpop engine=keras"] = keras_seconds(keras)
        loops = {str(n): loop_of(task, n) for n in LOOPS}
    show(seconds, loops)
    medians = {label: statistics.median(values) for label, values in seconds.items()}
    save(
        "engines", {"n_trials": N_TRIALS, "seconds_per_trial": medians, "all_seconds": seconds, "training_loop": loops}
    )


def keras_seconds(folder: Path) -> list[float]:
    """Return the seconds of each trial of a sweep by engine=keras, from its record."""
    from mlflow.tracking import MlflowClient

    client = MlflowClient(f"sqlite:///{folder / 'mlflow.db'}")
    runs = client.search_runs([e.experiment_id for e in client.search_experiments()], "tags.`songpop.kind` = 'trial'")
    return [float(run.data.metrics["wall_s"]) for run in runs]


def show(seconds: dict[str, list[float]], loops: dict[str, dict[str, float]]) -> None:
    """Print the tables."""
    medians = {label: statistics.median(values) for label, values in seconds.items()}
    ours = medians[LOOPS[2]]
    shown = Table(title="Seconds per trial of 30 epochs (medians)", title_justify="left")
    for column in ("way", "s per trial", "trials per hour", "population, 2 workers, is faster by"):
        shown.add_column(column, justify="left" if column == "way" else "right")
    for label, median in sorted(medians.items(), key=lambda item: -item[1]):
        shown.add_row(label, f"{median:.3f}", f"{3600 / median:,.0f}", f"{median / ours:.0f} x")
    console = Console(width=120)
    console.print(shown)
    for n, loop in loops.items():
        console.print(
            f"training loop, {n} processes: {loop['model_epoch_ms']:.2f} ms per model-epoch, "
            f"{loop['times_the_floor']:.2f} times the bare matrix products ({loop['floor_ms']:.2f} ms at "
            f"{loop['sgemm_gflops']:.0f} GFLOP/s, {loop['share_of_sgemm']:.0%} of sgemm speed)"
        )


if __name__ == "__main__":
    main()
