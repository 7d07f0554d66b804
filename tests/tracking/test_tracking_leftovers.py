"""Half-logged models are found by run; those of a sweep that runs are left (mends: test_app_doctor)."""

from mlflow.entities import LoggedModelStatus
from trials import finished_trial

from songpop.tracking.final_runs import FinalRuns
from songpop.tracking.leftovers import dead_models, dead_runs, unfinished_files, unfinished_models
from songpop.tracking.runs import start_sweep
from songpop.tracking.store import Store


def test_models_that_are_not_ready(store: Store) -> None:
    run = start_sweep(store, "s", study="one")
    child = run.record(finished_trial(), {})
    half, whole, other = (
        store.client.create_logged_model(store.experiment_id, name="model", source_run_id=source)
        for source in (child, child, run.run_id)
    )
    store.client.finalize_logged_model(whole.model_id, LoggedModelStatus.READY)
    assert {model.model_id for model in unfinished_models(store)} == {half.model_id, other.model_id}
    assert [model.model_id for model in unfinished_models(store, child)] == [half.model_id]
    assert list(dead_models(store, {run.run_id})) == []
    assert len(list(dead_models(store, set()))) == 2


def test_the_model_of_a_finals_run_belongs_to_its_sweep(store: Store) -> None:
    run = start_sweep(store, "s", study="one")
    finals = FinalRuns(store, run, 4)
    (child,) = finals.record_all([(finished_trial(), {})])
    finals.finish(is_interrupted=False)
    store.client.create_logged_model(store.experiment_id, name="model", source_run_id=child)
    assert list(dead_models(store, {run.run_id})) == []  # while it is being logged
    assert len(list(dead_models(store, set()))) == 1


def test_a_process_that_lives_is_not_dead(store: Store) -> None:
    start_sweep(store, "s", study="one")
    assert list(dead_runs(store, set())) == []


def test_files_of_half_made_stores(store: Store) -> None:
    assert unfinished_files(store) == ()
    left = store.root / "mlflow.db.new-1a-journal"
    left.touch()
    assert unfinished_files(store) == (left,)
