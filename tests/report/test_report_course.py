"""The course of a search: what chance alone would reach, and how full the slots were."""

from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made import EMPTY, REPORT, rounds, trials

from songpop.report.course import best_over_time, best_over_trials, cost, expected_best, occupancy, running_over_time
from songpop.report.records import Absence, Picture, RandomSearch


@given(st.lists(st.floats(0, 1), min_size=1, max_size=6))
def test_the_expected_best_is_the_mean_over_all_orders(values: list[float]) -> None:
    orders = np.array(list(permutations(values)))
    expected = np.minimum.accumulate(orders, axis=1).mean(axis=0)
    np.testing.assert_allclose(expected_best(np.array(values)), expected, atol=1e-12)


def test_the_best_so_far_against_chance_and_random_search() -> None:
    found = best_over_trials(REPORT)
    assert isinstance(found, Picture)
    assert REPORT.best is not None
    assert f" is {REPORT.best.value:.4f}, trial {REPORT.best.number}. " in found.finding
    assert "random search (by-chance) had" in found.finding
    assert "No random search of the same space and epochs, on the same table and split, is recorded" in _finding(
        best_over_trials(replace(REPORT, random=None))
    )


def test_over_time() -> None:
    assert "within 5 % of it after" in _finding(best_over_time(REPORT))


def test_the_best_was_reached_when_its_trial_ended() -> None:
    some = [replace(REPORT.complete[k], value=value, ended_s=10.0 + k) for k, value in enumerate((0.5, 0.2, 0.3, 0.4))]
    assert _finding(best_over_time(replace(REPORT, trials=tuple(some)))).startswith("0.2000 after 11 s; ")


@pytest.mark.parametrize("draw", [best_over_trials, best_over_time])
def test_a_pruned_trial_is_no_best(draw) -> None:
    low = replace(REPORT.trials[0], state="pruned", value=0.001)
    trials = (low, *REPORT.trials[1:])
    found = draw(replace(REPORT, trials=trials, random=RandomSearch(name="by-chance", trials=trials)))
    assert isinstance(found, Picture)
    assert "0.0010" not in found.finding
    assert not any("0.0010" in row for row in found.rows)
    assert any("0.0010, pruned" in words for words in found.titles["trials"])
    assert isinstance(draw(replace(REPORT, trials=(low,))), Absence)


def test_how_many_run_at_a_time() -> None:
    moments, running = running_over_time(trials(3))  # each takes two seconds, and one begins each half
    assert moments.tolist() == [0, 0.5, 1, 2, 2.5, 3]
    assert running.tolist() == [1, 2, 3, 2, 1, 0]


def test_the_share_of_the_slots() -> None:
    """Sixty trials of two seconds, one begun each half: 120 s of the 4 x 31.5 s that four slots have."""
    found = occupancy(REPORT)
    assert isinstance(found, Picture)
    assert found.finding.startswith("95.2 % of the time of 4 slots ")
    assert [row[1] for row in found.rows][1:9] == ["4.0"] * 8  # the first and the last tenth are ramps


def test_what_it_cost() -> None:
    found = cost(REPORT)
    assert isinstance(found, Picture)
    told = dict(found.rows)
    assert told["trials"] == "60"
    assert told["finals"] == "12 s"
    assert told["epochs trained"] == f"{sum(trial.n_new_epochs for trial in REPORT.trials):,}"


def test_one_training_in_three_rounds_costs_its_epochs_once() -> None:
    found = cost(replace(REPORT, trials=rounds(), n_epochs_each=27))
    assert isinstance(found, Picture)
    assert "27 epochs trained of 27" in found.finding
    assert "is 0.2000, trial 2. " in _finding(best_over_trials(replace(REPORT, trials=rounds())))
    assert dict(found.rows)["epochs saved by pruning and early stopping"] == "0.0 %"


@pytest.mark.parametrize("draw", [best_over_trials, best_over_time, occupancy, cost])
def test_without_trials(draw) -> None:
    assert isinstance(draw(EMPTY), Absence)


def _finding(found: Picture | Absence) -> str:
    assert isinstance(found, Picture)
    return found.finding
