"""What a killed process may leave behind in the tracking store: runs, half-logged models, a half-made database.

Owns: finding it, and how it is taken away. Does not own: sweeps whose study is here (agreement.py), who is dead
(processes.py).
"""

from collections.abc import Collection, Iterator, Set
from functools import partial
from pathlib import Path

from mlflow.entities import LoggedModel, LoggedModelStatus, Run

from songpop.tracking.processes import is_dead
from songpop.tracking.records import KIND, OF, PROCESS, SWEEP, Finding
from songpop.tracking.store import Store, locked, sqlite_file
from songpop.tracking.sweeps import children, search_runs


def unfinished_models(store: Store, run_id: str | None = None) -> Iterator[LoggedModel]:
    """Yield the logged models whose files are not all in place: of one run, or of all."""
    condition = f"source_run_id = '{run_id}'" if run_id else None
    token: str | None = None
    while True:
        page = store.client.search_logged_models([store.experiment_id], filter_string=condition, page_token=token)
        # MLflow's filter language knows the status by its number only.
        yield from (model for model in page if model.status is LoggedModelStatus.PENDING)
        token = page.token
        if not token:
            return


def unfinished_files(store: Store) -> tuple[Path, ...]:
    """Return the files of databases that were being made when their maker died; one that lives is waited for."""
    file = sqlite_file(store.uri)
    if file is None:
        return ()
    with locked(file.with_name(f"{file.name}.lock")):  # nobody makes one now
        return tuple(sorted(file.parent.glob(f"{file.name}.new*")))


def living_parents(store: Store, known: Collection[str]) -> Iterator[Run]:
    """Yield those of `running_parents` that may really run."""
    return (run for run in running_parents(store, known) if not is_dead(run.data.tags.get(PROCESS)))


def running_parents(store: Store, known: Collection[str]) -> Iterator[Run]:
    """Yield the runs of trainings, of finals, and of sweeps not in `known`, that say RUNNING."""
    for run in search_runs(store, "attributes.status = 'RUNNING'"):
        if run.data.tags.get(KIND) in ("sweep", "train", "finals") and run.info.run_id not in known:
            yield run


def dead_runs(store: Store, known: Collection[str]) -> Iterator[Finding]:
    """Yield runs that say RUNNING although the process that began them has ended, and those below them."""
    for parent in running_parents(store, known):
        if is_dead(parent.data.tags.get(PROCESS)):
            below = [run for run in children(store, parent.info.run_id) if run.info.status == "RUNNING"]
            yield Finding(
                where=f"{parent.data.tags[KIND]} {parent.data.tags.get(SWEEP)}",
                problem="its run says RUNNING, but the process that began it has ended",
                remedy="the run is marked KILLED",
                mend=partial(_kill, store, [*below, parent]),  # the parent last: it is what finds the others
            )


def is_elsewhere(parent: Run) -> bool:
    """Say whether a run says RUNNING, and nobody here can know whether it does."""
    return parent.info.status == "RUNNING" and is_dead(parent.data.tags.get(PROCESS)) is None


def told_elsewhere(parent: Run) -> str:
    """Return a sentence on a run that `is_elsewhere`."""
    name = f"{parent.data.tags[KIND]} {parent.data.tags.get(SWEEP)}"
    return f"The run of {name} says RUNNING; whether it does is known only where it was begun. It was left alone."


def dead_models(store: Store, alive: Set[str]) -> Iterator[Finding]:
    """Yield half-logged models, but for those of sweeps that run.

    Args:
        store: an open store.
        alive: ids of the parent runs that go on now.
    """
    for model in unfinished_models(store):
        if not alive & _line_of(store, model.source_run_id):
            yield Finding(
                where=f"model {model.name} {model.model_id}",
                problem="it was not logged to its end",
                remedy="the model is deleted",
                mend=partial(store.client.delete_logged_model, model.model_id),
            )


def dead_files(store: Store) -> Iterator[Finding]:
    """Yield files of half-made databases."""
    for file in unfinished_files(store):
        yield Finding(
            where=str(file), problem="it was not made to its end", remedy="the file is removed", mend=file.unlink
        )


def _line_of(store: Store, run_id: str | None) -> frozenset[str | None]:
    """Return a run's id, its parent's, and that of the sweep whose finals it belongs to."""
    run = next(search_runs(store, f"attributes.run_id = '{run_id}'", everywhere=True), None) if run_id else None
    return frozenset([run_id, *((run.data.tags.get("mlflow.parentRunId"), run.data.tags.get(OF)) if run else ())])


def _kill(store: Store, runs: list[Run]) -> None:
    for run in runs:
        store.client.set_terminated(run.info.run_id, status="KILLED", end_time=run.info.start_time)
