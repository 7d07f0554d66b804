"""What a report reads of a sweep is what the sweep said of itself."""

from pathlib import Path

import pytest

from songpop.app.records import SweepOutcome
from songpop.app.report_record import report_of
from songpop.compose import recorded_settings
from songpop.report.records import Report
from songpop.settings import TrackingSettings
from songpop.tracking.store import open_store
from songpop.tracking.sweeps import find_sweep


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
    assert set(record.best.params) == set(outcome.best.params)


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
