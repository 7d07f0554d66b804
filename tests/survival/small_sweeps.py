"""Sweeps with a real study and a real record, whose trials are looked up instead of trained: no TensorFlow, a second.

And what must hold of every store, whatever has happened to it.
"""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from search_fakes import FakeEngine, opened

from songpop.app.doctor import Diagnosis, doctor
from songpop.contracts import Engine
from songpop.search.driver import SearchSummary, run_search
from songpop.search.progress import SearchProgress
from songpop.search.studies import read_study
from songpop.settings import DoctorSettings, PathSettings, StorageSettings, TrackingSettings
from songpop.tracking.patience import Patience
from songpop.tracking.runs import start_sweep
from songpop.tracking.store import Store, open_store
from songpop.tracking.sweeps import children, search_runs, sweep_runs

NAME = "study"


def small_sweep(
    root: Path,
    *,
    n_trials: int = 4,
    name: str = NAME,
    uri: str | None = None,
    url: str | None = None,
    engine: Engine | None = None,
    patience: Patience | None = None,
    on_progress: Callable[[SearchProgress], None] = lambda progress: None,
) -> SearchSummary:
    """Search, or go on, as `app.sweep` does; left with an error, the parent is KILLED."""
    patience = patience or Patience()
    backend = opened(root / "studies", name=name, n_trials=n_trials, storage=url)
    try:
        store = open_store(TrackingSettings(uri=uri), root, patience=patience)
        run = start_sweep(store, name, study=backend.study_id)
        try:
            run.reconcile(backend.finished())
            summary = run_search(
                backend, engine or FakeEngine(), lambda: run, on_progress=on_progress, hurry=patience.give_up
            )
            run.finish("KILLED" if summary.interrupted else "FINISHED" if summary.best else "FAILED")
        except BaseException:
            patience.give_up()
            run.finish("KILLED")
            raise
    finally:
        backend.close()
    return summary


def examined(root: Path, *, mend: bool = False, uri: str | None = None, url: str | None = None) -> Diagnosis:
    """What the doctor says."""
    settings = DoctorSettings(
        mend=mend,
        paths=PathSettings(root=str(root)),
        tracking=TrackingSettings(uri=uri),
        storage=StorageSettings(url=url),
    )
    return doctor(settings)


def opened_store(root: Path, uri: str | None = None) -> Store:
    return open_store(TrackingSettings(uri=uri), root, writing=False)


def parent_of(store: Store, name: str = NAME) -> Any:
    return next(run for run in sweep_runs(store, "sweep") if run.info.run_name == name)


def kept_trials(root: Path, name: str = NAME, url: str | None = None) -> dict[int, tuple[str, float, str]]:
    """Number → state, objective and run of the trials that the study knows."""
    found = read_study(name, StorageSettings(url=url), root / "studies").trials
    assert len({trial.trial for trial in found}) == len(found)
    return {trial.trial: (trial.state.value, trial.value, trial.run_id) for trial in found}


def assert_sound(
    root: Path, *, n_trials: int, name: str = NAME, uri: str | None = None, url: str | None = None
) -> None:
    """The whole budget, each trial once, none RUNNING, study and record agreeing: after a sweep that ended well."""
    told = examined(root, uri=uri, url=url)
    assert told.findings == ()
    assert told.left_alone == ()
    assert sorted(kept_trials(root, name, url)) == list(range(n_trials))
    store = opened_store(root, uri)
    trials = Counter(run.data.tags["songpop.trial"] for run in children(store, parent_of(store, name).info.run_id))
    assert trials == Counter({str(number): 1 for number in range(n_trials)})
    assert list(search_runs(store, "attributes.status = 'RUNNING'")) == []
