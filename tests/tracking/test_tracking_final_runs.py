"""The runs of a finals: recorded once each, apart from the search's trials, whatever interrupted them."""

from dataclasses import replace

from trials import finished_trial, remembered

from songpop.contracts import TrialResult
from songpop.tracking.final_runs import FinalRuns
from songpop.tracking.records import KIND, OF
from songpop.tracking.runs import start_sweep
from songpop.tracking.sweeps import children, finals_runs, leaderboard


def final(number: int, resample: int, value: float = 0.4) -> TrialResult:
    result = finished_trial(number, value=value)
    return replace(result, spec=replace(result.spec, resample=resample, seed=resample))


def test_they_stand_apart_from_the_trials(store) -> None:
    run = start_sweep(store, "s", child_tags={"songpop.engine": "population"})
    trial = run.record(finished_trial(0), {})
    finals = FinalRuns(store, run, 4)
    written = finals.record_all([(final(0, 0), {"finalist": 0}), (final(1, 1), {"finalist": 0})])
    finals.finish(is_interrupted=False)
    (parent,) = finals_runs(store, run.run_id)
    assert (parent.info.run_name, parent.info.status) == ("s finals", "FINISHED")
    assert parent.data.tags[OF] == run.run_id
    assert [child.info.run_id for child in children(store, run.run_id)] == [trial]
    assert {child.info.run_id for child in children(store, parent.info.run_id)} == set(written)
    assert [row.run_id for row in leaderboard(store, run.run_id)] == [trial]
    child = store.client.get_run(written[1])
    assert (child.data.tags[KIND], child.data.tags["songpop.engine"]) == ("final", "population")
    assert child.info.run_name == "final-001 l2 rmsprop"


def test_held_again_they_are_recorded_once(store) -> None:
    run = start_sweep(store, "s")
    first = FinalRuns(store, run, 4)
    (one,) = first.record_all([(final(0, 0), {})])
    first.finish(is_interrupted=True)
    again = FinalRuns(store, run, 4)
    # Under another number, since somebody else takes part now; and one that is new.
    written = again.record_all([(final(5, 0), {}), (final(6, 1), {})])
    assert written[0] == one
    assert len(list(children(store, next(finals_runs(store, run.run_id)).info.run_id))) == 2


def test_other_numbers_are_another_run(store) -> None:
    run = start_sweep(store, "s")
    finals = FinalRuns(store, run, 4)
    (one,) = finals.record_all([(final(0, 0), {})])
    (other,) = FinalRuns(store, run, 4).record_all([(final(0, 0, value=0.41), {})])
    assert one != other
    # Held again on either class of machine, each finds its own.
    again = FinalRuns(store, run, 4).record_all([(final(0, 0, value=0.41), {}), (final(0, 0), {})])
    assert again == [other, one]


def test_what_a_killed_process_left_is_ended(store) -> None:
    run = start_sweep(store, "s", study="study")
    FinalRuns(store, run, 4).record_all([(final(0, 0), {})])  # and dies
    (parent,) = finals_runs(store, run.run_id)
    assert parent.info.status == "RUNNING"
    half = store.client.create_run(
        store.experiment_id, tags={"mlflow.parentRunId": parent.info.run_id, KIND: "final", "songpop.spec": "{}"}
    )
    again = start_sweep(store, "s", study="study")
    again.reconcile([remembered(0, again.record(finished_trial(0), {}))])
    (parent,) = finals_runs(store, run.run_id)
    assert parent.info.status == "KILLED"
    FinalRuns(store, again, 4)
    assert store.client.get_run(half.info.run_id).info.lifecycle_stage == "deleted"
