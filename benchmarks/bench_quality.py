"""How good songpop's champion is beside its peers, from the files that run_songpop.py and run_peers.py have left.

Joins the labels from the table that SONGPOP_DATA names; refuses files of other test rows. Prints a table, and writes
results/quality.json, quality.md and quality.png. How it is measured: benchmarks/quality/README.md.

What would make these numbers wrong: splits that songpop's defaults were chosen on (believe those called untouched),
a tuned peer whose seconds another program has eaten.
"""

import argparse
import json
import math
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parent / "quality"))

from common import RESULTS, save
from comparison import Answer, Line, PairedTest, grouped, lines_of, paired_tests
from inputs import rows_digest
from results import ResultError, check_rows, load_result

from songpop.evaluation.stats import Interval

FOLDER = RESULTS / "quality"
DOTS = {True: "#d1495b", False: "#30638e"}  # ours, a peer


def read_answers(folder: Path) -> list[Answer]:
    """Return every result of a folder with the truth beside it, its rows checked.

    Raises:
        ResultError: if there is none, or one is of other rows.
    """
    from export import cut, read_songs  # pandas, and the table

    results = [load_result(file) for file in sorted(folder.glob("*.json"))]
    if not results:
        raise ResultError(f"there is no result in {folder}. Run benchmarks/quality/run_peers.py first.")
    songs, answers = read_songs(), []
    splits = {key: cut(songs, *key) for key in sorted({(result.split, result.seed) for result in results})}
    for result in results:
        test = splits[result.split, result.seed].test
        check_rows(result, rows_digest(songs.row_keys, test))
        answers.append(
            Answer(
                method=result.method,
                split=result.split,
                seed=result.seed,
                row_keys=songs.row_keys[test],
                label=songs.label[test],
                probability=np.asarray(result.probability),
                test_ratio=result.n_test / result.n_known,
                seconds=result.seconds,
            )
        )
    return answers


def markdown(found: dict[str, tuple[list[Line], list[PairedTest]]], ours: str) -> str:
    """Return the tables, one pair per group of splits."""
    pieces = []
    for group, (lines, tests) in found.items():
        rows = [
            [
                f"**{line.method}**" if line.method == ours else line.method,
                str(len(line.seeds)),
                *(_with_interval(line.metrics[name]) for name in ("log_loss", "accuracy", "roc_auc")),
                f"{line.seconds:.1f}",
            ]
            for line in lines
        ]
        pieces += [f"## {group}", _table(["method", "splits", "log loss", "accuracy", "ROC AUC", "seconds"], rows)]
        if tests:
            head = [f"{ours} minus", "log loss", "over rows", "p", "accuracy", "p", "ROC AUC", "p", f"{ours} is"]
            pieces.append(_table(head, [_test_row(test) for test in tests]))
    return "\n\n".join(pieces) + "\n"


def _test_row(test: PairedTest) -> list[str]:
    cells = [test.peer, f"{test.difference['log_loss']:+.4f}", f"{test.rows.low:+.4f} to {test.rows.high:+.4f}"]
    cells.append(_p(test.p_value["log_loss"]))
    for name in ("accuracy", "roc_auc"):
        cells += [f"{test.difference[name]:+.4f}", _p(test.p_value[name])]
    return [*cells, test.verdict]


def _p(value: float) -> str:
    return "–" if math.isnan(value) else "<0.001" if value < 0.001 else f"{value:.3f}"


def _with_interval(value: Interval) -> str:
    if math.isnan(value.low):
        return f"{value.mean:.4f}"
    return f"{value.mean:.4f} ({value.low:.4f} to {value.high:.4f})"


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def draw(found: dict[str, tuple[list[Line], list[PairedTest]]], ours: str, file: Path) -> None:
    """Draw the log loss of each method, one panel per group of splits, and each split as a small dot."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    n_lines = [len(lines) for lines, _ in found.values()]
    figure, panels = plt.subplots(
        len(found), 1, squeeze=False, height_ratios=n_lines,
        figsize=(8, 0.32 * sum(n_lines) + 1.0 * len(found)), layout="constrained",
    )  # fmt: skip
    for panel, (group, (lines, _)) in zip(panels[:, 0], found.items(), strict=True):
        for place, line in enumerate(reversed(lines)):
            value, colour = line.metrics["log_loss"], DOTS[line.method.startswith(ours)]
            if not math.isnan(value.low):
                panel.plot([value.low, value.high], [place, place], color=colour, linewidth=2, alpha=0.6)
            panel.plot(line.values["log_loss"], [place] * len(line.seeds), "o", color=colour, markersize=3, alpha=0.5)
            panel.plot(value.mean, place, "o", color=colour, markersize=7)
            panel.annotate(
                f"{value.mean:.3f}", (value.mean, place), (0, 6), textcoords="offset points", ha="center", fontsize=7
            )
        panel.set_yticks(range(len(lines)), [line.method for line in reversed(lines)])
        panel.set_xlim(0, 1.1 * max(max(one.values["log_loss"]) for one in lines))
        panel.set_ylim(-0.6, len(lines) - 0.2)
        panel.set_title(group, loc="left", fontsize=10)
        panel.grid(axis="x", alpha=0.3)
        panel.spines[["top", "right"]].set_visible(False)
    panels[-1, 0].set_xlabel("log loss on test rows: mean over splits, 95 % interval; small dots are splits")
    figure.savefig(file, dpi=120)


def as_json(found: dict[str, tuple[list[Line], list[PairedTest]]]) -> dict[str, Any]:
    """Return what is kept; NaN becomes null."""
    plain = {
        group: {"methods": [asdict(line) for line in lines], "tests": [asdict(test) for test in tests]}
        for group, (lines, tests) in found.items()
    }
    kept: dict[str, Any] = json.loads(json.dumps(plain), parse_constant=lambda _: None)
    return kept


def main() -> None:
    """Read, compare, print, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ours", default="songpop", help="the method that is tested against the others")
    parser.add_argument("--results", type=Path, default=FOLDER, help="folder of the result files")
    options = parser.parse_args()
    answers = read_answers(options.results)
    print(f"{len(answers)} results of {len({answer.method for answer in answers})} methods", flush=True)
    found = {}
    for group, members in grouped(answers, options.ours).items():
        found[group] = (lines_of(members), paired_tests(members, options.ours))
        print(f"{group}: compared", flush=True)
    text = markdown(found, options.ours)
    print(f"\n{text}")
    (RESULTS / "quality.md").write_text(
        f"# Quality: {options.ours} beside its peers\n\nWritten by benchmarks/bench_quality.py; what is measured: "
        f"benchmarks/quality/README.md.\n\n{text}",
        encoding="utf-8",
    )
    draw(found, options.ours, RESULTS / "quality.png")
    save("quality", {"ours": options.ours, "groups": as_json(found)})


if __name__ == "__main__":
    try:
        main()
    except ResultError as error:
        sys.exit(f"bench_quality: {error}")
