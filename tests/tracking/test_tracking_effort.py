"""What a sweep has cost: counts by how trials ended, and the time in which something was trained."""

from dataclasses import replace

import pytest
from trials import finished_trial

from songpop.contracts import TrialState
from songpop.tracking.effort import effort
from songpop.tracking.runs import start_sweep


def test_pauses_are_left_out_and_times_that_overlap_count_once(store) -> None:
    run = start_sweep(store, "s")
    spans = {0: (1000.0, 10.0), 1: (1005.0, 10.0), 2: (9000.0, 5.0), 3: (1002.0, 1.0)}  # begun at, s; trained for, s
    for trial, (started_at_s, wall_s) in spans.items():
        run.record(replace(finished_trial(trial), started_at_s=started_at_s, wall_s=wall_s), {})
    finals = run.begin_finals(n_slots=1)
    finals.record(replace(finished_trial(0), started_at_s=9004.0, wall_s=3.0), {})
    found = effort(store, run.run_id)
    assert (found.search_s, found.wall_s) == (20.0, 22.0)
    assert found.trials_per_hour == pytest.approx(4 * 3600 / 20)


def test_trials_are_counted_by_how_they_ended(store) -> None:
    run = start_sweep(store, "s")
    states = [TrialState.COMPLETE, TrialState.PRUNED, TrialState.PRUNED, TrialState.FAILED]
    for trial, state in enumerate(states):
        run.record(finished_trial(trial, value=0.5 - trial / 10, state=state), {})
    found = effort(store, run.run_id)
    assert (found.n_trials, found.n_complete, found.n_pruned, found.n_failed) == (4, 1, 2, 1)
    assert found.best_val_log_loss == 0.5


def test_without_a_trial_there_is_no_rate(store) -> None:
    found = effort(store, start_sweep(store, "s").run_id)
    assert (found.n_trials, found.best_val_log_loss, found.trials_per_hour) == (0, None, None)
