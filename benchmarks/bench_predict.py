"""A million songs, ranked: seconds and memory of `songpop predict`, start-up included.

The table is searched and its champion promoted; then it is written over and over into one file, with a number behind
each title, and ranked by the command: in order of promise, with reasons for the first hundred. The output is looked
through: every row is there, and ranks never fall. Memory is the process' largest resident set.

What would make these numbers wrong: other programs; a disk that is slow or fills up; the file still in memory (it is:
nobody ranks a file that was not written just before).
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pandas as pd
from common import run_python, save, table
from rich.console import Console

from songpop.data.reading import read_csv_text
from songpop.data.sample import generate_songs
from songpop.settings import DataSettings

N_ROWS = 1_000_000
N_RUNS = 3
ENCODING = "latin-1"  # conf/data/songs.yaml
TITLE = "Track"


def write_million(file: Path, n_rows: int) -> None:
    """Write the table's rows over and over, each title with a number of its own."""
    path = os.environ.get("SONGPOP_DATA")
    if path and Path(path).is_file():
        songs = read_csv_text(DataSettings(path=path, encoding=ENCODING))
    else:
        songs = generate_songs()
    for copy in range(-(-n_rows // len(songs))):
        piece = songs.assign(**{TITLE: songs[TITLE].astype(str) + f" ({copy})"}).head(n_rows - copy * len(songs))
        piece.to_csv(file, mode="a" if copy else "w", header=not copy, index=False, encoding=ENCODING, errors="replace")


def ranked(file: Path, output: Path, root: Path) -> dict[str, float]:
    """Rank a file by the command; return seconds and the largest memory of its process."""
    command = [sys.executable, "-m", "songpop", "predict", f"input={file}", f"output={output}", f"paths.root={root}"]
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert process.stderr is not None
    said = process.stderr.read().decode()
    _, status, used = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"{' '.join(command)} failed:\n{said[-3000:]}")
    return {"seconds": time.perf_counter() - started, "max_rss_gib": used.ru_maxrss / 2**20}


def look_through(output: Path, n_rows: int) -> None:
    """End loudly where a row is missing or out of order."""
    ranks = pd.read_csv(output, usecols=["rank"])["rank"]
    if len(ranks) != n_rows or not ranks.is_monotonic_increasing:
        sys.exit(f"{output} must hold {n_rows} rows in order, but has {len(ranks)}.")


def main(words: list[str]) -> None:
    """Rank a million rows three times, or as many as the first word says; print, and write the result."""
    n_rows = int(words[0]) if words else N_ROWS
    console = Console(width=120)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        root = folder / "mlruns"
        run_python("-m", "songpop", "sweep", f"paths.root={root}", *table().words)
        run_python("-m", "songpop", "promote", f"paths.root={root}")
        write_million(folder / "million.csv", n_rows)
        runs = []
        for _ in range(N_RUNS):
            runs.append(ranked(folder / "million.csv", folder / "ranked.csv", root))
            look_through(folder / "ranked.csv", n_rows)
            console.print(f"{n_rows:,} rows: {runs[-1]}")
    result: dict[str, Any] = {key: statistics.median(run[key] for run in runs) for key in runs[0]}
    save("predict", {"n_rows": n_rows, **result, "runs": runs})


if __name__ == "__main__":
    main(sys.argv[1:])
