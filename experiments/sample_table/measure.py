"""Measure the facts that the generated table is drawn from; see NOTES.md for the command.

Writes aggregates only: quantiles, rates, correlations, the coefficients of the score's function, histograms.
"""

import argparse
import itertools
import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from forms import date_facts, numeric, song_facts, text_facts
from scipy.optimize import brentq
from scipy.special import ndtr, ndtri
from scipy.stats import multivariate_normal, norm
from sklearn.linear_model import Ridge

from songpop.data.sample_numbers import (
    EPOCH_OF_AGES,
    Numbers,
    SampleFacts,
    draw_numbers,
    facts_from,
    hinges,
    normal_scores,
    score_base,
    score_inputs,
    score_signal,
)

FACTS = Path(__file__).parents[2] / "songpop" / "data" / "sample_facts.json"
KNOTS = (-1.0, 0.0, 1.0)
N_CALIBRATION = 20_000
N_CORRECTIONS = 7
CAP = 0.9995
MIN_ROWS = 60  # fewer say nothing about a correlation


def read_cells(path: Path) -> pd.DataFrame:
    """Return the table as text cells; empty text is a missing cell."""
    return pd.read_csv(path, encoding="latin-1", dtype=str, keep_default_na=False, index_col=False)


def parse_numbers(cells: pd.DataFrame, counts: tuple[str, ...]) -> tuple[Numbers, np.ndarray]:
    """Return the numbers of a table, and its scores."""
    released = pd.to_datetime(cells["Release Date"], format="%m/%d/%Y").to_numpy().astype("datetime64[D]")
    numbers = Numbers(
        counts=np.column_stack([numeric(cells[name]) for name in counts]),
        released=released,
        explicit=cells["Explicit Track"].to_numpy() == "1",
    )
    return numbers, numeric(cells["Track Score"])


def measure(cells: pd.DataFrame, *, noise: float, agreement: float) -> dict[str, Any]:
    """Return all facts in their JSON form, the score's function calibrated with the given noise."""
    kept = cells.drop_duplicates()
    counts = tuple(
        name
        for name in cells.columns[7:28]  # from Spotify Streams to TIDAL Popularity
        if (cells[name] != "").any()
    )
    numbers, score = parse_numbers(kept, counts)
    values, indicators = score_inputs(numbers)
    grid = _grid()
    raw: dict[str, Any] = {
        "counts": list(counts),
        "grid": grid,
        "quantiles": _quantiles(numbers, score, counts, grid),
        "rates": [round(rate, 5) for rate in indicators.mean(axis=0)],
        "correlation": [],
        "knots": list(KNOTS),
        "score": _fit_score(values, indicators, normal_scores(score)),
        "noise": noise,
        "dates": date_facts(numbers),
        "songs": song_facts(cells),
        "text": text_facts(kept),
    }
    raw["correlation"] = _fit_copula(raw, values, indicators)
    _calibrate(raw, values, indicators, normal_scores(score), agreement)
    raw["score"] = [[float(f"{x:.4g}") for x in row] for row in raw["score"]]
    return raw


def _grid() -> list[float]:
    inner = ndtr(np.linspace(-3.3, 3.3, 60))
    return [0.0, *[round(float(p), 6) for p in inner], 1.0]


def _quantiles(
    numbers: Numbers, score: np.ndarray, counts: tuple[str, ...], grid: list[float]
) -> dict[str, list[float]]:
    ages = (EPOCH_OF_AGES - numbers.released).astype(float)
    columns = dict(zip(counts, numbers.counts.T, strict=True)) | {"age": ages, "score": score}
    # Three significant digits: the outer quantiles are nearly single cells, and no cell may be told from here.
    return {name: [float(f"{x:.3g}") for x in np.nanquantile(column, grid)] for name, column in columns.items()}


def _fit_copula(raw: dict[str, Any], values: np.ndarray, indicators: np.ndarray) -> list[list[float]]:
    """Return latent correlations whose drawn tables have the measured correlations between observed cells.

    Starts from the textbook estimates and corrects them by what a large drawn table still gets wrong: the real
    pairs are seen on different rows, so that the estimates fit together into no single matrix.
    """
    target, weight = _latent_estimates(values, indicators)
    wanted, guess = _observed(values, indicators), target
    for _ in range(N_CORRECTIONS):
        raw["correlation"] = _triangle(_nearest(guess, weight))
        drawn = draw_numbers(facts_from(raw), N_CALIBRATION, np.random.default_rng(1))
        missed = np.where(weight > 0, wanted - _observed(*score_inputs(drawn)), 0)
        guess = np.clip(guess + 0.7 * missed, -CAP, CAP)
        np.fill_diagonal(guess, 1)
    return _triangle(_nearest(guess, weight))


def _observed(values: np.ndarray, indicators: np.ndarray) -> np.ndarray:
    """Return Pearson correlations of normal scores and flags over the rows that have both; 0 where none has."""
    return np.nan_to_num(pd.DataFrame(np.column_stack([values, indicators])).corr(min_periods=30).to_numpy())


