"""Finals and leaderboard: intervals, verdicts, curves."""

from dataclasses import replace

import pytest
from made import BARE, EMPTY, FINALS, REPORT, finalist, rounds

from songpop.evaluation.stats import Interval
from songpop.report.finals import forest, leaderboard, learning_curves, reach
from songpop.report.records import Absence, Curve, Picture
from songpop.search.finals import Contestant, Member, Origin


def test_the_forest_names_the_winner_and_who_cannot_be_told_from_it() -> None:
    found = forest(REPORT)
    assert isinstance(found, Picture)
    assert found.finding == "Number 1 wins: the lowest mean."
    assert [row[5] for row in found.rows] == ["wins", "cannot be told from it", "behind"]
    assert found.rows[0][2] == "0.0500 (0.0400 to 0.0600)"
    assert found.figure.axes[0].get_xscale() == "log"  # 0.05 to 0.5


def test_finals_whose_runs_failed() -> None:
    failed = replace(FINALS, finalists=tuple(replace(one, interval=None) for one in FINALS.finalists), winner=None)
    assert isinstance(forest(replace(REPORT, finals=failed)), Absence)


def test_the_leaderboard_says_what_the_finals_made_of_a_trial() -> None:
    found = leaderboard(REPORT)
    assert isinstance(found, Picture)
    assert len(found.rows) == 10
    assert [float(row[2]) for row in found.rows] == sorted(float(row[2]) for row in found.rows)
    assert "The search's best looked 0.0020 better" in found.finding


def test_one_training_in_three_rounds_leads_once_with_its_finals() -> None:
    finals = replace(FINALS, finalists=(finalist(1, 0.25),))  # who took part is the first that was as good
    found = leaderboard(replace(REPORT, trials=rounds(), finals=finals))
    assert isinstance(found, Picture)
    assert [row[1:4] for row in found.rows] == [("2", "0.2000", "0.2500 (0.2400 to 0.2600)")]


def test_learning_curves_of_different_lengths() -> None:
    found = learning_curves(REPORT)
    assert isinstance(found, Picture)
    assert [row[1] for row in found.rows] == ["3", "3", "3"]


def test_a_run_that_ended_still_counts() -> None:
    constant = ((0.5, 5), (0.5, 5), (0.4, 20))  # value, epochs
    curves = tuple(Curve(finalist=0, resample=k, losses=(value,) * n) for k, (value, n) in enumerate(constant))
    found = learning_curves(replace(REPORT, curves=curves))
    assert isinstance(found, Picture)
    assert found.rows == (("1, trial 0", "3", "1", "0.4667", "0.4667"),)
    assert "counts with its last value from there on" in found.finding


def test_runs_of_one_length_need_no_such_sentence() -> None:
    curves = tuple(Curve(finalist=0, resample=k, losses=(0.5,) * 5) for k in range(3))
    found = learning_curves(replace(REPORT, curves=curves))
    assert isinstance(found, Picture)
    assert "last value" not in found.finding


def test_an_ensemble_that_won_has_no_curve() -> None:
    members = tuple(Member(params=one.contestant.params, n_votes=1) for one in FINALS.finalists[1:])
    both = Contestant(origin=Origin.ensemble, params=members[0].params, members=members)
    finals = replace(FINALS, finalists=(replace(FINALS.finalists[0], contestant=both), *FINALS.finalists[1:]))
    curves = tuple(one for one in REPORT.curves if one.finalist)
    found = learning_curves(replace(REPORT, finals=finals, curves=curves))
    assert isinstance(found, Picture)
    assert "Number 1, ensemble, won and has no curve: it is the mean of its members." in found.finding
    assert [row[0] for row in found.rows] == ["2, trial 1", "3, trial 2"]


def test_no_bar_goes_below_0() -> None:
    assert reach(Interval(mean=0.1, low=-0.1, high=0.3, n=5)) == [[0.1], [pytest.approx(0.2)]]


@pytest.mark.parametrize(("draw", "report"), [(forest, BARE), (learning_curves, BARE), (leaderboard, EMPTY)])
def test_what_is_not_there(draw, report) -> None:
    assert isinstance(draw(report), Absence)


def test_runs_that_were_deleted() -> None:
    found = learning_curves(replace(REPORT, curves=()))
    assert isinstance(found, Absence)
    assert "not in the tracking store any more" in found.reason
