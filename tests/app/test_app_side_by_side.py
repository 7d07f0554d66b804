"""Sweeps of a real store side by side: ranked where they stand on the same rows, and a sentence where they do not."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from copies import copied
from mlflow.tracking import MlflowClient
from quick import LEAN

import songpop
from songpop.app.records import as_json
from songpop.app.registry import Comparison, compare
from songpop.compose import compose_settings
from songpop.errors import ArtifactError, GateError
from songpop.overrides import overrides_of
from songpop.published import PUBLISHED
from songpop.tracking.records import CONFIG, FINALS_FILE

BASE: dict[str, Any] = {
    **LEAN, "debug": "quick", "space": "published", "train__epochs": 2, "search__n_trials": 1, "finals__n_seeds": 4,
    "finals__n_configs": 1,
}  # fmt: skip
SWEEPS: dict[str, dict[str, Any]] = {
    "first": {},
    "fewer": {"finals__n_seeds": 3, "search__seed": 1},
    "none": {"finals": "none"},
    "elsewhere": {"split__seed": 5},
    "leaky": {"protocol": "published"},
}


@pytest.fixture(scope="module")
def root_of_five(songs: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("five")
    for name, changes in SWEEPS.items():
        songpop.sweep(songs, **{**BASE, **changes}, search__name=name, paths__root=str(root))
    return root


def compared(root: Path, names: Any) -> Comparison:
    return compare(compose_settings("compare", overrides_of({"paths.root": str(root), "sweep": names})))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def found(root_of_five: Path) -> Comparison:
    return compared(root_of_five, "*")


def test_all_are_there_ranked_within_their_rows(found: Comparison) -> None:
    assert found.side_by_side is not None
    rows = {one.sweep: one for one in found.side_by_side.sweeps}
    assert sorted(rows) == sorted(SWEEPS)
    same = [rows[name] for name in ("first", "fewer", "none")]
    assert len({one.ground for one in same}) == 1
    assert len({one.ground for one in rows.values()}) == 3
    assert sorted(one.rank or 0 for one in same) == [0, 1, 2]
    means = [one.finals_val_log_loss.mean for one in rows.values() if one.rank and one.ground == same[0].ground]  # type: ignore[union-attr]
    assert means == sorted(means)


def test_what_is_said_of_each(found: Comparison) -> None:
    assert found.side_by_side is not None
    rows = {one.sweep: one for one in found.side_by_side.sweeps}
    best, second = sorted((rows["first"], rows["fewer"]), key=lambda one: one.rank or 9)
    assert best.verdict.startswith("the lowest mean over ")
    assert second.behind is not None
    assert second.behind.n_resamples == 3  # the first three of four: the same rows
    assert f"{best.sweep}" in second.verdict
    assert rows["none"].verdict == "it has no finals (finals=none)"
    assert "other rows in its parts" in rows["elsewhere"].verdict + rows["leaky"].verdict
    assert (rows["leaky"].leaks, rows["first"].leaks) == (("Track Score",), ())


def test_what_each_reached_and_cost(found: Comparison) -> None:
    assert found.side_by_side is not None
    for one in found.side_by_side.sweeps:
        assert (one.n_trials, one.n_complete) == (1, 1)
        assert 0 < one.search_s <= one.wall_s
        assert one.best_val_log_loss is not None
        low, high = one.test_intervals["log_loss"]
        assert low < one.test["log_loss"] < high
        assert one.n_test_rows is not None
    openings = {one.sweep: one.n_test_openings for one in found.side_by_side.sweeps}
    assert openings == {"first": 3, "fewer": 3, "none": 3, "elsewhere": 1, "leaky": 1}


def test_settings_that_differ_are_told_and_no_others(root_of_five: Path) -> None:
    found = compared(root_of_five, ["first", "fewer"]).side_by_side
    assert found is not None
    assert set(found.differing) == {"finals.n_seeds", "search.seed"}
    place = [one.sweep for one in found.sweeps].index("fewer")
    assert (found.differing["finals.n_seeds"][place], found.differing["search.seed"][place]) == (3, 1)


def test_only_those_that_are_named_and_published_numbers_beside(root_of_five: Path) -> None:
    both = compared(root_of_five, ["leaky", "first"])
    assert [sweep.name for sweep in both.sweeps] == ["leaky", "first"]
    assert (both.trials, both.trainings, both.published) == ((), (), PUBLISHED)
    assert compared(root_of_five, ["first"]).published == {}
    told = as_json(both)["side_by_side"]
    assert {"sweep", "run_id", "finals_val_log_loss", "behind", "verdict"} <= set(told["sweeps"][0])


def test_unknown_names(root_of_five: Path) -> None:
    with pytest.raises(GateError, match=r"none called 'frist' \(near it: first\)"):
        compared(root_of_five, ["frist", "fewer"])


def test_a_damaged_file_is_told(root_of_five: Path, tmp_path: Path) -> None:
    root = copied(root_of_five, tmp_path / "mlruns")
    (sweep,) = compared(root, ["first"]).sweeps
    client = MlflowClient(f"sqlite:///{root / 'mlflow.db'}")
    client.log_text(sweep.run_id, "{", FINALS_FILE)
    found = compared(root, ["first", "fewer"]).side_by_side
    assert found is not None
    assert {one.sweep: one.verdict for one in found.sweeps} == {
        "fewer": "the only one with finals on these rows",
        "first": "its finals cannot be read: finals.json is missing or damaged",
    }
    client.log_text(sweep.run_id, "- no mapping", CONFIG)
    with pytest.raises(ArtifactError, match="configuration of sweep 'first'"):
        compared(root, ["first", "fewer"])
