"""Sweeps side by side: ranked where they stand on the same rows, and a sentence where they do not.

Most are written by hand into a real store: only the last test trains.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from quick import LEAN

import songpop
from songpop.app.finals_file import FINALS_FILE, document_of
from songpop.app.records import as_json
from songpop.app.registry import compare
from songpop.app.side_by_side import ComparedSweep, SideBySide, side_by_side
from songpop.compose import compose_settings
from songpop.contracts import Params
from songpop.errors import ArtifactError, GateError
from songpop.overrides import overrides_of
from songpop.published import PUBLISHED
from songpop.search.finals import Contestant, Origin, verdict
from songpop.tracking.model_facts import LEAKS
from songpop.tracking.records import CONFIG, FINALS, LABEL, PARTS_SUMMARY, SPLIT, TABLE
from songpop.tracking.runs import start_sweep
from songpop.tracking.store import Store
from songpop.tracking.sweeps import find_sweeps

GROUND = {TABLE: "t1", LABEL: "Track Score > 29.9", SPLIT: "stratified s1", "songpop.split_seed": "0"}
PARTS = json.dumps({"parts": {"train": {"n_rows": 2944}, "validation": {"n_rows": 736}, "test": {"n_rows": 920}}})
BEST = (0.30, 0.32, 0.29, 0.31, 0.30)
WORSE = (0.351, 0.370, 0.342, 0.361, 0.350)
NEAR = (0.32, 0.31, 0.30, 0.32, 0.29)


def finals_text(values: Sequence[float]) -> str:
    one = Contestant(origin=Origin.search, params=Params(), suggested={}, trial=0, search_value=0.3)
    return json.dumps(document_of(verdict([one], {0: values}, [10], 0.25, 0.05)))


def written(
    store: Store,
    name: str,
    values: Sequence[float] = (),
    tags: Mapping[str, str] | None = None,
    files: Mapping[str, str] | None = None,
    **changes: Any,
) -> None:
    """Write a sweep as `songpop sweep` leaves it; without values it has no finals."""
    config = yaml.safe_dump({"search": {"name": name, "seed": 0, "n_trials": 5, **changes}})
    held, finals = ({FINALS: "x"}, {FINALS_FILE: finals_text(values)}) if values else ({}, {})
    artifacts = {CONFIG: config, PARTS_SUMMARY: PARTS, **finals, **(files or {})}
    start_sweep(store, name, tags={**GROUND, **held, **(tags or {})}, artifacts=artifacts).finish()


def compared(store: Store, *names: str) -> tuple[SideBySide, dict[str, ComparedSweep]]:
    found = side_by_side(store, find_sweeps(store, names))
    return found, {one.sweep: one for one in found.sweeps}


def test_on_the_same_rows_the_finals_are_tested(store: Store) -> None:
    for name, values in (("worse", WORSE), ("near", NEAR), ("best", BEST), ("short", WORSE[:1])):
        written(store, name, values)
    found, rows = compared(store, "worse", "near", "short", "best")
    assert [(one.sweep, one.rank, one.ground) for one in found.sweeps] == [
        ("best", 1, 1),
        ("near", 2, 1),
        ("short", 3, 1),
        ("worse", 4, 1),
    ]
    assert rows["best"].verdict == "the lowest mean over 5 resamples of the 4 on these rows"
    assert rows["worse"].verdict.startswith("worse than best beyond luck (p = 0.0")
    assert rows["near"].verdict.startswith("cannot be told from best (p = ")
    assert rows["short"].verdict == "one resample cannot tell it from best"


@pytest.mark.parametrize(
    ("tags", "why"),
    [
        ({TABLE: "t2"}, "another table"),
        ({LABEL: "Track Score > 50"}, "another label"),
        ({SPLIT: "by_artist s1"}, "other rows in its parts"),
        ({TABLE: "t2", SPLIT: "stratified s2"}, "another table, other rows in its parts"),
        ({"songpop.split_seed": "1"}, "another split.seed"),
    ],
)
def test_on_other_rows_a_sentence_says_why_not(tags: dict[str, str], why: str, store: Store) -> None:
    written(store, "a", BEST)
    written(store, "b", WORSE, tags)
    _, rows = compared(store, "a", "b")
    assert rows["a"].verdict == "the only one with finals on these rows"
    assert rows["b"].verdict == f"the only one with finals on these rows; not comparable with a: {why}"
    assert (rows["b"].behind, rows["b"].ground, rows["b"].rank) == (None, 2, 1)


@pytest.mark.parametrize(
    ("values", "tags", "files", "why"),
    [
        ((), {}, {}, "it has no finals (finals=none)"),
        (BEST, {FINALS: ""}, {}, "it has no finals (finals=none)"),  # those that were held did not choose its model
        (BEST, {}, {FINALS_FILE: "{"}, "its finals cannot be read: finals.json is missing or damaged"),
        ((float("nan"),), {}, {}, "its finals have no winner: each finalist had a run that failed"),
    ],
)
def test_without_finals_a_sentence_says_so(
    values: Sequence[float], tags: dict[str, str], files: dict[str, str], why: str, store: Store
) -> None:
    written(store, "a", WORSE)
    written(store, "b", values, tags, files)
    _, rows = compared(store, "b", "a")
    assert (rows["b"].verdict, rows["b"].rank, rows["b"].behind) == (why, None, None)
    assert rows["a"].verdict == "the only one with finals on these rows"


def test_one_that_runs_and_one_that_was_interrupted(store: Store) -> None:
    run = start_sweep(store, "a", tags=GROUND, artifacts={CONFIG: "search: {}", PARTS_SUMMARY: PARTS})
    assert compared(store, "a")[1]["a"].verdict == "it has no finals yet"
    run.finish("KILLED")
    assert compared(store, "a")[1]["a"].verdict == "it has no finals: it was interrupted"


def test_settings_that_differ_and_leaks_are_told(store: Store) -> None:
    written(store, "a", WORSE, {LEAKS: '["Track Score"]'}, seed=3)
    written(store, "b", BEST)
    found, rows = compared(store, "a", "b")
    assert found.differing == {"search.seed": (0, 3)}  # b is the first
    assert (rows["a"].leaks, rows["b"].leaks) == (("Track Score",), ())


def test_a_configuration_that_is_damaged_is_an_error(store: Store) -> None:
    written(store, "a", BEST, files={CONFIG: "- no mapping"})
    with pytest.raises(ArtifactError, match=r"configuration of sweep 'a'.*config\.yaml"):
        compared(store, "a")


@pytest.mark.slow
def test_real_sweeps(songs: pd.DataFrame, tmp_path: Path) -> None:
    quick = {"debug": "quick", "space": "published", "train__epochs": 2, "search__n_trials": 1, "engine__n_workers": 0}
    where = {"paths__root": str(tmp_path)}
    for name, changes in {"honest": {}, "more": {"finals__n_seeds": 4}, "leaky": {"protocol": "published"}}.items():
        songpop.sweep(songs, **{**LEAN, **quick, **where, **changes}, search__name=name)
    keys = overrides_of({"paths.root": str(tmp_path), "sweep": ["leaky", "honest", "more"]})
    found = compare(compose_settings("compare", keys))  # type: ignore[arg-type]
    assert [sweep.name for sweep in found.sweeps] == ["leaky", "honest", "more"]
    assert (found.trials, found.trainings, found.published) == ((), (), PUBLISHED)
    assert found.side_by_side is not None
    rows = {one.sweep: one for one in found.side_by_side.sweeps}
    assert rows["honest"].ground == rows["more"].ground != rows["leaky"].ground
    (second,) = (one for one in rows.values() if one.behind)
    assert second.behind is not None
    assert second.behind.n_resamples == 3  # of four: the same rows, by the records
    assert {name: one.n_test_openings for name, one in rows.items()} == {"honest": 2, "more": 2, "leaky": 1}
    for one in rows.values():
        assert (one.n_trials, one.n_complete, one.champion) == (1, 1, "bag")
        assert 0 < one.search_s <= one.wall_s
        low, high = one.test_intervals["log_loss"]
        assert low < one.test["log_loss"] < high
    told = as_json(found)["side_by_side"]["sweeps"][0]
    assert {"sweep", "run_id", "finals_val_log_loss", "behind", "verdict"} <= set(told)
    assert songpop.compare(**where, sweep="honest").sweep == "honest"  # one name is as it was
    with pytest.raises(GateError, match=r"none called 'hones' \(near it: honest\)"):
        songpop.compare(**where, sweep=["hones", "more"])