def _latent_estimates(values: np.ndarray, indicators: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return latent correlations pair by pair, and the weight of each where they contradict each other."""
    n_values, n_indicators = values.shape[1], indicators.shape[1]
    n_latent = n_values + n_indicators
    target, weight = np.eye(n_latent), np.eye(n_latent)
    for i, j in itertools.combinations(range(n_latent), 2):
        if j < n_values:
            rho, w = _pearson(values[:, i], values[:, j]), 1.0
        elif i < n_values:
            # A value and its own gap are never seen together, others too rarely.
            is_known = indicators[~np.isnan(values[:, i]), j - n_values].sum() >= MIN_ROWS
            rho, w = (_biserial(values[:, i], indicators[:, j - n_values]), 0.2) if is_known else (0.0, 0.0)
        else:
            rho = _tetrachoric(indicators[:, i - n_values], indicators[:, j - n_values])
            w = 1.0 if rho > 0.93 else 0.8  # columns of one service are missing together
        target[i, j] = target[j, i] = rho
        weight[i, j] = weight[j, i] = w
    return target, weight


def _pearson(a: np.ndarray, b: np.ndarray) -> float:
    both = ~np.isnan(a) & ~np.isnan(b)
    return float(np.corrcoef(a[both], b[both])[0, 1])


def _biserial(value: np.ndarray, flag: np.ndarray) -> float:
    here = ~np.isnan(value)
    rate = flag[here].mean()
    scale = np.sqrt(rate * (1 - rate)) / norm.pdf(ndtri(rate))
    return float(np.clip(np.corrcoef(value[here], flag[here])[0, 1] * scale, -0.98, 0.98))


def _tetrachoric(a: np.ndarray, b: np.ndarray) -> float:
    thresholds, both = ndtri([a.mean(), b.mean()]), (a * b).mean()

    def excess(rho: float) -> float:
        joint = multivariate_normal.cdf(thresholds, mean=[0, 0], cov=[[1, rho], [rho, 1]])
        return float(joint - both)

    low, high = -CAP, CAP
    if excess(low) > 0 or excess(high) < 0:
        return low if excess(low) > 0 else high
    return float(brentq(excess, low, high, xtol=1e-4))


def _nearest(target: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Return a positive definite correlation matrix near the measured entries; those of weight 0 come out free."""
    x = target
    for _ in range(200):
        x = _positive(x)
        x = x + weight * (target - x)
    return _positive(x)


def _positive(x: np.ndarray) -> np.ndarray:
    eigenvalues, vectors = np.linalg.eigh((x + x.T) / 2)
    y = (vectors * np.maximum(eigenvalues, 1e-3)) @ vectors.T
    scale = np.sqrt(np.diag(y))
    return y / np.outer(scale, scale)


def _triangle(correlation: np.ndarray) -> list[list[float]]:
    return [[round(float(x), 5) for x in row[:i]] for i, row in enumerate(correlation) if i]


def _fit_score(values: np.ndarray, indicators: np.ndarray, score: np.ndarray) -> list[list[float]]:
    base, by_age = score_base(values, indicators, KNOTS), hinges(values[:, -1], KNOTS)
    design = np.einsum("rh,rb->rhb", by_age, base).reshape(len(score), -1)
    fitted = Ridge(5.0, fit_intercept=True).fit(design, score)
    return fitted.coef_.reshape(by_age.shape[1], base.shape[1]).tolist()


def _calibrate(
    raw: dict[str, Any], values: np.ndarray, indicators: np.ndarray, score: np.ndarray, agreement: float
) -> None:
    """Shift the linear part until the score goes with each column as it does in the real table.

    The copula keeps pairs of columns but not every bend between them, so that the fitted function, put on drawn
    numbers, gives slightly other correlations. `agreement` is the share of the measured covariances that is
    aimed at: with all of it, logistic regression does better on the drawn table than on the real one.
    """
    wanted = agreement * _covariances(values, indicators, score)
    facts: SampleFacts = facts_from(raw)
    rng = np.random.default_rng(0)
    drawn = score_inputs(draw_numbers(facts, N_CALIBRATION, rng))
    noise = rng.standard_normal(N_CALIBRATION)
    linear = np.nan_to_num(np.column_stack(drawn))
    spread = np.cov(linear.T) + 0.02 * np.eye(linear.shape[1])
    n_values, step = values.shape[1], len(KNOTS) + 1
    places = [*range(0, n_values * step, step), *range(n_values * step, n_values * step + indicators.shape[1])]
    for _ in range(6):
        fine = score_signal(*drawn, facts) + facts.noise * noise
        missed = wanted - _covariances(*drawn, normal_scores(fine))
        shifted = facts.score.copy()
        shifted[0, places] += fine.std() * np.linalg.solve(spread, missed)
        facts = replace(facts, score=shifted)
    raw["score"] = facts.score.tolist()


def _covariances(values: np.ndarray, indicators: np.ndarray, score: np.ndarray) -> np.ndarray:
    linear = np.nan_to_num(np.column_stack([values, indicators]))
    return ((linear - linear.mean(axis=0)) * score[:, None]).mean(axis=0)


def main() -> None:
    """Write the facts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--table", type=Path, default=os.environ.get("SONGPOP_DATA"))
    parser.add_argument("--facts", type=Path, default=FACTS)
    parser.add_argument("--noise", type=float, default=0.04)
    parser.add_argument("--agreement", type=float, default=0.95)
    options = parser.parse_args()
    if options.table is None:
        parser.error("the real table is needed: --table FILE, or SONGPOP_DATA=FILE")
    raw = measure(read_cells(options.table), noise=options.noise, agreement=options.agreement)
    text = json.dumps(raw, ensure_ascii=False, separators=(",", ":")).replace("],", "],\n").replace('},"', '},\n"')
    options.facts.write_text(text + "\n", "utf-8")


if __name__ == "__main__":
    main()
