"""Compare the generated table with the real one; see NOTES.md for the command."""

import argparse
import hashlib
import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from measure import parse_numbers, read_cells
from scipy import stats
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from songpop.compose import compose_settings
from songpop.data.leakage import LeakSample, find_leaks
from songpop.data.sample import generate_songs
from songpop.data.sample_numbers import EPOCH_OF_AGES, sample_facts
from songpop.data.table import load_table

SPLITS = (0, 1, 2)
NEAR = 0.9  # a column or pair that tells the label this well would be named in the report
MODELS = {
    "logistic_regression": lambda seed: LogisticRegression(max_iter=1000),
    "boosted_trees": lambda seed: HistGradientBoostingClassifier(random_state=seed),
    "mlp": lambda seed: MLPClassifier(random_state=seed),
}


@dataclass(frozen=True, kw_only=True, eq=False)
class Side:
    """One of the two tables, as numbers."""

    cells: pd.DataFrame
    values: pd.DataFrame  # counts with NaN, age, explicit, score; repeated rows dropped

    @property
    def features(self) -> np.ndarray:
        """Return the honest features: logs of counts and of the age in days, missing flags, explicit."""
        counts = self.values.drop(columns=["age", "explicit", "score"]).to_numpy()
        logs = np.log1p(counts)
        return np.column_stack([logs, np.log(self.values["age"]), np.isnan(logs), self.values["explicit"]])

    @property
    def label(self) -> np.ndarray:
        """Return which rows lie strictly above the median score."""
        return (self.values["score"] > self.values["score"].median()).to_numpy()


def side_of(cells: pd.DataFrame) -> Side:
    """Parse a table of text cells."""
    names = sample_facts().counts
    numbers, score = parse_numbers(cells.drop_duplicates(), names)
    values = pd.DataFrame(numbers.counts, columns=list(names))
    values["age"] = (EPOCH_OF_AGES - numbers.released).astype(float)
    values["explicit"] = numbers.explicit.astype(float)
    values["score"] = score
    return Side(cells=cells, values=values)


def accuracies(side: Side) -> dict[str, dict[str, Any]]:
    """Return each model's test accuracy on three stratified splits, scaled on the training rows."""
    return {name: _summary([_accuracy(side, build, seed) for seed in SPLITS]) for name, build in MODELS.items()}


def _accuracy(side: Side, build: Any, seed: int) -> float:
    x, y = side.features, side.label
    train, test = train_test_split(np.arange(len(y)), test_size=0.2, random_state=seed, stratify=y)
    scaler = StandardScaler().fit(x[train])
    x = np.nan_to_num(scaler.transform(x))
    # One thread: on a busy machine the models' threads wait for each other, ten times as long as they work.
    with threadpool_limits(1):
        return float(build(seed).fit(x[train], y[train]).score(x[test], y[test]))


def _summary(scores: list[float]) -> dict[str, Any]:
    half = stats.t.ppf(0.975, len(scores) - 1) * np.std(scores, ddof=1) / np.sqrt(len(scores))
    mean = float(np.mean(scores))
    return {
        "splits": _rounded(scores),
        "mean": round(mean, 4),
        "interval_95": _rounded([mean - half, mean + half]),
    }


def distances(real: Side, drawn: Side) -> dict[str, Any]:
    """Return how far distributions, gaps and correlations of the two tables lie apart."""
    kolmogorov = {
        name: round(float(stats.ks_2samp(real.values[name].dropna(), drawn.values[name].dropna()).statistic), 4)
        for name in real.values
    }
    quartiles = [_quartiles(side) for side in (real, drawn)]
    missing = [side.values.isna() for side in (real, drawn)]
    ranks = [side.values.corr("spearman").to_numpy() for side in (real, drawn)]
    n = len(ranks[0]) - 1
    off = np.abs(ranks[0] - ranks[1])
    flags = [np.nan_to_num(gaps.corr().to_numpy()) for gaps in missing]
    return {
        "distribution_distance": kolmogorov,
        "quartile_relative_error": _worst(np.abs(quartiles[1] / quartiles[0] - 1)),
        "missing_rate_error": _worst(np.abs(missing[0].mean() - missing[1].mean()).to_numpy()),
        "missing_correlation_error": _worst(np.abs(flags[0] - flags[1])[np.triu_indices(n + 1, 1)]),
        "rank_correlation_error": _worst(off[:n, :n][np.triu_indices(n, 1)]),
        "rank_correlation_error_of_score": _worst(off[n, :n]),
    }


def _quartiles(side: Side) -> np.ndarray:
    return side.values.drop(columns="explicit").quantile([0.25, 0.5, 0.75]).to_numpy()


def _worst(errors: np.ndarray) -> dict[str, float]:
    return {"max": round(float(errors.max()), 4), "mean": round(float(errors.mean()), 4)}


def _rounded(numbers: list[float]) -> list[float]:
    return [round(float(number), 4) for number in numbers]


def texts(side: Side) -> dict[str, int]:
    """Count what repeats in the text cells."""
    cells = side.cells
    return {
        "rows": len(cells),
        "exact_repeats": int(cells.duplicated().sum()),
        "groups_of_track_and_artist": int((cells.groupby(["Track", "Artist"]).size() > 1).sum()),
        "without_artist": int((cells["Artist"] == "").sum()),
        **{f"distinct {name}": cells[name].nunique() for name in ("Track", "Album Name", "Artist", "ISRC")},
    }


def strongest_hint(cells: pd.DataFrame) -> dict[str, Any]:
    """Return the column or pair that tells the label best, as the leak guard measures it."""
    table = load_table(compose_settings("sweep", ["data=sample"]).data, frame=cells)
    hints = find_leaks(LeakSample.of(table), auc=NEAR)
    best = max(hints, key=lambda hint: hint.auc, default=None)
    return {"columns": best.name, "auc": round(best.auc, 4)} if best else {"columns": None, "auc": f"below {NEAR}"}


def _digest(cells: pd.DataFrame) -> str:
    return hashlib.sha256(cells.to_csv(index=False, lineterminator="\n").encode()).hexdigest()


def report(real: Side, seeds: list[int]) -> dict[str, Any]:
    """Return everything that NOTES.md quotes."""
    drawn = {seed: side_of(generate_songs(seed=seed)) for seed in seeds}
    names = ["Track", "Artist"]
    default = drawn[seeds[0]]
    commit = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=False).stdout.strip()
    return {
        "commit": commit,
        "digests": {"real": _digest(real.cells), str(seeds[0]): _digest(default.cells)},
        "accuracy": {
            "real": accuracies(real),
            **{str(seed): accuracies(side) for seed, side in drawn.items()},
        },
        "distances": {str(seed): distances(real, side) for seed, side in drawn.items()},
        "text": {"real": texts(real), str(seeds[0]): texts(default)},
        "track_and_artist_of_the_real_table": len(
            real.cells[names].drop_duplicates().merge(default.cells[names].drop_duplicates())
        ),
        "strongest_hint": {
            "real": strongest_hint(real.cells),
            str(seeds[0]): strongest_hint(default.cells),
        },
    }


def main() -> None:
    """Write the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--table", type=Path, default=os.environ.get("SONGPOP_DATA"))
    parser.add_argument("--report", type=Path, default=Path(__file__).with_name("report.json"))
    parser.add_argument("--seeds", type=int, nargs="+", default=[2024, 1, 2])
    options = parser.parse_args()
    if options.table is None:
        parser.error("the real table is needed: --table FILE, or SONGPOP_DATA=FILE")
    result = report(side_of(read_cells(options.table)), options.seeds)
    options.report.write_text(json.dumps(result, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
