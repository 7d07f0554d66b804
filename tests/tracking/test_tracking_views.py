"""Saved views: every name in them is one that runs have, MLflow takes their filters, and a person's changes stay."""

import json

import pytest
from trials import finished_trial

from songpop.contracts import Params
from songpop.tracking.metric_names import meaning_of
from songpop.tracking.runs import start_sweep
from songpop.tracking.store import Store
from songpop.tracking.trial_batch import logged_params
from songpop.tracking.views import PREFIX, SEARCHED, VIEWS, View, address_of, state_of, write_views

MAX_TAG = 5_000  # of an experiment, in MLflow's databases


def tags_of(store: Store) -> dict[str, str]:
    return dict(store.client.get_experiment(store.experiment_id).tags)


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.key)
def test_a_view_is_as_the_page_saves_its_own(view: View, store: Store) -> None:
    write_views(store)
    value = tags_of(store)[PREFIX + view.key]
    assert len(value) <= MAX_TAG
    envelope = json.loads(value)
    assert (envelope["name"], json.loads(envelope["state"])) == (view.name, state_of(view))
    assert isinstance(envelope["createdAt"], int)


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.key)
def test_mlflow_takes_filter_and_order(view: View, store: Store) -> None:
    run = start_sweep(store, "s")
    run.record(finished_trial(0), {})
    state = state_of(view)
    order = [f"{state['orderByKey']} {'ASC' if state['orderByAsc'] else 'DESC'}"]
    found = store.client.search_runs([store.experiment_id], state["searchFilter"], order_by=order)
    assert {one.data.tags["songpop.kind"] for one in found} <= {view.kind}


def test_columns_are_metrics_and_parameters_that_trials_have() -> None:
    for view in VIEWS:
        for column in view.columns:
            kind, _, name = column.replace("`", "").partition(".")
            assert kind != "metrics" or meaning_of(name), column
    assert set(SEARCHED) <= set(logged_params(finished_trial(params=Params()), {}))


def test_a_view_that_a_person_changed_stays(store: Store) -> None:
    key = PREFIX + VIEWS[0].key
    store.client.set_experiment_tag(store.experiment_id, key, "{}")
    write_views(store)
    assert tags_of(store)[key] == "{}"


def test_the_address_of_a_view() -> None:
    assert (
        address_of(VIEWS[0], "1")
        == "#/experiments/1/runs?viewStateShareKey=songpop-sweeps&workflowType=machine_learning"
    )
