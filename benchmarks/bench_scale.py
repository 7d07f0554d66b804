"""Does it stay flat? Trials from 100 to 10,000 of a tiny net; rows from 5 thousand to a million.

`trials`: whole sweeps by the Python interface, everything tracked; milliseconds per trial between two counts of kept
trials. A machine's speed drifts in the minute between the 1,000th trial and the 9,000th, so the random sampler's sweep,
whose trials cost the least, is run twice; what is compared is each run's own ratio, and their mean is told beside them.
`rows`: the pool alone on made-up rows of 22 features; seconds per model-epoch, and each worker's proportional set size.

What would make these numbers wrong: other programs; a disk that fills up; a kernel without smaps_rollup.
"""

import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from common import save
from rich.console import Console

import songpop
from songpop.contracts import Decision, Done, EpochReport, Params, Part, Task, TrialSpec
from songpop.engines.pool import PoolEngine

N_TRIALS = 10_000
N_SWEEPS = {"random": 2, "tpe": 1}
WINDOWS = ((100, 1_000), (1_000, 2_000), (9_000, 10_000))
ROWS = (5_000, 50_000, 1_000_000)
TINY: dict[str, Any] = {
    "pruner": "none",
    "train__epochs": 1,
    "model__widths": "4",
    "model__activation": "relu",
    "train__batch_size": 512,
    "search__known_points": [],
    "finals": "none",
    "data__columns__counts": ["All Time Rank", "Spotify Streams", "YouTube Views", "Shazam Counts"],
    "data__columns__numbers": ["Track Score"],
    "data__columns__flags": [],
}


class Clock:
    """A listener that notes when each count of trials was reached."""

    def __init__(self) -> None:
        self.seconds: dict[int, float] = {}

    def note(self, text: str) -> None:
        """Say nothing."""

    def progress(self, progress: Any) -> None:
        """Note the time."""
        self.seconds[progress.n_finished] = time.perf_counter()

    def beat(self, progress: Any) -> None:
        """Say nothing."""

    def step(self, text: str, n_done: int, n_total: int) -> None:
        """Say nothing."""


def trials(sampler: str) -> dict[str, float]:
    """Return milliseconds per trial in each window of a sweep of 10,000, and the last window's by the second's."""
    clock = Clock()
    with tempfile.TemporaryDirectory() as folder:
        songpop.sweep(listener=clock, sampler=sampler, search__n_trials=N_TRIALS, paths__root=folder, **TINY)
    found = {
        f"{first:,} to {last:,}": 1e3 * (clock.seconds[last] - clock.seconds[first]) / (last - first)
        for first, last in WINDOWS
    }
    return {**found, "ratio": found["9,000 to 10,000"] / found["1,000 to 2,000"]}


def rows(n_rows: int) -> dict[str, float]:
    """Return what an epoch costs on so many rows, and how much memory each worker has at its end."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((n_rows, 22), dtype=np.float32)
    y = (x[:, 0] + x[:, 1] * x[:, 2] > 0).astype(np.float32)
    n_train = int(0.8 * n_rows)
    task = Task(train=Part(x=x[:n_train], y=y[:n_train]), validation=Part(x=x[n_train:], y=y[n_train:]))
    engine = PoolEngine(task, n_workers=2, n_slots=4, trial_timeout_s=600.0)
    n_epochs = 2 if n_rows > 100_000 else 5
    params = Params(widths="64-32", batch_size=512, dropout_first=0.2, dropout_later=0.2)
    queue = iter([*(TrialSpec(trial=k, params=params, seed=k, n_epochs=n_epochs, patience=None) for k in range(16))])
    seen: list[float] = []
    memory: list[float] = []

    def on_epoch(report: EpochReport) -> Decision:
        seen.append(time.perf_counter())
        if len(seen) % 8 == 0:
            memory.append(max(map(_pss_mb, engine.worker_pids())))
        return Decision.CONTINUE

    for _ in engine.run(lambda: next(queue, Done()), on_epoch):
        pass
    n_skipped = 8  # the first epoch of each worker: memory is touched for the first time in it
    per_epoch_s = (seen[-1] - seen[n_skipped]) / (len(seen) - n_skipped)
    return {
        "ms_per_model_epoch": 1e3 * per_epoch_s,
        "us_per_row": 1e6 * per_epoch_s / n_train,
        "pss_mb_first": memory[0],
        "pss_mb_last": memory[-1],
    }


def _pss_mb(pid: int) -> float:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def main(words: list[str]) -> None:
    """Run everything, or the named parts; print, and write the result."""
    console = Console(width=120)
    result: dict[str, Any] = {}
    if not words or "trials" in words:
        for sampler, n_sweeps in N_SWEEPS.items():
            sweeps = [trials(sampler) for _ in range(n_sweeps)]
            result[sampler] = {key: statistics.mean(one[key] for one in sweeps) for key in sweeps[0]}
            result[sampler]["ratios"] = [one["ratio"] for one in sweeps]
            console.print(f"{sampler}: ms per trial {result[sampler]}")
    if not words or "rows" in words:
        for n_rows in ROWS:
            result[f"rows {n_rows}"] = rows(n_rows)
            console.print(f"{n_rows:,} rows: {result[f'rows {n_rows}']}")
    save("scale", result)


if __name__ == "__main__":
    main(sys.argv[1:])
