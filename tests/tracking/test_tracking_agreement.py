"""One sweep's record beside what its study remembers: what each check sees (mends: test_app_doctor)."""

from dataclasses import replace

import pytest
from trials import finished_trial

from songpop.contracts import FinishedTrial, TrialState
from songpop.tracking.agreement import CHECKS, SweepState, sweep_state
from songpop.tracking.runs import SweepRun, start_sweep
from songpop.tracking.store import Store


@pytest.fixture
def run(store: Store) -> SweepRun:
    return start_sweep(store, "s", study="one")


def kept(run: SweepRun, trial: int, value: float = 0.4, state: TrialState = TrialState.COMPLETE) -> FinishedTrial:
    """A trial that is recorded, as the study remembers it."""
    is_failed = state is TrialState.FAILED
    suggested = {"learning_rate": 0.1 + 0.2, "optimizer": "rmsprop", "batch_size": 64}
    run_id = run.record(finished_trial(trial, value=value, state=state), suggested)
    return FinishedTrial(
        trial=trial,
        state=state,
        suggested=suggested,
        value=float("nan") if is_failed else value,
        n_epochs=3,
        best_epoch=3,
        run_id=run_id,
    )


def problems(state: SweepState) -> list[str]:
    return [finding.problem for check in CHECKS for finding in check(state)]


def test_a_sweep_that_agrees(store: Store, run: SweepRun) -> None:
    trials = [kept(run, 0), kept(run, 1, state=TrialState.PRUNED), kept(run, 2, state=TrialState.FAILED)]
    store.client.create_run(store.experiment_id, tags={"mlflow.parentRunId": run.run_id, "songpop.kind": "note"})
    run.finish()
    assert problems(sweep_state(store, "s", "one", trials)) == []


def test_what_differs_is_named(store: Store, run: SweepRun) -> None:
    trial = kept(run, 0)
    run.finish()
    for changed, problem in (
        (replace(trial, value=0.41), "trial 0 has val_log_loss 0.41 in the study, but 0.4 in its run"),
        (replace(trial, trial=5), "trial 5 has number 5 in the study, but 0 in its run"),
        (replace(trial, state=TrialState.PRUNED), "trial 0 has state pruned in the study, but complete in its run"),
        (replace(trial, suggested={"batch_size": 32}), "trial 0 has batch_size 32 in the study, but 64 in its run"),
        (replace(trial, suggested={"l9": 1.0}), "trial 0 has l9 1.0 in the study, but None in its run"),
    ):
        assert problems(sweep_state(store, "s", "one", [changed])) == [problem]


def test_many_lost_trials_are_one_sentence(store: Store, run: SweepRun) -> None:
    trial = kept(run, 0)
    run.finish()
    lost = [replace(trial, trial=number, run_id=f"lost-{number}") for number in range(1, 14)]
    (problem,) = problems(sweep_state(store, "s", "one", [trial, *lost]))
    assert problem.startswith("trial 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and 3 more of the study has no run in")


def test_a_study_without_trials_needs_no_record(store: Store) -> None:
    assert problems(sweep_state(store, "s", "nowhere", [])) == []
