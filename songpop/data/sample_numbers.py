"""The numbers of the generated table: counts, ages, flags and the score, drawn from measured facts.

Owns: the Gaussian copula of values and missing patterns, the marginal distributions, the score's function.
Does not own: text, dates as cells, repeated rows (sample.py), or measuring the facts (experiments/sample_table).

Axes: R rows, V values (the counts, then the age), I indicators (missing flags of the counts, then Explicit),
H = 2 + number of knots. Every step is ranks, sums and products, so that the table is the same on every machine.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri
from scipy.stats import rankdata

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

EPOCH_OF_AGES = np.datetime64("2024-06-15")  # the day after the newest release: ages are 1 day and more


@dataclass(frozen=True, kw_only=True, eq=False)
class SampleFacts:
    """What was measured on the real table: aggregates only, never a row."""

    counts: tuple[str, ...]  # the columns with numbers and gaps, in file order
    grid: Floats  # probabilities of the stored quantiles, from 0 to 1
    quantiles: Mapping[str, Floats]  # of each count, "age" (days) and "score", among the cells that are there
    rates: Floats  # shape (I,): how often each indicator is true
    correlation: Floats  # shape (V + I, V + I), of the latent Gaussian variables; positive definite
    knots: tuple[float, ...]  # of the score's hinges, in normal scores
    score: Floats  # shape (H, V * (H - 1) + I): row by hinge of the age, column by hinge of a value, then indicators
    noise: float  # standard deviation that is added to the score's function
    dates: Mapping[str, float]
    songs: Mapping[str, Any]
    text: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, eq=False)
class Numbers:
    """Drawn numbers; NaN is a missing cell."""

    counts: Floats  # shape (R, V - 1), whole
    released: NDArray[np.datetime64]  # shape (R,), days
    explicit: Bools  # shape (R,)


@cache
def sample_facts() -> SampleFacts:
    """Return the facts that are shipped beside this module."""
    raw = json.loads(resources.files("songpop.data").joinpath("sample_facts.json").read_text("utf-8"))
    return facts_from(raw)


def facts_from(raw: Mapping[str, Any]) -> SampleFacts:
    """Build the record from its JSON form, where the correlation is a lower triangle without diagonal."""
    n_latent = len(raw["correlation"]) + 1
    correlation = np.eye(n_latent)
    for i, row in enumerate(raw["correlation"], start=1):
        correlation[i, :i] = correlation[:i, i] = row
    return SampleFacts(
        counts=tuple(raw["counts"]),
        grid=np.array(raw["grid"]),
        quantiles={name: np.array(values) for name, values in raw["quantiles"].items()},
        rates=np.array(raw["rates"]),
        correlation=correlation,
        knots=tuple(raw["knots"]),
        score=np.array(raw["score"]),
        noise=raw["noise"],
        dates=raw["dates"],
        songs=raw["songs"],
        text=raw["text"],
    )


def draw_numbers(facts: SampleFacts, n_rows: int, rng: np.random.Generator) -> Numbers:
    """Draw everything but the score: a Gaussian copula for values and gaps, then each column's own quantiles."""
    n_counts = len(facts.counts)
    latent = rng.standard_normal((n_rows, len(facts.correlation))) @ np.linalg.cholesky(facts.correlation).T
    indicators = _highest(latent[:, n_counts + 1 :], facts.rates)
    counts = np.full((n_rows, n_counts), np.nan)
    for j, name in enumerate(facts.counts):
        here = ~indicators[:, j]
        counts[here, j] = np.rint(from_ranks(latent[here, j], facts, name, rng))
    ages = np.rint(from_ranks(latent[:, n_counts], facts, "age", rng)).astype(np.int64)
    return Numbers(counts=counts, released=_calendar(facts.dates, ages, rng), explicit=indicators[:, n_counts])


