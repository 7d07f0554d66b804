"""Reading sweeps and their trials back."""

from dataclasses import replace

import pytest
from trials import finished_trial

from songpop.contracts import TrialState
from songpop.errors import GateError
from songpop.tracking.runs import start_sweep
from songpop.tracking.sweeps import best_trials, find_sweep, find_sweeps, leaderboard, list_sweeps


def test_the_newest_is_the_default(store) -> None:
    start_sweep(store, "first").finish()
    start_sweep(store, "it's the second")
    start_sweep(store, "train-x", kind="train")
    assert [sweep.name for sweep in list_sweeps(store)] == ["it's the second", "first"]
    assert find_sweep(store).name == "it's the second"
    assert find_sweep(store, "first").status == "FINISHED"
    assert find_sweep(store, kind="train").name == "train-x"


def test_no_sweep(store) -> None:
    with pytest.raises(GateError, match=r"holds no sweep yet. Run: songpop sweep"):
        find_sweep(store)


def test_unknown_sweep_names_those_that_are_known(store) -> None:
    start_sweep(store, "songs-honest-full")
    with pytest.raises(GateError, match=r"no sweep 'songs'. It holds: songs-honest-full"):
        find_sweep(store, "songs")


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (["songs-full", "sample"], ["songs-full", "sample"]),
        (["sample", "sample"], ["sample"]),
        (["songs-*", "sample"], ["songs-best seed=1", "songs-full", "sample"]),  # the newest first
        (["*"], ["songs-best seed=1", "sample", "songs-full"]),
    ],
)
def test_several_are_found_by_their_names(store, names: list[str], found: list[str]) -> None:
    for name in ("songs-full", "sample", "songs-best seed=1"):
        start_sweep(store, name).finish()
    assert [sweep.name for sweep in find_sweeps(store, names)] == found


def test_unknown_names_are_told_with_those_near_them(store) -> None:
    start_sweep(store, "songs-honest-full").finish()
    with pytest.raises(
        GateError, match=r"'songs-full' \(near it: songs-honest-full\) and none called 'x\*' \(it holds"
    ):
        find_sweeps(store, ["songs-honest-full", "songs-full", "x*"])


def test_leaderboard_ranks_complete_trials_only(store) -> None:
    run = start_sweep(store, "s")
    values = {0: 0.5, 1: 0.3, 2: 0.4, 3: 0.1, 4: 0.05}
    states = {3: TrialState.PRUNED, 4: TrialState.FAILED}
    for trial, value in values.items():
        run.record(finished_trial(trial, value=value, state=states.get(trial, TrialState.COMPLETE)), {})
    rows = leaderboard(store, run.run_id, k=2)
    assert [(row.trial, row.value) for row in rows] == [(1, 0.3), (2, 0.4)]
    assert rows[0].params["optimizer"] == "rmsprop"
    assert len(leaderboard(store, run.run_id)) == 3


def test_the_best_trials_are_read_without_all_others(store) -> None:
    run = start_sweep(store, "s")
    for trial, value in {0: 0.5, 1: 0.3, 2: 0.4, 3: 0.35}.items():
        run.record(finished_trial(trial, value=value), {})
    result = finished_trial(4, value=0.2)
    run.record(replace(result, spec=replace(result.spec, goes_on_from=1)), {})
    assert [row.trial for row in best_trials(store, run.run_id, 2)] == [4, 3]
    assert best_trials(store, start_sweep(store, "empty").run_id, 2) == ()
