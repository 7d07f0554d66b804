"""The verdict of a finals: who takes part, who wins, and what a search's score was worth."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from songpop.contracts import Params
from songpop.evaluation.resampled import resampled_error
from songpop.search.finals import Contestant, Finals, Member, Origin, contestants_of, final_seed, simplicity, verdict
from songpop.space.legal import LEGAL, OFF_AT_0, OFF_AT_NONE

SMALL, BIG = Params(widths="8"), Params(widths="64-32")
NOISE = np.array([0.004, -0.003, 0.001, -0.004, 0.002, 0.003, -0.001, -0.002])


def tried(trial: int, value: float | None, params: Params | None = None) -> Contestant:
    return Contestant(
        origin=Origin.search,
        params=params or Params(learning_rate=0.001 * (trial + 1)),
        trial=trial,
        search_value=value,
    )


# ── who takes part ──────────────────────────────────────────────────────────────────────────────────────────


def test_the_best_take_part_each_configuration_once() -> None:
    search = [tried(0, 0.5), tried(1, 0.3), tried(2, 0.4), tried(3, 0.2, Params(learning_rate=0.002))]
    found = contestants_of(search, 2, [], None)
    assert [one.trial for one in found] == [3, 2]  # trial 1 has the parameters of trial 3


def test_known_points_and_the_champion_take_part_whatever_they_reached() -> None:
    known = replace(tried(2, None), origin=Origin.known)
    champion = Contestant(origin=Origin.champion, params=BIG)
    found = contestants_of([tried(0, 0.5), tried(1, 0.3)], 1, [known], champion)
    assert [(one.origin, one.is_champion) for one in found] == [
        (Origin.search, False),
        (Origin.known, False),
        (Origin.champion, True),
    ]


def test_the_champions_configuration_is_known_as_such_also_where_the_search_found_it_again() -> None:
    again = Contestant(origin=Origin.champion, params=tried(1, 0.3).params)
    found = contestants_of([tried(0, 0.5), tried(1, 0.3)], 2, [], again)
    assert [(one.trial, one.origin, one.is_champion) for one in found] == [
        (1, Origin.search, True),
        (0, Origin.search, False),
    ]


def test_a_known_point_among_the_best_takes_part_once() -> None:
    known = replace(tried(1, 0.3), origin=Origin.known)
    assert [one.origin for one in contestants_of([tried(0, 0.5), tried(1, 0.3)], 1, [known], None)] == [Origin.search]


def test_equal_scores_are_ordered_by_number() -> None:
    assert [one.trial for one in contestants_of([tried(4, 0.3), tried(2, 0.3)], 1, [], None)] == [2]


def test_seeds_differ_by_resample_and_search() -> None:
    seeds = {final_seed(search, resample) for search in range(4) for resample in range(10)}
    assert len(seeds) == 40
    assert final_seed(1, 2) == final_seed(1, 2)


# ── who wins ────────────────────────────────────────────────────────────────────────────────────────────────


def judged(*runs: tuple[Params, list[float], float | None], n_weights: list[int] | None = None) -> Finals:
    entered = [tried(place, score, params) for place, (params, _, score) in enumerate(runs)]
    sizes = n_weights or [100 * (place + 1) for place in range(len(runs))]
    return verdict(entered, {place: values for place, (_, values, _) in enumerate(runs)}, sizes, 0.25, 0.05)


def around(mean: float, noise: np.ndarray = NOISE) -> list[float]:
    return list(mean + noise)


def test_a_clear_lead_wins() -> None:
    finals = judged((BIG, around(0.30), 0.29), (SMALL, around(0.40, NOISE[::-1]), 0.28), n_weights=[900, 10])
    first, second = finals.finalists
    assert finals.winner == 0
    assert first.contestant.params == BIG
    assert second.p_value is not None
    assert second.p_value < 0.001
    assert second.difference == pytest.approx(0.1)
    assert not second.is_within_noise
    assert first.interval is not None
    assert first.interval.low < 0.30 < first.interval.high


def test_within_noise_the_smaller_wins_and_it_is_said() -> None:
    finals = judged((BIG, around(0.300), 0.29), (SMALL, around(0.301, NOISE[::-1]), 0.28), n_weights=[900, 10])
    assert finals.winner == 1
    first, second = finals.finalists
    assert second.contestant.params == SMALL
    assert first.difference == pytest.approx(-0.001)  # the lowest mean is tested against the winner, as all are
    assert first.p_value is not None
    assert (second.difference, second.p_value) == (0.0, None)
    assert first.is_within_noise
    assert finals.reason.startswith("within one standard error of the lowest mean (0.0010 behind, p = ")
    assert "10 weights against 900; the other cannot be told from it by these runs (p ≥ 0.05)" in finals.reason


@pytest.mark.parametrize("name", OFF_AT_0)
def test_each_part_of_a_cocktail_is_something_more_to_go_wrong(name: str) -> None:
    assert simplicity(replace(SMALL, **{name: 0.1}), 10) > simplicity(SMALL, 10)


@pytest.mark.parametrize("name", OFF_AT_NONE)
def test_so_is_each_part_of_a_topology(name: str) -> None:
    assert simplicity(replace(SMALL, **{name: LEGAL[name][1]}), 10) > simplicity(SMALL, 10)


def test_at_the_same_size_the_simpler_wins() -> None:
    penalised = replace(SMALL, regularization="l2", dropout_first=0.2)
    finals = judged((penalised, around(0.300), 0.3), (SMALL, around(0.301, NOISE[::-1]), 0.3), n_weights=[10, 10])
    assert finals.finalists[finals.winner or 0].contestant.params == SMALL
    assert "simpler at the same 10 weights" in finals.reason


def test_not_to_be_proven_worse_is_not_yet_to_be_as_good() -> None:
    # Two resamples prove little: p is large. Yet the mean lies more than a standard error behind.
    finals = judged((BIG, [0.30, 0.30], 0.3), (SMALL, [0.31, 0.33], 0.3), n_weights=[900, 10])
    second = finals.finalists[1]
    assert second.p_value is not None
    assert second.p_value > 0.05
    assert second.is_within_noise  # nor is the leader proven better, and that is said
    assert finals.reason == "the lowest mean; the other cannot be told from it by these runs (p ≥ 0.05)"
    assert finals.winner == 0


def test_how_many_are_worse_beyond_luck_is_said() -> None:
    near = (replace(SMALL, learning_rate=0.5), around(0.306, np.roll(NOISE, 5)), 0.3)
    finals = judged((BIG, around(0.30), 0.3), near, (SMALL, around(0.5), 0.3), n_weights=[1, 9, 9])
    assert finals.winner == 0
    assert finals.reason == (
        "the lowest mean; of the 2 others 1 is worse beyond luck (p < 0.05), the rest cannot be told from it"
    )
    far = judged((BIG, around(0.30), 0.3), (SMALL, around(0.5), 0.3), (*near[:1], around(0.6), 0.3))
    assert far.reason == "the lowest mean; both others are worse beyond luck (p < 0.05)"


def test_a_failed_run_puts_a_finalist_last() -> None:
    finals = judged((BIG, [0.1, math.nan, 0.1], 0.1), (SMALL, [0.4, 0.41, 0.39], 0.4))
    assert finals.winner == 0
    assert [one.contestant.params for one in finals.finalists] == [SMALL, BIG]
    assert finals.finalists[1].interval is None
    assert finals.reason == "the only one without a failed run"


def test_where_all_failed_nobody_wins() -> None:
    finals = judged((BIG, [math.nan], 0.1), (SMALL, [math.inf], 0.2))
    assert (finals.winner, finals.shrinkage) == (None, None)


def test_one_resample_proves_nothing_and_the_lowest_wins() -> None:
    finals = judged((BIG, [0.30], 0.3), (SMALL, [0.31], 0.3), n_weights=[900, 10])
    assert finals.winner == 0
    assert finals.finalists[1].p_value == 1.0


def test_shrinkage_is_that_of_the_searchs_best() -> None:
    finals = judged((BIG, around(0.312), 0.300), (SMALL, around(0.35), 0.310))
    assert finals.shrinkage == pytest.approx(0.012)


def test_the_shrinkage_of_a_best_that_failed_is_unknown() -> None:
    failed = [math.nan, *around(0.2)[1:]]
    assert judged((BIG, failed, 0.20), (SMALL, around(0.32), 0.30)).shrinkage is None


def test_shrinkage_needs_a_score() -> None:
    assert judged((BIG, around(0.3), None), (SMALL, around(0.4), None)).shrinkage is None


def test_more_tests_make_each_less_sure() -> None:
    runs = [(replace(BIG, learning_rate=0.001 * k), around(0.30 + 0.004 * k, np.roll(NOISE, k)), 0.3) for k in range(6)]
    two, six = judged(*runs[:2]), judged(*runs)
    assert two.finalists[1].p_value is not None
    assert six.finalists[1].p_value is not None
    assert six.finalists[1].p_value >= two.finalists[1].p_value


@given(
    st.lists(st.lists(st.floats(0.01, 1), min_size=4, max_size=4), min_size=1, max_size=6),
    st.lists(st.integers(1, 1000), min_size=6, max_size=6),
)
def test_the_winner_is_the_simplest_within_one_standard_error_of_the_lowest_mean(
    values: list[list[float]], sizes: list[int]
) -> None:
    runs = [(replace(SMALL, learning_rate=0.001 * (k + 1)), one, 0.5) for k, one in enumerate(values)]
    finals = judged(*runs, n_weights=sizes[: len(runs)])
    assert finals.winner is not None
    winner = finals.finalists[finals.winner]
    means = [one.interval.mean for one in finals.finalists if one.interval]
    assert means == sorted(means)
    assert (winner.difference, winner.p_value, winner.is_within_noise) == (0.0, None, True)
    lowest = finals.finalists[0].values
    own = resampled_error(lowest, 0.25)
    equal = [
        one
        for one in finals.finalists
        if np.subtract(one.values, lowest).mean() <= min(own, resampled_error(np.subtract(one.values, lowest), 0.25))
        or np.subtract(one.values, lowest).mean() == 0
    ]
    size = simplicity(winner.contestant.params, winner.n_weights)
    assert size == min(simplicity(one.contestant.params, one.n_weights) for one in equal)
    for one in finals.finalists:
        assert one.is_within_noise == (one.p_value is None or one.p_value >= 0.05)


def test_who_breaks_down_now_and_then_is_not_within_noise() -> None:
    broken = around(0.31)
    broken[0] = 0.9  # so wide is its error that its mean, far behind, lies within it
    finals = judged((BIG, around(0.30), 0.3), (SMALL, broken, 0.3), n_weights=[900, 10])
    assert finals.winner == 0


# ── ensembles ───────────────────────────────────────────────────────────────────────────────────────────────


def test_an_ensemble_comes_last_and_its_members_take_part() -> None:
    best, far = tried(0, 0.3), tried(7, 0.5, replace(BIG, learning_rate=0.7))
    found = contestants_of([best, far], 1, [], None, [(best, 2), (far, 1)])
    assert [one.origin for one in found] == [Origin.search, Origin.member, Origin.ensemble]
    assert [(m.params, m.n_votes) for m in found[-1].members] == [(best.params, 2), (far.params, 1)]
    assert found[-1].suggested == {"mean of": "trial 0 (2 votes), trial 7 (1 vote)"}


def test_a_champion_that_is_an_ensemble_takes_part_whole_and_each_member_for_itself() -> None:
    best, far = tried(0, 0.3), tried(7, 0.5)
    members = (Member(params=BIG, n_votes=3), Member(params=far.params, n_votes=1))
    champion = Contestant(origin=Origin.champion, params=BIG, members=members)
    found = contestants_of([best, far], 1, [], champion, [(best, 2), (far, 1)])
    assert [(one.origin, one.params, one.is_champion) for one in found] == [
        (Origin.search, best.params, False),
        (Origin.member, BIG, False),  # the heaviest alone is not the champion
        (Origin.member, far.params, False),
        (Origin.champion, BIG, True),
        (Origin.ensemble, best.params, False),
    ]
    assert found[1].suggested == {"widths": "64-32"}


def test_an_ensemble_that_is_the_champions_takes_part_once() -> None:
    best, far = tried(0, 0.3), tried(7, 0.5)
    members = (Member(params=best.params, n_votes=3), Member(params=far.params, n_votes=1))
    champion = Contestant(origin=Origin.champion, params=best.params, members=members)
    found = contestants_of([best, far], 1, [], champion, [(best, 3), (far, 1)])
    assert [(one.origin, one.is_champion) for one in found if one.members] == [(Origin.ensemble, True)]


def test_one_member_is_no_ensemble() -> None:
    best = tried(0, 0.3)
    assert [one.origin for one in contestants_of([best], 1, [], None, [(best, 12)])] == [Origin.search]
