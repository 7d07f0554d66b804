"""Draws what `make sweep` printed as the README's picture.

make sweep 2>&1 | tee sweep.log; python docs/images/draw.py sweep.log
"""

import io
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.console import Console
from rich.text import Text

WIDTH = 124
N_HEAD = 4  # lines about the table
N_TRIALS = 3  # first and last lines of the search
N_FINALISTS = 3


def main(log: Path) -> None:
    """Keep the beginning, some trials, the best of the finals and the end of a log, and write sweep.svg beside this."""
    # What make says about the set-up is not part of the picture.
    lines = [line for line in log.read_text(encoding="utf-8").splitlines() if not line.startswith("songpop: creating")]
    trials = [place for place, line in enumerate(lines) if line.startswith("trial ")]
    finals = next(place for place, line in enumerate(lines) if line.startswith("Finals of "))
    shown = ["$ make sweep", *lines[:N_HEAD], "…"]
    shown += [*lines[trials[0] : trials[0] + N_TRIALS], "…", *lines[trials[-1] - N_TRIALS + 1 : trials[-1] + 2], "…"]
    shown += cut(lines[finals:])
    console = Console(record=True, width=WIDTH, file=io.StringIO())
    for line in shown:
        console.print(Text.from_ansi(re.sub(r"(sqlite:///)?/\S+/(?=mlruns/)", r"\1", line)))  # no path of this machine
    console.save_svg(str(Path(__file__).with_name("sweep.svg")), title="songpop")


def cut(lines: Sequence[str]) -> Iterator[str]:
    """Yield the lines without the later finalists."""
    is_left_out = False
    for line in lines:
        is_end = line.startswith("└")
        if line.startswith(f"│ {N_FINALISTS + 1} "):
            is_left_out = True
        if is_left_out and is_end:
            yield "│ …"
            is_left_out = False
        if not is_left_out:
            yield line


if __name__ == "__main__":
    main(Path(sys.argv[1]))
