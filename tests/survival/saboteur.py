"""Runs a sweep in which something goes wrong: python saboteur.py FAULT WHEN small ROOT N_TRIALS | cli WORDS …

The fault strikes in this process, at the WHEN-th time that it can: so a kill lies inside a write for certain, not at a
moment that happened to be one. `small` is a sweep of small_sweeps.py, `cli` is songpop's own command line.
"""

import os
import shutil
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any


def die() -> None:
    """End as kill -9 ends a process: nothing is flushed, no block is left, no lock is given back."""
    os.kill(os.getpid(), signal.SIGKILL)


class _Countdown:
    """Says True at the n-th time that it is asked."""

    def __init__(self, n: int) -> None:
        self._left = n

    def is_over(self) -> bool:
        self._left -= 1
        return self._left == 0


def in_journal(when: int) -> None:
    """Die when half of a line is in the study's journal."""
    from songpop.search.journal import HeldJournal

    countdown, made = _Countdown(when), HeldJournal.__init__

    def init(self: Any, path: Path) -> None:
        made(self, path)
        self._file = _TornFile(self._file, countdown)

    HeldJournal.__init__ = init  # type: ignore[method-assign]


class _TornFile:
    def __init__(self, file: Any, countdown: _Countdown) -> None:
        self._file, self._countdown = file, countdown

    def write(self, data: bytes) -> Any:
        if b'"op_code":4' in data and self._countdown.is_over():
            self._file.write(data[: len(data) // 2])
            die()
        return self._file.write(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


def in_tracking(when: int) -> None:
    """Die inside the transaction that writes trials, four of five tables written."""
    from songpop.tracking import trial_writer

    countdown, latest = _Countdown(when), trial_writer._latest

    def dying(metrics: Any) -> Any:
        return die() if countdown.is_over() else latest(metrics)

    trial_writer._latest = dying


def between_the_stores(when: int) -> None:
    """Die when trials are in the tracking store, and the study has not heard of them."""
    from songpop.tracking import runs

    countdown, write = _Countdown(when), runs.write_trials

    def dying(*given: Any) -> Any:
        told = write(*given)
        return die() if countdown.is_over() else told

    runs.write_trials = dying


def in_file(name: str) -> Callable[[int], None]:
    """Return a fault: die when half of a file of this name is among the artifacts."""

    def install(when: int) -> None:
        countdown, copy = _Countdown(when), shutil.copyfile

        def dying(source: Any, target: Any, **given: Any) -> Any:
            if Path(target).name == name and "artifacts" in Path(target).parts and countdown.is_over():
                content = Path(source).read_bytes()
                Path(target).write_bytes(content[: len(content) // 2])
                die()
            return copy(source, target, **given)

        shutil.copyfile = dying

    return install


def clock_set_back(when: int) -> None:
    """Set the clock back by an hour, after so many seconds."""
    now, began_s = time.time, time.monotonic()
    time.time = lambda: now() - (3600.0 if time.monotonic() > began_s + when else 0.0)


def nothing(when: int) -> None:
    """Let all go well."""


FAULTS: dict[str, Callable[[int], None]] = {
    "nothing": nothing,
    "in_journal": in_journal,
    "in_tracking": in_tracking,
    "between_the_stores": between_the_stores,
    "in_weights": in_file("weights.npz"),
    "in_model": in_file("model.keras"),
    "clock_set_back": clock_set_back,
}


def small(root: str, n_trials: str, name: str = "study", patience_s: str = "0") -> None:
    """Run a small sweep; an error is one line on standard error, and the exit status of its class."""
    from search_fakes import FakeEngine
    from small_sweeps import small_sweep

    from songpop.errors import SongpopError
    from songpop.tracking.patience import Patience

    engine = FakeEngine(n_slots=2, before_yield=lambda result: time.sleep(0.01))
    try:
        small_sweep(
            Path(root),
            n_trials=int(n_trials),
            name=name,
            engine=engine,
            patience=Patience(float(patience_s)),
            on_progress=lambda progress: print(progress.last.spec.trial, flush=True),  # noqa: T201
        )
    except SongpopError as error:
        sys.exit(f"{type(error).__name__}: {error}")


def cli(*words: str) -> None:
    """Run songpop's command line."""
    from songpop.cli import main

    main(words)


if __name__ == "__main__":
    fault, when, kind, *given = sys.argv[1:]
    FAULTS[fault](int(when))
    {"small": small, "cli": cli}[kind](*given)