def draw_score(facts: SampleFacts, numbers: Numbers, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Draw the score that these numbers earn.

    Returns:
        The fine score, without unit (its order is what `All Time Rank` counts), and the score with one decimal,
        both of shape (R,).
    """
    values, indicators = score_inputs(numbers)
    signal = score_signal(values, indicators, facts)
    fine = signal + facts.noise * rng.standard_normal(len(signal))
    return fine, np.rint(10 * from_ranks(fine, facts, "score", rng)) / 10


def score_inputs(numbers: Numbers) -> tuple[Floats, Floats]:
    """Return normal scores of counts and ages, shape (R, V), NaN if missing; and indicators, shape (R, I)."""
    ages = (EPOCH_OF_AGES - numbers.released).astype(np.float64)
    values = np.column_stack([normal_scores(column) for column in [*numbers.counts.T, ages]])
    indicators = np.column_stack([np.isnan(numbers.counts), numbers.explicit])
    return values, indicators.astype(np.float64)


def score_signal(values: Floats, indicators: Floats, facts: SampleFacts) -> Floats:
    """Return the noiseless score in normal scores, shape (R,): hinges of each value, weighted by hinges of age.

    A plain copula would make the label linear in the normal scores; here a thousand streams mean something else
    for a young song than for an old one, as they do in the real table.
    """
    base = score_base(values, indicators, facts.knots)
    by_age = hinges(values[:, -1], facts.knots)
    signal: Floats = np.einsum("rh,hb,rb->r", by_age, facts.score, base, optimize=True)
    return signal


def score_base(values: Floats, indicators: Floats, knots: Sequence[float]) -> Floats:
    """Return what is weighted: the hinges of each value (0 where it is missing), then the indicators."""
    parts = [np.nan_to_num(hinges(column, knots)[:, 1:]) for column in values.T]
    return np.column_stack([*parts, indicators])


def hinges(column: Floats, knots: Sequence[float]) -> Floats:
    """Return 1, the column, and how far it lies above each knot: shape (R, 2 + knots)."""
    return np.column_stack([np.ones(len(column)), column, *[np.maximum(column - k, 0) for k in knots]])


def normal_scores(column: Floats) -> Floats:
    """Return the standard normal values of the ranks; ties share their mean rank, NaN stays NaN."""
    scores = np.full(len(column), np.nan)
    here = ~np.isnan(column)
    scores[here] = ndtri((rankdata(column[here]) - 0.5) / here.sum())
    return scores


def from_ranks(latent: Floats, facts: SampleFacts, name: str, rng: np.random.Generator) -> Floats:
    """Give each row the measured quantile of its rank, so that a column's distribution fits at every size."""
    ranks = np.argsort(np.argsort(latent, kind="stable"), kind="stable")
    levels = (ranks + rng.random(len(latent))) / len(latent)
    # Not np.interp: a fused multiply-add inside it could round differently on another processor.
    grid, quantiles = facts.grid, facts.quantiles[name]
    left = np.clip(np.searchsorted(grid, levels, side="right") - 1, 0, len(grid) - 2)
    slopes = np.diff(quantiles) / np.diff(grid)
    return np.asarray(quantiles[left] + (levels - grid[left]) * slopes[left])


def _highest(latent: Floats, rates: Floats) -> Bools:
    """Mark, per column, the share `rates` of rows with the highest latent value."""
    from_top = np.argsort(np.argsort(-latent, axis=0, kind="stable"), axis=0, kind="stable")
    return np.asarray(from_top < np.rint(rates * len(latent)))


def _calendar(dates: Mapping[str, float], ages: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.datetime64]:
    """Turn ages in days into release dates, which prefer Fridays, and 1 January where nobody knew the day."""
    days = EPOCH_OF_AGES - ages.astype("timedelta64[D]")
    # 1970-01-02 was a Friday, and so is the newest date: the nearest Friday is never in the future.
    to_friday = 3 - (days.astype(np.int64) - 1 + 3) % 7
    chance = rng.random((2, len(ages)))
    friday = days + np.where(chance[0] < dates["moved_to_friday"], to_friday, 0).astype("timedelta64[D]")
    new_year = (days + np.timedelta64(182, "D")).astype("datetime64[Y]").astype("datetime64[D]")
    is_vague = (ages >= dates["vague_from_age"]) & (chance[1] < dates["vague"])
    return np.where(is_vague, new_year, friday)
