"""What a report reads of a sweep is what the sweep said of itself; the odd ones are written by hand into a store."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from songpop.app.finals_file import FINALS_FILE
from songpop.app.records import CHAMPION, CHAMPION_FILE, SweepOutcome
from songpop.app.report_record import report_of
from songpop.compose import recorded_settings
from songpop.contracts import EpochReport, Params, TrialResult, TrialSpec, TrialState
from songpop.report.records import Report
from songpop.settings import TrackingSettings
from songpop.tracking.effort import effort
from songpop.tracking.records import FINALS, LABEL, SPLIT, TABLE
from songpop.tracking.runs import start_sweep
from songpop.tracking.store import Store, open_store
from songpop.tracking.sweeps import find_sweep

DAY_S = 86_400.0
GROUND = {TABLE: "t1", LABEL: "Track Score > 29.9", SPLIT: "stratified s1", "songpop.split_seed": "0"}


def trained(trial: int, began_s: float = 0.0, value: float = 0.4, **changes: Any) -> TrialResult:
    """A trial of two seconds and three epochs; `changes` are fields of its result."""
    history = tuple(EpochReport(trial=trial, epoch=k, metrics={"val_log_loss": value}) for k in (1, 2, 3))
    made: dict[str, Any] = {
        "spec": TrialSpec(trial=trial, params=Params(), seed=1, n_epochs=3, patience=None),
        "state": TrialState.COMPLETE,
        "history": history,
        "metrics": {"val_log_loss": value},
        "best_epoch": 1,
        "weights": None,
        "val_predictions": None,
        "started_at_s": 1e9 + began_s,
        "wall_s": 2.0,
    }
    return TrialResult(**{**made, **changes})


def read_back(store: Store, name: str) -> Report:
    return report_of(store, find_sweep(store, name), recorded_settings, None, lambda *_: None)


@pytest.fixture(scope="module")
def record(root: Path, outcome: SweepOutcome) -> Report:
    store = open_store(TrackingSettings(), root, writing=False)
    return report_of(store, find_sweep(store), recorded_settings, None, lambda *_: None)


def test_trials(record: Report, outcome: SweepOutcome) -> None:
    states = [trial.state for trial in record.trials]
    assert len(record.trials) == outcome.n_trials
    assert (states.count("complete"), states.count("pruned")) == (outcome.n_complete, outcome.n_pruned)
    assert sum(trial.n_new_epochs for trial in record.trials) == outcome.n_epochs
    assert outcome.best is not None
    assert record.best is not None
    assert (record.best.number, record.best.value) == (outcome.best.trial, pytest.approx(outcome.best.val_log_loss))
    assert record.best.params.keys() == outcome.best.params.keys()
    suggested = {one.user_attrs["trial"]: one.params.keys() for one in outcome.study.trials}
    assert {trial.number: trial.params.keys() for trial in record.trials} == suggested


def test_what_the_space_fixes_was_not_searched(store: Store) -> None:
    """Every parameter that has an effect is logged with a run, for those who compare runs."""
    space = {
        "optimizer": {"kind": "choice", "choices": ["adam", "sgd"]},
        "dropout_first": {"kind": "float", "low": 0.0, "high": 0.5, "when": {"optimizer": ["sgd"]}},
        "batch_size": {"kind": "fixed", "value": 64},
    }
    run = start_sweep(store, "s", artifacts={"space.json": json.dumps(space)})
    params = (Params(optimizer="adam", dropout_first=0.1), Params(optimizer="sgd", dropout_first=0.2))
    specs = (replace(trained(k).spec, params=one) for k, one in enumerate(params))
    run.record_all([(trained(spec.trial, spec=spec), {"optimizer": spec.params.optimizer}) for spec in specs])
    found = [trial.params for trial in read_back(store, "s").trials]
    assert found == [{"optimizer": "adam"}, {"optimizer": "sgd", "dropout_first": 0.2}]


def test_times_begin_with_the_search(record: Report) -> None:
    assert min(trial.began_s for trial in record.trials) == 0
    assert all(trial.began_s <= trial.ended_s < 600 for trial in record.trials)
    assert record.n_seats >= 1


def test_finals_and_their_curves(record: Report, outcome: SweepOutcome) -> None:
    assert record.finals == outcome.finals
    assert record.finals is not None
    singles = [k for k, one in enumerate(record.finals.finalists) if not one.contestant.members]
    for place in singles:
        curves = [curve for curve in record.curves if curve.finalist == place]
        assert len(curves) == record.finals.n_resamples
        assert {curve.resample for curve in curves} == set(range(record.finals.n_resamples))


def test_the_champion_and_its_one_look(record: Report, outcome: SweepOutcome) -> None:
    assert outcome.champion is not None
    assert record.measured is not None
    assert record.sealed is not None
    assert record.measured.metrics == outcome.champion.test
    assert len(record.sealed.label) == record.measured.n_rows == record.n_rows["test"]
    called = record.sealed.chance > 0.5
    assert (called == record.sealed.label).mean() == pytest.approx(outcome.champion.test["accuracy"])


def test_a_report_opens_nothing_again(root: Path, record: Report, outcome: SweepOutcome) -> None:
    store = open_store(TrackingSettings(), root, writing=False)
    assert find_sweep(store).tags["songpop.n_test_openings"] == str(record.measured and record.measured.n_openings)


def test_a_pause_is_no_work(store: Store) -> None:
    run = start_sweep(store, "s")
    run.record_all([(trained(k, began_s), {}) for k, began_s in enumerate((0.0, 2.0, DAY_S, DAY_S + 1.0))])
    run.begin_finals(n_slots=1).record_all([(trained(k, 2 * DAY_S * k + 10), {}) for k in (0, 1)])
    found = read_back(store, "s")
    assert [(trial.began_s, trial.ended_s) for trial in found.trials] == [(0, 2), (2, 4), (4, 6), (5, 7)]
    assert (effort(store, run.run_id).search_s, found.finals_s) == (7, 4)


def test_a_random_search_without_a_complete_trial_is_passed_over(store: Store) -> None:
    of_chance = {"tags": GROUND, "params": {"sampler": "random"}}
    start_sweep(store, "random", **of_chance).record(trained(0), {})
    start_sweep(store, "pruned", **of_chance).record(trained(0, state=TrialState.PRUNED), {})
    start_sweep(store, "empty", **of_chance)
    start_sweep(store, "mine", tags=GROUND)
    found = read_back(store, "mine").random
    assert found is not None
    assert found.name == "random"


@pytest.mark.parametrize(
    ("tags", "params"),
    [({LABEL: "Track Score > 50"}, {}), ({"songpop.space": "other"}, {}), ({}, {"epochs": 3})],
    ids=["label", "space", "epochs"],
)
def test_a_random_search_of_something_else_is_none(tags: dict[str, str], params: dict[str, int], store: Store) -> None:
    known = {"sampler": "random", "epochs": 30}
    start_sweep(store, "other", tags={**GROUND, **tags}, params={**known, **params}).record(trained(0), {})
    start_sweep(store, "mine", tags=GROUND, params={"epochs": 30})
    assert read_back(store, "mine").random is None


def test_a_champion_that_was_changed_is_not_believed(store: Store) -> None:
    start_sweep(store, "s", tags={CHAMPION: "0" * 64, FINALS: "d"}, artifacts={CHAMPION_FILE: "{}", FINALS_FILE: "{"})
    found = read_back(store, "s")
    assert (found.measured, found.finals) == (None, None)
