"""Trials and finals as a report reads them."""

from typing import Any

import pytest
from trials import finished_trial

from songpop.contracts import Params
from songpop.tracking.runs import start_sweep
from songpop.tracking.sweep_trials import finals_rows, trial_rows


@pytest.fixture
def run(store: Any) -> Any:
    return start_sweep(store, "s")


def test_trials_in_the_order_of_their_numbers(store: Any, run: Any) -> None:
    run.record_all([(finished_trial(trial), {"l2": 0.5}) for trial in (3, 1, 2)])
    rows = trial_rows(store, run.run_id)
    assert [row.number for row in rows] == [1, 2, 3]
    assert rows[0].params["l2"] == "0.5"
    assert rows[0].ended_s >= rows[0].began_s > 0
    assert rows[0].spec_params["widths"]
    assert rows[0].goes_on_from is None


def test_what_is_logged_for_charts_alone_was_not_searched(store: Any, run: Any) -> None:
    run.record_all([(finished_trial(0, params=Params(regularization="none")), {"regularization": "none"})])
    (row,) = trial_rows(store, run.run_id)
    assert "l2" not in row.params
    assert row.params["regularization"] == "none"


def test_a_penalty_that_was_searched_and_is_0_is_kept(store: Any, run: Any) -> None:
    suggested = {"regularization": "l2", "l2": 0.0}
    run.record_all([(finished_trial(0, params=Params(**suggested)), suggested)])
    (row,) = trial_rows(store, run.run_id)
    assert row.params["l2"] == "0.0"
    assert "l1" not in row.params


def test_a_sweep_without_finals(store: Any, run: Any) -> None:
    assert finals_rows(store, run.run_id).rows == ()
    assert finals_rows(store, run.run_id).wall_s is None


def test_finals(store: Any, run: Any) -> None:
    finals = run.begin_finals(2)
    finals.record_all([(finished_trial(0), {"finalist": 0, "resample": 1})])
    finals.finish()
    found = finals_rows(store, run.run_id)
    assert [(row.params["finalist"], row.params["resample"]) for row in found.rows] == [("0", "1")]
    assert found.wall_s is not None
    assert trial_rows(store, run.run_id) == ()
