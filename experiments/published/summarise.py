"""Turns report.json into the tables of NOTES.md and the README, and into the figure; trains nothing.

python experiments/published/summarise.py
"""

import json
import re
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np

mpl.use("Agg")
import matplotlib.pyplot as plt

HERE = Path(__file__).parent
README = HERE.parent.parent / "README.md"
METRICS = ("loss", "accuracy", "precision", "recall", "f1")
COLOURS = {"published": "#b4472f", "honest": "#2f6bb4"}


def main() -> None:
    """Read the report, write the tables between their markers, draw the figure."""
    report = json.loads((HERE / "report.json").read_text(encoding="utf-8"))
    _replace(HERE / "NOTES.md", "tables", "\n\n".join(_table(p, METRICS) for p in report["protocols"]))
    _replace(HERE / "NOTES.md", "verdicts", _verdicts(report["verdicts"]))
    _replace(README, "published-table", _short_table(report["protocols"]))
    _draw(report["protocols"], HERE / "figures" / "accuracy.png")


def _replace(file: Path, name: str, text: str) -> None:
    pattern = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
    old = file.read_text(encoding="utf-8")
    assert pattern.search(old), f"{file.name} has no markers {name}"
    file.write_text(pattern.sub(lambda found: f"{found[1]}{text}\n{found[2]}", old), encoding="utf-8")


def _cell(model: dict[str, Any], metric: str) -> str:
    interval = model["intervals"][metric]
    half = (interval["high"] - interval["low"]) / 2
    return f"{interval['mean']:.4f} ± {half:.4f}"


def _table(protocol: dict[str, Any], metrics: tuple[str, ...]) -> str:
    rows = protocol["n_rows"]
    lines = [
        f"**{protocol['protocol']} protocol** ({rows['train']:,} / {rows['validation']:,} / {rows['test']:,} rows; "
        f"larger class of the test part {protocol['majority']:.4f}; leaks: {', '.join(protocol['leaks']) or 'none'})",
        "",
        f"| model | {' | '.join(metrics)} | epochs | failed |",
        "|---" * (len(metrics) + 3) + "|",
    ]
    for model in protocol["models"]:
        cells = [f"{_cell(model, metric)}<br>*{model['published'][metric]:.4f}*" for metric in metrics]
        lines.append(f"| {model['model']} | {' | '.join(cells)} | {model['mean_epochs']:.0f} | {model['n_failed']} |")
    return "\n".join(lines)


def _verdicts(verdicts: list[dict[str, Any]]) -> str:
    lines = ["| claim | holds | why |", "|---|---|---|"]
    lines += [f"| {v['claim']} | {'yes' if v['holds'] else '**no**'} | {v['evidence']} |" for v in verdicts]
    return "\n".join(lines)


def _short_table(protocols: list[dict[str, Any]]) -> str:
    by_name = {p["protocol"]: {m["model"]: m for m in p["models"]} for p in protocols}
    lines = [
        "| model | published claim | its protocol, 10 seeds | honest protocol, 10 seeds |",
        "|---|---|---|---|",
    ]
    for name, model in by_name["published"].items():
        claim = f"{model['published']['accuracy']:.4f}"
        honest = _cell(by_name["honest"][name], "accuracy")
        lines.append(f"| {name} | {claim} | {_cell(model, 'accuracy')} | {honest} |")
    guess = " and ".join(f"{protocol['majority']:.2f}" for protocol in protocols)
    lines += ["", f"Test accuracy, mean ± 95 % interval; always guessing the larger class gives {guess}."]
    return "\n".join(lines)


def _draw(protocols: list[dict[str, Any]], file: Path) -> None:
    names = [model["model"] for model in protocols[0]["models"]]
    figure, axes = plt.subplots(figsize=(8, 4.2), layout="constrained")
    rng = np.random.default_rng(0)  # only spreads the dots
    for offset, protocol in zip((0.16, -0.16), protocols, strict=True):
        colour = COLOURS[protocol["protocol"]]
        for place, model in enumerate(protocol["models"]):
            y = len(names) - place + offset
            values, interval = model["runs"]["accuracy"], model["intervals"]["accuracy"]
            spread = rng.uniform(-0.07, 0.07, len(values))
            axes.scatter(values, y + spread, s=10, color=colour, alpha=0.45, linewidths=0)
            label = f"{protocol['protocol']} protocol: mean, 95 % interval, 10 seeds" if place == 0 else None
            half = [[interval["mean"] - interval["low"]], [interval["high"] - interval["mean"]]]
            axes.errorbar(interval["mean"], y, xerr=half, fmt="o", ms=5, color=colour, capsize=3, label=label)
            if protocol is protocols[0]:
                claim = {"label": "published number"} if place == 0 else {}
                axes.scatter(model["published"]["accuracy"], y, marker="|", s=160, color="black", zorder=3, **claim)
    axes.set_yticks(range(len(names), 0, -1), names)
    axes.set_xlabel("accuracy on the test rows")
    axes.set_title("The same three models: with the answer among the features, and without", loc="left", fontsize=11)
    axes.grid(axis="x", alpha=0.3)
    axes.legend(loc="center left", fontsize=8, frameon=False)
    file.parent.mkdir(exist_ok=True)
    figure.savefig(file, dpi=150)


if __name__ == "__main__":
    main()
