"""From the runs of measure.py to report.json, the table in NOTES.md and the figure beside it.

Seeds have splits of their own, and splits differ by more than methods do: a method is measured by how far it is behind
the lowest validation log loss that any method found on that split. Intervals and tests are of paired differences,
corrected for rows that splits share (evaluation/resampled.py), tests also for their number (Holm).
"""

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from measure import ARMS, COMPUTED_S, N_TRIALS, kept, seconds_of_n_trials
from numpy.typing import NDArray

from songpop.evaluation.resampled import holm, paired_p_value, resampled_interval

HERE = Path(__file__).parent
VALIDATION_BY_TRAIN = 0.25
DEFAULT = "tpe-asha"  # of `make sweep`, when this was measured
START, END = "<!-- table -->", "<!-- /table -->"
TRIAL_MARKS = np.arange(1, N_TRIALS + 1)
TIME_MARKS_S = np.linspace(0.5, COMPUTED_S, 60)
PLAIN, PRUNED, HALVED = "#30638e", "#d1743a", "#2a9d5c"
FAMILIES: dict[str, dict[str, str]] = {
    "TPE": {"tpe": PLAIN, "tpe-asha": PRUNED, "tpe-hyperband": HALVED},
    "random": {"random": PLAIN, "random-asha": PRUNED},
    "QMC": {"qmc": PLAIN, "qmc-asha": PRUNED},
    "CMA-ES": {"cmaes": PLAIN, "cmaes-asha": PRUNED},
    "Gaussian process (Optuna)": {"gp": PLAIN, "gp-asha": PRUNED},
    "KerasTuner, bayesian": {"kerastuner-bayesian": PLAIN, "kerastuner-bayesian-asha": PRUNED},
    "KerasTuner, Hyperband": {"kerastuner-hyperband": HALVED},
}
MEASURES = ("found_in_n_trials", "found_in_time", "worth_of_n_trials", "worth_of_time")
Curve = NDArray[np.float64]
Run = Mapping[str, Any]  # of measure.py
Runs = Mapping[str, list[dict[str, Any]]]  # by arm


def best_so_far(run: Run, marks: Curve, place_of: Callable[[int, float], float]) -> Curve:
    """Return the lowest validation log loss of complete trials up to each mark; NaN before the first.

    Args:
        run: of measure.py.
        marks: trials, or seconds.
        place_of: number of an ended trial, from 1, and its seconds → where it stands on that axis.
    """
    places, lows, low = [], [], math.inf
    for number, (ended_s, _, value, _, state, _) in enumerate(run["trials"], start=1):
        low = min(low, value) if state == "complete" and value is not None else low
        places.append(place_of(number, ended_s))
        lows.append(low if math.isfinite(low) else math.nan)
    found = np.searchsorted(places, marks, side="right") - 1
    return np.where(found >= 0, np.asarray(lows)[np.maximum(found, 0)], np.nan)


def by_trials(run: Run) -> Curve:
    """Return the curve over TRIAL_MARKS."""
    return best_so_far(run, TRIAL_MARKS, lambda number, _: number)


def by_time(run: Run) -> Curve:
    """Return the curve over TIME_MARKS_S."""
    return best_so_far(run, TIME_MARKS_S, lambda _, ended_s: ended_s)


def lowest(runs: Runs) -> dict[int, float]:
    """Return the lowest value that any arm found on each seed's split, by either budget."""
    low: dict[int, float] = {}
    for run in (run for found in runs.values() for run in found):
        mine = min(float(np.nanmin(by_trials(run))), float(np.nanmin(by_time(run))))
        low[run["seed"]] = min(low.get(run["seed"], math.inf), mine)
    return low


def measures_of(run: Run) -> dict[str, float]:
    """Return the numbers of a run that arms are compared by; lower is better."""
    return {
        "found_in_n_trials": float(by_trials(run)[-1]),
        "found_in_time": float(by_time(run)[-1]),
        "worth_of_n_trials": run["found_by"]["n_trials"]["worth"],
        "worth_of_time": run["found_by"]["computed_s"]["worth"],
    }


def compared(values: Mapping[int, float], default: Mapping[int, float]) -> dict[str, Any]:
    """Return an arm's mean, and its difference to the default on the seeds that both have."""
    both = sorted(set(values) & set(default))
    mine, theirs = [values[seed] for seed in both], [default[seed] for seed in both]
    differences = [a - b for a, b in zip(mine, theirs, strict=True)]
    p_value = paired_p_value(mine, theirs, VALIDATION_BY_TRAIN) if any(differences) else 1.0
    return {
        "mean": float(np.mean(list(values.values()))),
        "difference": asdict(resampled_interval(differences, VALIDATION_BY_TRAIN)),
        "p_value": p_value,
    }


