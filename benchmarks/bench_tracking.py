"""What recording a trial of 30 epochs costs: songpop's writer beside MLflow's client, in a store that grows.

What would make these numbers wrong: a disk whose fsync costs nothing (a container's overlay, a RAM disk), or another
program that holds the store.
"""

import statistics
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from common import save
from rich.console import Console
from rich.table import Table

from songpop.contracts import EpochReport, Params, TrialResult, TrialSpec, TrialState
from songpop.settings import TrackingSettings
from songpop.tracking.runs import SweepRun, start_sweep
from songpop.tracking.store import Store, open_store

EPOCHS = 30
MARKS = (100, 1_000, 3_000)


def trial(number: int) -> TrialResult:
    """Return a finished trial."""
    rng = np.random.default_rng(number)
    names = ("loss", "val_loss", "val_log_loss", "val_accuracy", "learning_rate")
    history = tuple(
        EpochReport(trial=number, epoch=epoch + 1, metrics={name: float(rng.random()) for name in names})
        for epoch in range(EPOCHS)
    )
    return TrialResult(
        spec=TrialSpec(trial=number, params=Params(), seed=number, n_epochs=EPOCHS, patience=None),
        state=TrialState.COMPLETE, history=history, metrics=dict(history[-1].metrics), best_epoch=EPOCHS,
        weights=None, val_predictions=None, started_at_s=time.time(), wall_s=1.0,
    )  # fmt: skip


def spent_ms(run: SweepRun, n_trials: int, n_together: int) -> list[float]:
    """Return milliseconds per trial, `n_together` written at once."""
    times: list[float] = []
    for first in range(0, n_trials, n_together):
        trials = [(trial(first + k), {"learning_rate": 1e-3}) for k in range(n_together)]
        started = time.perf_counter()
        run.record_all(trials)
        times += [1e3 * (time.perf_counter() - started) / n_together] * n_together
    return times


def started(store: Store, name: str) -> SweepRun:
    """Begin a sweep's record."""
    return start_sweep(store, name)


def main() -> None:
    """Run everything, print the table, write the result."""
    result: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as name:
        store = open_store(TrackingSettings(), Path(name))
        result["client, one by one"] = statistics.median(spent_ms(started(replace(store, engine=None), "c"), 60, 1))
        result["rows, one by one"] = statistics.median(spent_ms(started(store, "r"), 60, 1))
        times = spent_ms(started(store, "together"), max(MARKS), 16)
        for mark in MARKS:
            result[f"rows, 16 together, at {mark:,} trials"] = statistics.median(times[mark - 96 : mark])
    shown = Table(title="Milliseconds per trial of 30 epochs and 150 metrics, SQLite", title_justify="left")
    shown.add_column("way")
    shown.add_column("ms", justify="right")
    for way, ms in result.items():
        shown.add_row(way, f"{ms:.1f}")
    Console(width=100).print(shown)
    save("tracking", {"ms_per_trial": result})


if __name__ == "__main__":
    main()
