"""A search that a test kills: python killed_sweep.py FOLDER N_TRIALS PAUSE_S; prints each trial after it is kept."""

import sys
import time
from pathlib import Path

from search_fakes import FakeEngine, FakeTracker, opened

from songpop.search.driver import SearchProgress, run_search


def tell(progress: SearchProgress) -> None:
    sys.stdout.write(f"{progress.last.spec.trial}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    folder, n_trials, pause_s = Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
    backend = opened(folder, sampler="tpe", pruner="asha", n_trials=n_trials)
    run_search(
        backend,
        FakeEngine(before_yield=lambda result: time.sleep(pause_s)),
        FakeTracker,
        on_progress=tell,
    )
