"""Saved views of the experiment's table: which runs, sorted by what, with which columns and charts.

Without them MLflow shows the newest hundred runs, which are all one finals' own, and none of their metrics. Owns: the
views, as a table, in the form in which MLflow's page saves its own (a tag of the experiment each), and their addresses.
Does not own: the names of metrics (metric_names.py). Written once: one that a person changed stays as it is.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from songpop.tracking.failures import store_failures
from songpop.tracking.metric_names import SORTED_BY
from songpop.tracking.patience import patient
from songpop.tracking.records import KIND, OBJECTIVE, STATE, SWEEP
from songpop.tracking.store import Store

PREFIX = "mlflow.sharedViewState."  # of the experiment's tags
SECTION = "songpop-charts"
SEARCHED = ("learning_rate", "l1", "l2", "dropout_first", "dropout_later", "batch_size", "regularization", "optimizer")
CHARTED = ("learning_rate", "l1", "l2", "dropout_first", "regularization", "optimizer")  # more would be too close
MIN_WIDTH = 90  # pixels of a column
N_CHARTED = 20  # runs that a chart shows: MLflow hides the others until they are asked for


@dataclass(frozen=True, kw_only=True)
class View:
    """One saved view."""

    key: str  # in its address
    name: str  # in the page's menu
    kind: str  # of runs
    columns: tuple[str, ...]
    order_by: str
    is_ascending: bool = True
    charts: tuple[dict[str, Any], ...] = ()


def _metrics(*names: str) -> tuple[str, ...]:
    return tuple(f"metrics.`{name}`" for name in names)


def _params(*names: str) -> tuple[str, ...]:
    return tuple(f"params.`{name}`" for name in names)


def _tags(*names: str) -> tuple[str, ...]:
    return tuple(f"tags.`{name}`" for name in names)


def _axis(kind: str, key: str) -> dict[str, str]:
    return {"key": key, "type": kind}


PARALLEL = {"type": "PARALLEL", "selectedParams": list(CHARTED), "selectedMetrics": [OBJECTIVE], "showAllRuns": True}
CONTOUR = {
    "type": "CONTOUR",
    "xaxis": _axis("PARAM", "dropout_first"),
    "yaxis": _axis("PARAM", "learning_rate"),
    "zaxis": _axis("METRIC", OBJECTIVE),
}
SCATTER = {"type": "SCATTER", "xaxis": _axis("PARAM", "learning_rate"), "yaxis": _axis("METRIC", OBJECTIVE)}
CURVES = {"type": "LINE", "metricKey": "val_log_loss", "selectedMetricKeys": ["val_log_loss"], "xAxisKey": "step"}
BARS = {"type": "BAR", "metricKey": OBJECTIVE}

VIEWS = (
    View(
        key="songpop-sweeps",
        name="Sweeps",
        kind="sweep",
        columns=(
            *_metrics("test_log_loss", "test_accuracy", "test_roc_auc", OBJECTIVE, "finals_shrinkage"),
            *_metrics("n_complete", "n_pruned", "n_failed"),
            *_params("protocol", "sampler", "pruner"),
            "attributes.`Dataset`",
            "attributes.`Models`",
        ),
        order_by="attributes.start_time",
        is_ascending=False,
    ),
    View(
        key="songpop-trials",
        name="Trials",
        kind="trial",
        columns=(*_metrics(*SORTED_BY), *_params(*SEARCHED, "schedule"), *_tags(SWEEP, STATE)),
        order_by=f"metrics.`{OBJECTIVE}`",
        charts=(PARALLEL, CONTOUR, SCATTER, CURVES, BARS),
    ),
    View(
        key="songpop-finals",
        name="Finals",
        kind="final",
        columns=(*_params("finalist", "resample", *SEARCHED), *_metrics(*SORTED_BY), *_tags(SWEEP)),
        order_by=f"metrics.`{OBJECTIVE}`",
        charts=(BARS, CURVES),
    ),
    View(
        key="songpop-trainings",
        name="Trainings",
        kind="train",
        columns=(*_params("data", "protocol", "split", "n_seeds", "seed"), "attributes.`Dataset`"),
        order_by="attributes.start_time",
        is_ascending=False,
    ),
)


@patient
def write_views(store: Store) -> None:
    """Write the views that the experiment does not have.

    Raises:
        StoreError: if the store cannot be read or written.
    """
    with store_failures(store.where):
        there = store.client.get_experiment(store.experiment_id).tags
        for place, view in enumerate(VIEWS):
            if PREFIX + view.key not in there:
                store.client.set_experiment_tag(store.experiment_id, PREFIX + view.key, _envelope(view, place))


def address_of(view: View, experiment_id: str) -> str:
    """Return a view's address below that of the page, in its part for training models."""
    query = urlencode({"viewStateShareKey": view.key, "workflowType": "machine_learning"})
    return f"#/experiments/{experiment_id}/runs?{query}"


def state_of(view: View) -> dict[str, Any]:
    """Return what the page keeps of a view."""
    state: dict[str, Any] = {
        "searchFilter": f"tags.`{KIND}` = '{view.kind}'",
        "orderByKey": view.order_by,
        "orderByAsc": view.is_ascending,
        "selectedColumns": list(view.columns),
        "columnOrder": list(view.columns),
        "columnWidths": {column: _width(column) for column in view.columns},
    }
    if view.charts:
        state["compareRunCharts"] = _charts(view.key, view.charts)
        section = {"uuid": SECTION, "name": "songpop", "display": True, "isReordered": False, "deleted": False}
        state["compareRunSections"] = [{**section, "isGenerated": False, "columns": 2, "cardHeight": 380}]
        state["runsHiddenMode"] = "FIRST_20_RUNS"
    return state


def _width(column: str) -> int:
    """Return in how many pixels a column's name and its numbers can be read."""
    return max(MIN_WIDTH, 26 + 7 * len(column.partition(".")[2].strip("`")))


def _charts(key: str, charts: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    shared = {
        "runsCountToCompare": N_CHARTED,
        "metricSectionId": SECTION,
        "deleted": False,
        "isGenerated": False,
    }
    return [{"uuid": f"{key}-{place}", **shared, **chart} for place, chart in enumerate(charts)]


def _envelope(view: View, place: int) -> str:
    # The page orders views by their times; these come before any that a person saves.
    times = {"createdAt": place + 1, "updatedAt": place + 1}
    return json.dumps({"name": view.name, **times, "state": json.dumps(state_of(view))})
