"""Sweeps side by side: columns for two, rows for ten, in 80 characters and in 120."""

import io
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console

from songpop.cli.side_by_side import side_by_side_lines, side_by_side_tables
from songpop.evaluation.rivals import Behind
from songpop.evaluation.stats import Interval

BEHIND = Behind(difference=0.0123, p_value=0.031, n_resamples=10, is_beyond_luck=True)
TEST = {"log_loss": 0.3045, "accuracy": 0.864, "roc_auc": 0.9431}


def compared_sweep(name: str = "songs-honest-full", **changes: Any) -> SimpleNamespace:
    facts: dict[str, Any] = {
        "sweep": name, "run_id": "r1", "status": "FINISHED", "started_at_s": 0.0, "protocol": "honest", "leaks": (),
        "table": "efd595d75943", "split": "stratified 9a8ff23d0f8a", "ground": 1, "rank": 1, "n_trials": 100,
        "n_complete": 60, "n_pruned": 40, "n_failed": 0, "best_val_log_loss": 0.28, "search_s": 20.0, "wall_s": 31.5,
        "trials_per_hour": 18_000.0, "finals_val_log_loss": Interval(mean=0.2935, low=0.2425, high=0.3445, n=10),
        "champion": "bag", "n_models": 10, "test": TEST, "test_intervals": dict.fromkeys(TEST, (0.1, 0.95)),
        "n_test_rows": 918, "n_test_openings": 2, "behind": None, "verdict": "the lowest mean",
    }  # fmt: skip
    return SimpleNamespace(**{**facts, **changes})


def shown(*sweeps: Any, width: int = 120, **differing: Any) -> str:
    compared = SimpleNamespace(
        sweeps=sweeps, differing={key.replace("__", "."): value for key, value in differing.items()}, alpha=0.05
    )
    console = Console(file=io.StringIO(), width=width, markup=False)
    for table in side_by_side_tables(compared):
        console.print(table)
    for line in side_by_side_lines(compared):
        console.print(line, soft_wrap=True)
    return str(console.file.getvalue())  # type: ignore[attr-defined]


def rows_of(text: str) -> Mapping[str, list[str]]:
    """The cells of a table's lines, by the first."""
    lines = [[cell.strip() for cell in line.strip("│").split("│")] for line in text.splitlines() if "│" in line]
    return {first: rest for first, *rest in lines}


@pytest.mark.parametrize(
    ("row", "cells"),
    [
        ("protocol", ["honest", "published"]),
        ("table, split", ["efd595d7, stratified 9a8ff23d", "efd595d7, stratified 9a8ff23d"]),
        ("trials", ["100 (60 complete, 40 pruned)", "3 (3 complete)"]),
        ("trials per hour of it", ["18,000", "–"]),
        ("val log loss, finals", ["0.2935 ± 0.0510", "–"]),
        ("behind the best (p)", ["–", "0.0123"]),
        ("champion", ["bag, 10 models", "–"]),
        ("test accuracy", ["86.4 % (10.0 % to 95.0 %)", "–"]),
        ("test rows, opened", ["918, 2 times", "–, 1 time"]),
        ("train.epochs", ["30", "–"]),
        ("features.extra", ["rates+ages", "none"]),
        ("space.l2", ["1e-06 to 0.1 (log)", "0.01"]),
        ("space.widths", ["64|128-64", "–"]),
        ("data.generated", ["true", "false"]),
        ("search.known_points", ["2 of them", "none"]),
    ],
)
def test_two_are_two_columns(row: str, cells: list[str]) -> None:
    bare = {"n_trials": 3, "n_complete": 3, "n_pruned": 0, "trials_per_hour": None, "finals_val_log_loss": None}
    tested = {"champion": None, "n_models": None, "test": {}, "n_test_rows": None, "n_test_openings": 1}
    other = compared_sweep("b", protocol="published", leaks=("Track Score",), behind=BEHIND, **bare, **tested)
    differing = {
        "train__epochs": (30, None),
        "features__extra": (["rates", "ages"], []),
        "space__l2": ({"kind": "float", "low": 1e-6, "high": 0.1, "log": True}, {"kind": "fixed", "value": 0.01}),
        "space__widths": ({"kind": "choice", "choices": ["64", "128-64"]}, None),
        "data__generated": (True, False),
        "search__known_points": ([{"l2": 0.1}, {"l2": 0.2}], []),
    }
    text = shown(compared_sweep("a"), other, **differing)
    assert rows_of(text)[row] == cells
    assert "LEAK: Track Score" in text


def test_ten_are_ten_rows_that_fit_a_narrow_terminal() -> None:
    behind = [None, *[BEHIND] * 9]
    sweeps = [compared_sweep(f"songs-{n}", ground=1 + n // 8, behind=behind[n]) for n in range(10)]
    kinds = ["tpe"] * 9 + ["random"]
    text = shown(*sweeps, width=80, sampler__kind=kinds, search__seed=list(range(10)))
    assert max(map(len, text.split("1  songs-0")[0].splitlines())) <= 80
    rows = [line for line in text.splitlines() if "songs-" in line and "│" in line]
    assert len(rows) == 20  # ten of numbers, ten of settings
    assert "0.2935" in rows[0]
    assert "(0.031)" in text
    assert "search.seed=3 " in rows[13]  # as most are: the sampler is not told
    assert "sampler.kind=random, search.seed=9" in rows[19]
    assert text.count("├") == 1  # a line where the rows are others


def test_many_parameters_of_a_space_are_counted() -> None:
    space = {f"space__p{n}": (None, None, None, {"value": n}) for n in range(5)}
    text = shown(*map(compared_sweep, "abcd"), **space)
    assert "space: 5 parameters otherwise" in text
    assert text.count("as in most") == 3


def test_sentences_say_what_was_tested() -> None:
    text = shown(compared_sweep("a"), compared_sweep("b", behind=BEHIND, verdict="worse than a beyond luck"))
    assert "2  b: worse than a beyond luck." in text
    assert "Tested by the finals' winners" in text
    assert "They have the same settings." in text
    assert "Tested" not in shown(compared_sweep("a"))
