"""Draws what `make sweep` printed as the README's picture.

make sweep 2>&1 | tee sweep.log; python docs/images/draw.py sweep.log
"""

import io
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

WIDTH = 124
N_HEAD = 6  # lines about the table
N_TRIALS = 3  # first and last lines of the search


def main(log: Path) -> None:
    """Keep the beginning, some trials and the result of a log, and write sweep.svg beside this file."""
    # What make says about the set-up is not part of the picture.
    lines = [line for line in log.read_text(encoding="utf-8").splitlines() if not line.startswith("songpop: creating")]
    trials = [place for place, line in enumerate(lines) if line.startswith("trial ")]
    shown = ["$ make sweep", *lines[:N_HEAD], "…"]
    shown += [*lines[trials[0] : trials[0] + N_TRIALS], "…", *lines[trials[-1] - N_TRIALS + 1 :]]
    console = Console(record=True, width=WIDTH, file=io.StringIO())
    for line in shown:
        console.print(Text.from_ansi(line))
    console.save_svg(str(Path(__file__).with_name("sweep.svg")), title="songpop")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
