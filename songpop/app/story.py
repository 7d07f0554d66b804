"""Descriptions of runs, made from what the store holds: after a sweep, a promotion, a refusal, a rollback.

Owns: reading what a description is made of, and writing it down. Does not own: its words (description.py). Because it
is made from the record alone, it can be written again at any time, for sweeps of earlier versions, too.
"""

from mlflow.exceptions import MlflowException

from songpop.app.champion_file import champion_of_sweep
from songpop.app.description import N_LEADERS, RegisteredAs, SweepStory, sweep_description
from songpop.app.finals_file import FINALS_FILE, finals_of_sweep
from songpop.app.records import CHAMPION_FILE
from songpop.app.side_notes import TRAINED, finals_note, training_note
from songpop.errors import ArtifactError
from songpop.tracking.failures import store_failures
from songpop.tracking.gate_record import last_attempt
from songpop.tracking.model_facts import ModelFacts
from songpop.tracking.notes import write_run_note
from songpop.tracking.openings import openings
from songpop.tracking.patience import patient
from songpop.tracking.records import MODEL_ID, TEST_DIGEST
from songpop.tracking.store import Store
from songpop.tracking.sweeps import best_trials, finals_runs, search_runs, sweep_record
from songpop.tracking.trainings import trained_rows
from songpop.tracking.trial_records import read_files

OVERVIEW = "figures/overview.png"  # artifact of a sweep's run: the search and the finals in a picture
REPORT = "report/report.html"  # what `songpop report` attaches
PICTURES = {OVERVIEW: "The search: validation log loss by trial, and the finals: mean and interval of each finalist"}


def describe_sweep(store: Store, run_id: str) -> bool:
    """Describe a sweep's run, and that of its finals, by what is known now; return whether it was done.

    What a person wrote stays.

    Args:
        store: an open store.
        run_id: of the sweep.

    Raises:
        StoreError: if the store cannot be read or written.
    """
    story = story_of(store, run_id)
    if story.finals_run_id is not None:
        write_run_note(store, story.finals_run_id, finals_note(story))
    return write_run_note(store, run_id, sweep_description(story))


def describe_training(store: Store, run_id: str) -> bool:
    """Describe a training's run by what is known of it now; return whether it was done.

    Raises:
        StoreError: if the store cannot be read or written.
    """
    record = sweep_record(store, run_id)
    n_openings = openings(store).get(record.tags.get(TEST_DIGEST, ""), 0)
    return write_run_note(store, run_id, training_note(record, trained_rows(record, TRAINED), n_openings))


@patient
def story_of(store: Store, run_id: str) -> SweepStory:
    """Return all that a sweep's description is made of.

    Raises:
        StoreError: if the store cannot be read.
    """
    record = sweep_record(store, run_id)
    wanted = (CHAMPION_FILE, FINALS_FILE, *PICTURES, REPORT)
    files = read_files(store, run_id, wanted).files
    with store_failures(store.where):
        held = next(finals_runs(store, run_id), None)
        model_id = record.tags.get(MODEL_ID)
        versions = _versions(store, model_id)
        facts = _facts(store, model_id)
    return SweepStory(
        record=record,
        experiment_id=store.experiment_id,
        champion=champion_of_sweep(record, files),
        finals=finals_of_sweep(record, files),
        leaders=best_trials(store, run_id, N_LEADERS),
        n_test_openings=openings(store).get(record.tags.get(TEST_DIGEST, ""), 0),
        attempt=last_attempt(store, run_id),
        versions=versions,
        finals_run_id=None if held is None else str(held.info.run_id),
        pictures={path: words for path, words in PICTURES.items() if path in files},
        report=REPORT if REPORT in files else None,
        facts=facts,
    )


def sweep_of_model(store: Store, model_id: str) -> str | None:
    """Return the run id of the sweep that put a logged model forward; None where that run is gone."""
    with store_failures(store.where):
        found = next(search_runs(store, f"tags.`{MODEL_ID}` = '{model_id}'", everywhere=True), None)
    return None if found is None else str(found.info.run_id)


def _versions(store: Store, model_id: str | None) -> tuple[RegisteredAs, ...]:
    if model_id is None:
        return ()
    found = store.client.search_model_versions(f"tags.`{MODEL_ID}` = '{model_id}'")
    whole = [store.client.get_model_version(one.name, one.version) for one in found]  # a search tells no aliases
    return tuple(
        RegisteredAs(model=one.name, version=int(one.version), aliases=tuple(map(str, one.aliases))) for one in whole
    )


def _facts(store: Store, model_id: str | None) -> ModelFacts | None:
    """Return what is known of a sweep's logged model; None where it is gone, or its tags are not what was written."""
    try:
        return None if model_id is None else ModelFacts.from_tags(store.client.get_logged_model(model_id).tags)
    except ArtifactError:
        return None
    except MlflowException as error:
        if error.error_code != "RESOURCE_DOES_NOT_EXIST":
            raise
        return None
