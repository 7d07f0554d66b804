import json
from importlib import resources

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import spearmanr

from songpop.data.sample_numbers import (
    EPOCH_OF_AGES,
    draw_numbers,
    draw_score,
    from_ranks,
    hinges,
    normal_scores,
    sample_facts,
    score_inputs,
    score_signal,
)


@pytest.fixture(scope="module")
def numbers():
    return draw_numbers(sample_facts(), 4000, np.random.default_rng(3))


def test_facts_are_small_and_hold_no_rows():
    file = resources.files("songpop.data").joinpath("sample_facts.json")
    text = file.read_text("utf-8")
    assert len(text) < 60_000
    per_column = json.loads(text)["quantiles"].values()
    assert {len(quantiles) for quantiles in per_column} == {62}
    assert all(float(f"{x:.3g}") == x for quantiles in per_column for x in quantiles)


def test_the_correlation_is_one():
    correlation = sample_facts().correlation
    assert np.allclose(correlation, correlation.T)
    assert np.allclose(np.diag(correlation), 1)
    assert np.linalg.eigvalsh(correlation).min() > 0


def test_gaps_come_at_the_measured_rates(numbers):
    facts = sample_facts()
    _, indicators = score_inputs(numbers)
    assert np.abs(indicators.mean(axis=0) - facts.rates).max() <= 0.5 / len(indicators)


def test_columns_of_one_service_are_missing_together(numbers):
    gaps = dict(zip(sample_facts().counts, np.isnan(numbers.counts).T, strict=True))
    together = gaps["TikTok Likes"] & gaps["TikTok Views"]
    assert together.sum() > 0.9 * gaps["TikTok Likes"].sum()


@pytest.mark.parametrize("name", sample_facts().counts)
def test_counts_follow_their_quantiles(numbers, name):
    facts = sample_facts()
    column = numbers.counts[:, facts.counts.index(name)]
    wanted = np.interp([0.1, 0.25, 0.5, 0.75, 0.9], facts.grid, facts.quantiles[name])
    found = np.nanquantile(column, [0.1, 0.25, 0.5, 0.75, 0.9])
    assert np.all(np.abs(found - wanted) <= 0.6 + 0.03 * wanted)


def test_releases_lie_before_the_table_and_mostly_on_fridays(numbers):
    assert numbers.released.max() < EPOCH_OF_AGES
    is_friday = (numbers.released.astype(int) - 1) % 7 == 0
    assert 0.45 < is_friday.mean() < 0.6


def test_the_score_is_more_than_its_linear_part(numbers):
    values, indicators = score_inputs(numbers)
    signal = score_signal(values, indicators, sample_facts())
    linear = np.column_stack([np.nan_to_num(values), indicators, np.ones(len(values))])
    rest = signal - linear @ np.linalg.lstsq(linear, signal, rcond=None)[0]
    assert 0.3 < rest.var() / signal.var() < 0.8


def test_the_fine_score_orders_the_score(numbers):
    fine, score = draw_score(sample_facts(), numbers, np.random.default_rng(0))
    assert spearmanr(fine, score).statistic > 0.999
    assert np.all(np.diff(score[np.argsort(fine)]) >= 0)


def test_hinges():
    assert hinges(np.array([-2.0, 0.5]), (0.0, 1.0)).tolist() == [[1, -2, 0, 0], [1, 0.5, 0.5, 0]]


def test_normal_scores_share_ties_and_keep_gaps():
    scores = normal_scores(np.array([5.0, np.nan, 7.0, 5.0, 9.0]))
    assert np.isnan(scores[1])
    assert scores[0] == scores[3] < scores[2] < scores[4]
    assert abs(np.nansum(scores[[2, 4]]) - 1.4688) < 1e-3


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=40, unique=True), st.integers(0, 99))
def test_quantiles_keep_the_order_and_the_range(latent, seed):
    facts = sample_facts()
    drawn = from_ranks(np.array(latent), facts, "age", np.random.default_rng(seed))
    assert np.all(np.diff(drawn[np.argsort(latent)]) >= 0)
    assert facts.quantiles["age"][0] <= drawn.min() <= drawn.max() <= facts.quantiles["age"][-1]
