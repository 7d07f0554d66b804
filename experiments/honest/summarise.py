"""From the runs of measure.py to report.json, the table in NOTES.md and the figure beside it.

Choices are made by the finals' means, over rows that are not sealed. The finals of two splits share four fifths of
these rows, so their means get no interval, but the lowest and the highest. Intervals and tests are of the sealed rows,
of which two splits share a fifth, as the correction has it.
"""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from measure import ARMS, RUNS

from songpop.evaluation.resampled import paired_p_value, resampled_interval
from songpop.evaluation.stats import Interval

HERE = Path(__file__).parent
TEST_BY_KNOWN = 0.25  # test rows by the others, of each split
REFERENCE = "rates-ages"
MEASURES = ("log_loss", "accuracy", "roc_auc")
START, END = "<!-- table -->", "<!-- /table -->"


def runs_of(arm: str) -> list[dict[str, Any]]:
    """Return what was measured of an arm, by split."""
    found = [json.loads(file.read_text()) for file in sorted(RUNS.glob(f"{arm}-?.json"))]
    return [{**run, **run["test"]} for run in found]


def interval(values: list[float]) -> Interval:
    """Return the mean over splits with its corrected interval."""
    return resampled_interval(values, TEST_BY_KNOWN)


def spread(values: list[float]) -> dict[str, float]:
    """Return the mean over splits, the lowest and the highest."""
    return {"mean": float(np.mean(values)), "lowest": min(values), "highest": max(values)}


def summary(arm: str, runs: list[dict[str, Any]], reference: dict[int, float]) -> dict[str, Any]:
    """Return an arm's means, and its paired test against the reference by the sealed log loss."""
    mine = {run["split_seed"]: run["log_loss"] for run in runs}
    both = sorted(set(mine) & set(reference))
    p_value = paired_p_value([mine[k] for k in both], [reference[k] for k in both], TEST_BY_KNOWN)
    gains = [run["single"] - run["ensemble"] for run in runs if run["ensemble"] is not None]
    return {
        "overrides": runs[0]["overrides"],
        "splits": [run["split_seed"] for run in runs],
        "commits": sorted({run.get("commit", "before commits were kept") for run in runs}),
        "wall_s": float(np.median([run["wall_s"] for run in runs])),
        "kinds": [run["kind"] for run in runs],
        "finals": spread([run["champion"] for run in runs]),
        **{name: asdict(interval([run[name] for run in runs])) for name in MEASURES},
        "ensemble_gain": spread(gains) if gains else None,
        "difference": float(np.mean([mine[k] - reference[k] for k in both])),
        "p_value": p_value,
    }


def _p(value: float) -> str:
    return "<0.001" if value < 0.001 else f"{value:.3f}"


def table(found: dict[str, dict[str, Any]]) -> str:
    """Return the arms as Markdown."""
    head = ["arm", "overrides", "finals' mean", "sealed log loss", "against rates-ages (p)", "accuracy", "AUC", "s"]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for arm, one in found.items():
        cells = [
            arm,
            f"`{' '.join(one['overrides'])}`",
            "{mean:.4f} ({lowest:.3f} to {highest:.3f})".format(**one["finals"]),
            _told(one["log_loss"]),
            "" if arm == REFERENCE else f"{one['difference']:+.4f} ({_p(one['p_value'])})",
            *(_told(one[name]) for name in MEASURES[1:]),
            f"{one['wall_s']:.0f}",
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _told(one: dict[str, float]) -> str:
    return f"{one['mean']:.4f} ± {(one['high'] - one['low']) / 2:.4f}"


def draw(found: dict[str, dict[str, Any]]) -> None:
    """Draw every arm's sealed log loss, and the finals' mean that it was chosen by."""
    figure, axes = plt.subplots(figsize=(8, 0.4 * len(found) + 1.2), layout="constrained")
    for place, one in enumerate(found.values()):
        mean, low, high = (one["log_loss"][key] for key in ("mean", "low", "high"))
        names = {} if place else {"label": "sealed rows: mean over splits, 95 % interval"}
        axes.errorbar(mean, place, xerr=[[mean - low], [high - mean]], fmt="o", color="#30638e", capsize=3, **names)
        chosen = {} if place else {"label": "finals' mean, not sealed: chosen by this"}
        axes.scatter(one["finals"]["mean"], place, marker="|", s=140, color="#b4472f", zorder=3, **chosen)
    axes.set_yticks(range(len(found)), list(found))
    axes.invert_yaxis()
    axes.set_xlabel("log loss of the finals' winner")
    axes.legend(loc="lower right", fontsize=8, frameon=False)
    axes.grid(axis="x", alpha=0.3)
    (HERE / "figures").mkdir(exist_ok=True)
    figure.savefig(HERE / "figures" / "ablation.png", dpi=110)


def main() -> None:
    """Write report, table and figure."""
    runs = {arm: found for arm in ARMS if len(found := runs_of(arm)) > 1}
    reference = {run["split_seed"]: run["log_loss"] for run in runs[REFERENCE]}
    found = {arm: summary(arm, one, reference) for arm, one in runs.items()}
    (HERE / "report.json").write_text(json.dumps({"arms": found}, indent=1) + "\n")
    notes = HERE / "NOTES.md"
    before, _, rest = notes.read_text().partition(START)
    notes.write_text(f"{before}{START}\n{table(found)}\n{END}{rest.partition(END)[2]}")
    draw(found)


if __name__ == "__main__":
    main()
