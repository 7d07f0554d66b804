"""A search that a test kills: killed_sweep.py FOLDER OPTIONS_JSON PAUSE_S; prints each trial after it is kept."""

import json
import sys
import time
from pathlib import Path

from search_fakes import FakeEngine, FakeTracker, opened

from songpop.search.driver import run_search
from songpop.search.progress import SearchProgress
from songpop.settings import OracleKind


def tell(progress: SearchProgress) -> None:
    sys.stdout.write(f"{progress.last.spec.trial}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    folder, options, pause_s = Path(sys.argv[1]), json.loads(sys.argv[2]), float(sys.argv[3])
    if "algorithm" in options:
        options["algorithm"] = OracleKind(options["algorithm"])
    backend = opened(folder, **options)
    run_search(
        backend,
        FakeEngine(before_yield=lambda result: time.sleep(pause_s)),
        FakeTracker,
        on_progress=tell,
    )