def summary(runs: Runs) -> dict[str, dict[str, Any]]:
    """Return each arm's numbers, with tests against the default."""
    values = {
        arm: {name: {run["seed"]: measures_of(run)[name] for run in found} for name in MEASURES}
        for arm, found in runs.items()
    }
    found = {
        arm: {
            "overrides": ARMS[arm],
            "seeds": [run["seed"] for run in of_arm],
            "commits": sorted({run["commit"] for run in of_arm}),
            "seconds_of_n_trials": float(np.median([seconds_of_n_trials(run) for run in of_arm])),
            "trials_in_time": float(np.median([sum(t[0] <= COMPUTED_S for t in run["trials"]) for run in of_arm])),
            **{name: compared(values[arm][name], values[DEFAULT][name]) for name in MEASURES},
        }
        for arm, of_arm in runs.items()
    }
    others = [arm for arm in found if arm != DEFAULT]
    for name in MEASURES:
        for arm, p_value in zip(others, holm([found[arm][name]["p_value"] for arm in others]), strict=True):
            found[arm][name]["p_value"] = float(p_value)
    return found


def table(found: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the arms as Markdown, by what they find in equal time is worth."""
    budgets = f"{N_TRIALS} trials", f"{COMPUTED_S:.0f} s"
    head = ["method", "seeds", f"s for {budgets[0]}", f"trials in {budgets[1]}"]
    head += [f"{what}, {budget}" for what in ("found", "worth") for budget in budgets]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for arm, one in sorted(found.items(), key=lambda item: float(item[1]["worth_of_time"]["mean"])):
        cells = [arm, str(len(one["seeds"])), f"{one['seconds_of_n_trials']:.0f}", f"{one['trials_in_time']:.0f}"]
        lines.append("| " + " | ".join([*cells, *(_cell(one[name], arm) for name in MEASURES)]) + " |")
    return "\n".join(lines)


def _cell(one: Mapping[str, Any], arm: str) -> str:
    if arm == DEFAULT:
        return f"**{one['mean']:.4f}**"
    p_value = "p < 0.001" if one["p_value"] < 0.001 else f"p = {one['p_value']:.2f}"
    return f"{one['mean']:.4f} ({one['difference']['mean']:+.4f}, {p_value})"


def draw(runs: Runs) -> None:
    """Draw how far each method is behind the best that any found: a column a family, a row a budget."""
    figure, axes = plt.subplots(
        2, len(FAMILIES), figsize=(2.6 * len(FAMILIES), 6.4), layout="constrained", sharey=True, sharex="row"
    )
    low = lowest(runs)
    budgets = ((by_trials, TRIAL_MARKS, "trials"), (by_time, TIME_MARKS_S, "seconds of one core"))
    for row, (curve, marks, label) in zip(axes, budgets, strict=True):
        values = {arm: np.stack([curve(run) - low[run["seed"]] for run in found]) for arm, found in runs.items()}
        for axis, (family, arms) in zip(row, FAMILIES.items(), strict=True):
            for arm in values:
                _draw_arm(axis, marks, values[arm], color="#d5d5d5", label=None, has_interval=False)
            for arm, color in arms.items():
                if arm in values:
                    name = f"{arm.removeprefix('kerastuner-')}, {len(values[arm])} seeds"
                    _draw_arm(axis, marks, values[arm], color=color, label=name, has_interval=True)
            axis.set(yscale="log", ylim=(5e-4, 0.2), xlabel=label, title=family if curve is by_trials else "")
            axis.grid(alpha=0.25)
            axis.legend(loc="lower left", fontsize=7, frameon=False)
        row[0].set_ylabel("behind the lowest val log loss\nthat any method found on the split")
    figure.suptitle("Best so far, mean over seeds and 95 % interval (grey: all methods)")
    (HERE / "figures").mkdir(exist_ok=True)
    figure.savefig(HERE / "figures" / "curves.png", dpi=90)


def _draw_arm(axis: Any, marks: Curve, values: Curve, *, color: str, label: str | None, has_interval: bool) -> None:
    whole = np.isfinite(values).all(axis=0)  # from where every seed has a complete trial
    intervals = [resampled_interval(list(column), VALIDATION_BY_TRAIN) for column in values[:, whole].T]
    axis.plot(marks[whole], [one.mean for one in intervals], color=color, label=label, linewidth=1.6)
    if has_interval:
        lows, highs = ([getattr(one, end) for one in intervals] for end in ("low", "high"))
        axis.fill_between(marks[whole], np.maximum(lows, 1e-4), highs, color=color, alpha=0.15, linewidth=0)


def main() -> None:
    """Write report, table and figure."""
    runs = {arm: found for arm in ARMS if len(found := kept(arm)) > 1}
    found = summary(runs)
    report = {"n_trials": N_TRIALS, "computed_s": COMPUTED_S, "default": DEFAULT, "arms": found}
    (HERE / "report.json").write_text(json.dumps(report, indent=1) + "\n")
    draw(runs)
    notes = HERE / "NOTES.md"
    before, _, rest = notes.read_text().partition(START)
    notes.write_text(f"{before}{START}\n{table(found)}\n{END}{rest.partition(END)[2]}")


if __name__ == "__main__":
    main()
