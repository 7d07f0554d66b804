"""The trials of a sweep and the runs of its finals, as a report wants them: what each was, and when it ran."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mlflow.entities import Run

from songpop.tracking.effort import covered_s, span_of
from songpop.tracking.failures import store_failures
from songpop.tracking.records import GOES_ON_FROM, OBJECTIVE, SPEC, STATE, TRIAL, is_same_value
from songpop.tracking.store import Store
from songpop.tracking.sweeps import children, finals_runs
from songpop.tracking.trial_batch import EFFECTIVE, OFF


@dataclass(frozen=True, kw_only=True)
class TrialRow:
    """A trial of a search, or a run of its finals."""

    number: int
    name: str
    run_id: str
    state: str
    value: float  # best validation log loss; NaN if it has none
    metrics: Mapping[str, float]
    params: Mapping[str, str]  # those that had an effect, or were searched; of a final its finalist and resample too
    began_s: float  # since 1970
    ended_s: float
    goes_on_from: int | None
    spec_params: Mapping[str, Any] = field(default_factory=dict)  # all that was trained


@dataclass(frozen=True, kw_only=True)
class FinalsRows:
    """The runs of a sweep's finals."""

    rows: tuple[TrialRow, ...]
    wall_s: float | None  # in which one of them was trained; None: there is none


def trial_rows(store: Store, sweep: str) -> tuple[TrialRow, ...]:
    """Return the finished trials of the sweep with this run id, by number.

    Raises:
        StoreError: if the store cannot be read.
    """
    with store_failures(store.where):
        return tuple(sorted(map(_row, children(store, sweep)), key=lambda row: row.number))


def finals_rows(store: Store, sweep: str) -> FinalsRows:
    """Return the runs of the finals of the sweep with this run id; none where none were held.

    Raises:
        StoreError: if the store cannot be read.
    """
    with store_failures(store.where):
        rows = [_row(run) for parent in finals_runs(store, sweep) for run in children(store, parent.info.run_id)]
    wall_s = covered_s((row.began_s, row.ended_s) for row in rows) if rows else None
    return FinalsRows(rows=tuple(sorted(rows, key=lambda row: row.number)), wall_s=wall_s)


def _row(run: Run) -> TrialRow:
    tags, metrics = run.data.tags, run.data.metrics
    from_trial, spec_params = tags.get(GOES_ON_FROM), json.loads(tags.get(SPEC, "{}")).get("params", {})
    began_s, ended_s = span_of(run)
    return TrialRow(
        number=int(tags[TRIAL]),
        name=str(run.info.run_name),
        run_id=str(run.info.run_id),
        state=tags[STATE],
        value=metrics.get(OBJECTIVE, math.nan),
        metrics=dict(metrics),
        params={name: text for name, text in run.data.params.items() if not _is_off(name, text, spec_params)},
        began_s=began_s,
        ended_s=ended_s,
        goes_on_from=int(from_trial) if from_trial else None,
        spec_params=spec_params,
    )


def _is_off(name: str, text: str, spec_params: Mapping[str, Any]) -> bool:
    """Say whether a parameter is there for MLflow's charts only: it had no effect, and the number of having none."""
    parent, kinds = EFFECTIVE[name] if name in OFF else ("", ())
    return name in OFF and is_same_value(OFF[name], text) and spec_params.get(parent) not in kinds
