"""Looks at test rows are counted by the rows, whoever looked, and never forgotten."""

from dataclasses import replace

import pytest
from trials import FixedJudge, logged_candidate

from songpop.errors import GateError
from songpop.settings import GateSettings, RegistrySettings
from songpop.tracking.openings import count_opening, openings
from songpop.tracking.records import TEST_DIGEST
from songpop.tracking.registry import history, promote
from songpop.tracking.runs import start_sweep

SETTINGS = RegistrySettings()


def begun(store, name: str, digest: str, kind: str = "sweep") -> str:
    return start_sweep(store, name, kind=kind, tags={TEST_DIGEST: digest}).run_id


def test_looks_are_counted_by_rows_over_sweeps_and_trainings(store) -> None:
    first, second, other = begun(store, "a", "rows"), begun(store, "b", "rows", "train"), begun(store, "c", "others")
    assert openings(store) == {}
    assert [count_opening(store, run, "rows") for run in (first, first, second)] == [1, 2, 3]
    assert count_opening(store, other, "others") == 1
    assert openings(store) == {"rows": 3, "others": 1}


def test_deleted_runs_and_other_experiments_count(store) -> None:
    elsewhere = replace(store, experiment_id=store.client.create_experiment("another"))
    for place in (store, elsewhere):
        run = begun(place, "a", "rows")
        count_opening(place, run, "rows")
        place.client.delete_run(run)
    assert openings(store) == {"rows": 2}
    assert count_opening(store, begun(store, "b", "rows"), "rows") == 3


@pytest.fixture
def judge() -> FixedJudge:
    return FixedJudge({"first": 0.30, "second": 0.25, "worse": 0.40})


def test_a_promotion_that_compares_is_a_look(store, tmp_path, judge) -> None:
    promote(store, SETTINGS, GateSettings(), logged_candidate(store, tmp_path, "first"), judge)
    assert openings(store) == {}  # the first champion is compared with nobody
    second = logged_candidate(store, tmp_path, "second")
    promotion = promote(store, SETTINGS, GateSettings(), second, judge)
    assert promotion.comparison is not None
    assert promotion.comparison.n_test_openings == 1
    assert history(store, SETTINGS)[1].reason.endswith("on 500 sealed rows (opened 1 time)")
    with pytest.raises(GateError, match="worse than"):
        promote(store, SETTINGS, GateSettings(), logged_candidate(store, tmp_path, "worse"), judge)
    assert openings(store) == {second.test_digest: 2}  # a refusal has looked as well
