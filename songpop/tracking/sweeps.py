"""Reading sweeps and their trials back from the tracking store.

Owns: which runs are sweeps, in which order trials stand. Does not own: writing (runs.py), printing.
"""

import difflib
import math
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase

from mlflow.entities import Run, ViewType

from songpop.contracts import TrialState
from songpop.errors import GateError
from songpop.tracking.failures import store_failures
from songpop.tracking.patience import patient
from songpop.tracking.records import GOES_ON_FROM, KIND, OBJECTIVE, OF, STATE, SWEEP, TRIAL, LeaderRow, SweepRecord
from songpop.tracking.store import Store

PAGE = 1_000


@patient
def list_sweeps(store: Store, kind: str = "sweep") -> tuple[SweepRecord, ...]:
    """Return the sweeps (or the `train` runs) of the store, the newest first."""
    with store_failures(store.where):
        return tuple(_record_of(run) for run in sweep_runs(store, kind))


def find_sweep(store: Store, name: str | None = None, kind: str = "sweep") -> SweepRecord:
    """Return the sweep called `name`, or the newest.

    Raises:
        GateError: if there is none; names those that there are.
    """
    sweeps = list_sweeps(store, kind)
    for sweep in sweeps:
        if name is None or sweep.name == name:
            return sweep
    if not sweeps:
        raise GateError(f"The tracking store {store.where} holds no sweep yet. Run: songpop {kind}")
    known = ", ".join(sorted({sweep.name for sweep in sweeps})[:10])
    raise GateError(f"The tracking store {store.where} holds no sweep {name!r}. It holds: {known}.")


def find_sweeps(store: Store, names: Sequence[str]) -> tuple[SweepRecord, ...]:
    """Return the sweeps of these names, each once, in their order; of one name the newest.

    A name with `*` in it stands for all names that it fits, the newest first.

    Raises:
        GateError: if there is none of a name; names those that are near.
    """
    newest: dict[str, SweepRecord] = {}
    for sweep in list_sweeps(store):
        newest.setdefault(sweep.name, sweep)
    fitting = {name: [one for one in newest if fnmatchcase(one, name)] if "*" in name else [name] for name in names}
    unknown = [name for name, found in fitting.items() if not found or found[0] not in newest]
    if unknown:
        missed = " and none ".join(f"called {name!r}{_near(name, list(newest))}" for name in unknown)
        raise GateError(
            f"The tracking store {store.where} must hold every sweep that is compared, but it holds none {missed}."
        )
    return tuple(newest[name] for name in dict.fromkeys(name for found in fitting.values() for name in found))


def _near(name: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
    return f" (near it: {', '.join(near)})" if near else f" (it holds: {', '.join(known[:10]) or 'no sweep yet'})"


def leaderboard(store: Store, parent: str, k: int | None = None) -> tuple[LeaderRow, ...]:
    """Return the best completed trials of a sweep, the lowest validation log loss first.

    Args:
        store: an open store.
        parent: run id of the sweep.
        k: at most so many; None: all.
    """
    with store_failures(store.where):
        rows = [_row_of(run) for run in children(store, parent)]
    complete = [row for row in rows if row.state == TrialState.COMPLETE.value and math.isfinite(row.value)]
    return tuple(sorted(complete, key=lambda row: (row.value, row.trial))[:k])


@patient
def best_trials(store: Store, parent: str, k: int) -> tuple[LeaderRow, ...]:
    """Return the k best completed trials of a sweep, however many it has; what one went on from is left out.

    Args:
        store: an open store.
        parent: run id of the sweep.
        k: at most so many.
    """
    with store_failures(store.where):
        page = store.client.search_runs(
            [store.experiment_id],
            f"tags.mlflow.parentRunId = '{parent}' and tags.`{STATE}` = '{TrialState.COMPLETE.value}'",
            order_by=[f"metrics.{OBJECTIVE} ASC"], max_results=3 * k,
        )  # fmt: skip
    rows = [_row_of(run) for run in page]
    gone_on = {row.tags.get(GOES_ON_FROM) for row in rows}  # the same training, and shorter
    whole = [row for row in rows if math.isfinite(row.value) and str(row.trial) not in gone_on]
    return tuple(sorted(whole, key=lambda row: (row.value, row.trial))[:k])


def sweep_runs(store: Store, kind: str) -> Iterator[Run]:
    """Yield the parent runs of a kind that are not deleted, the newest first."""
    return search_runs(store, f"tags.`{KIND}` = '{kind}'")


def children(store: Store, parent: str) -> Iterator[Run]:
    """Yield the runs of a sweep's trials (or of a finals' run) that are not deleted."""
    return search_runs(store, f"tags.mlflow.parentRunId = '{parent}'")


def finals_runs(store: Store, sweep: str) -> Iterator[Run]:
    """Yield the runs that hold a sweep's finals together: one, unless it was deleted and held again."""
    return search_runs(store, f"tags.`{KIND}` = 'finals' and tags.`{OF}` = '{sweep}'")


def search_runs(store: Store, condition: str, *, everywhere: bool = False) -> Iterator[Run]:
    """Yield the runs that fulfil a condition of MLflow's search, the newest first.

    Args:
        store: an open store.
        condition: in MLflow's filter language.
        everywhere: also those of other experiments, and deleted ones.
    """
    view = ViewType.ALL if everywhere else ViewType.ACTIVE_ONLY
    experiments = [store.experiment_id]
    if everywhere:
        experiments = [one.experiment_id for one in store.client.search_experiments(view_type=view)]
    token: str | None = None
    while True:
        page = store.client.search_runs(
            experiments, condition, run_view_type=view, max_results=PAGE,
            order_by=["attributes.start_time DESC"], page_token=token,
        )  # fmt: skip
        yield from page
        token = page.token
        if not token:
            return


@patient
def sweep_record(store: Store, run_id: str) -> SweepRecord:
    """Return the sweep (or training) whose run this is."""
    with store_failures(store.where):
        return _record_of(store.client.get_run(run_id))


def _record_of(run: Run) -> SweepRecord:
    return SweepRecord(
        name=run.data.tags[SWEEP],
        run_id=run.info.run_id,
        kind=run.data.tags[KIND],
        status=run.info.status,
        started_at_s=run.info.start_time / 1000,
        tags=dict(run.data.tags),
        params=dict(run.data.params),
        metrics=dict(run.data.metrics),
    )


def _row_of(run: Run) -> LeaderRow:
    return LeaderRow(
        trial=int(run.data.tags[TRIAL]),
        run_id=run.info.run_id,
        name=run.info.run_name,
        state=run.data.tags[STATE],
        value=run.data.metrics.get(OBJECTIVE, math.nan),
        metrics=dict(run.data.metrics),
        params=dict(run.data.params),
        tags=dict(run.data.tags),
    )
