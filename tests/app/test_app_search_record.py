"""The end of a sweep: whose weights are kept, when the sealed test rows are opened, and that each look is counted."""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from mlflow.tracking import MlflowClient
from quick import LEAN

import songpop
from songpop.app.champion import BestKeeper, finish
from songpop.app.records import Champion, SweepOutcome
from songpop.contracts import FinishedTrial, Params, TrialResult, TrialSpec, TrialState
from songpop.search.driver import SearchSummary

# Rates for one epoch: the first learns nothing, the second something, the third nothing again.
POINTS = [{"learning_rate": rate} for rate in (1e-6, 1e-2, 2e-6)]
SMALL: dict[str, Any] = {
    **LEAN,
    "space": "rates",
    "model__widths": "8",
    "train__epochs": 1,
    "train__batch_size": 8,
    "search__known_points": POINTS,
    "search__name": "second",
}


# ── which weights are kept ──────────────────────────────────────────────────────────────────────────────────


class FakeRun:
    """Takes trials and weights as a sweep's run does."""

    def __init__(self) -> None:
        self.kept: list[str] = []

    def record_all(self, trials: Sequence[tuple[TrialResult, Mapping[str, Any]]]) -> list[str]:
        return [f"run-{result.spec.trial}" for result, _ in trials]

    def keep_weights(self, run_id: str, arrays: object) -> None:
        assert arrays
        self.kept.append(run_id)


def trial(number: int, value: float, state: TrialState = TrialState.COMPLETE) -> TrialResult:
    return TrialResult(
        spec=TrialSpec(trial=number, params=Params(), seed=0, n_epochs=1, patience=None),
        state=state,
        history=(),
        metrics={"val_log_loss": value},
        best_epoch=1,
        weights=None if state is TrialState.FAILED else (np.zeros((1, 1), np.float32),),
        val_predictions=None,
        started_at_s=0.0,
        wall_s=0.0,
    )


def remembered(value: float) -> FinishedTrial:
    return FinishedTrial(
        trial=0, state=TrialState.COMPLETE, suggested={}, value=value, n_epochs=1, best_epoch=1, run_id="run-0"
    )


@pytest.mark.parametrize(
    ("results", "best", "kept"),
    [
        ([trial(0, 0.5), trial(1, 0.6), trial(2, 0.4)], None, [0, 2]),
        ([trial(0, 0.5), trial(1, 0.5)], None, [0]),  # the study, too, takes the first of two equals
        ([trial(0, 0.1, TrialState.PRUNED), trial(1, 0.5)], None, [1]),
        ([trial(0, 0.1, TrialState.FAILED), trial(1, 0.5)], None, [1]),
        ([trial(0, float("nan")), trial(1, 0.5)], None, [1]),
        ([trial(1, 0.5), trial(2, 0.3)], remembered(0.4), [2]),  # a search that goes on
    ],
)
def test_weights_are_kept_of_each_new_best_trial(
    results: list[TrialResult], best: FinishedTrial | None, kept: list[int]
) -> None:
    run = FakeRun()
    keeper = BestKeeper(run, best)  # type: ignore[arg-type]
    trials = [(result, {}) for result in results]
    assert [keeper.record_all([trial]) for trial in trials] == [[f"run-{r.spec.trial}"] for r in results]
    assert run.kept == [f"run-{number}" for number in kept]


# ── how the parent run ends ─────────────────────────────────────────────────────────────────────────────────

SUMMARY = SearchSummary(
    n_finished=1, n_complete=0, n_pruned=0, n_failed=1, n_new=1, best=None, interrupted=False, reason="", wall_s=1.0
)
CHAMPION = Champion(
    kind="single",
    run_ids=("r",),
    val_log_loss=0.3,
    test={"log_loss": 0.31, "roc_auc": float("nan")},
    n_test_rows=9,
    n_test_openings=1,
    baseline_accuracy=0.5,
)


@pytest.mark.parametrize(
    ("champion", "summary", "status", "metrics"),
    [
        (CHAMPION, SUMMARY, "FINISHED", {"best_val_log_loss": 0.3, "test_log_loss": 0.31}),  # MLflow takes no NaN
        (None, SUMMARY, "FAILED", None),
        (None, replace(SUMMARY, interrupted=True), "KILLED", None),
    ],
)
def test_the_parents_status_says_how_it_ended(
    champion: Champion | None, summary: SearchSummary, status: str, metrics: object
) -> None:
    ended: list[object] = []

    class Run:
        def finish(self, status: str, *, metrics: object = None) -> None:
            ended.extend([status, metrics])

    finish(Run(), champion, summary)  # type: ignore[arg-type]
    assert ended == [status, metrics]


# ── openings ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def searches(
    songs: pd.DataFrame, root: Path, outcome: SweepOutcome, tmp_path_factory: pytest.TempPathFactory
) -> tuple[list[SweepOutcome], Path]:
    """A sweep of another name on the same rows: one trial, then a better one, then a worse one."""
    copy = Path(shutil.copytree(root, tmp_path_factory.mktemp("searches") / "mlruns"))
    mine = tmp_path_factory.mktemp("conf")
    (mine / "space").mkdir()
    rate = "learning_rate: {kind: float, low: 1.0e-7, high: 1.0e-1, log: true}\n"
    (mine / "space" / "rates.yaml").write_text(rate)
    told = [
        songpop.sweep(songs, **SMALL, config_dir=mine, paths__root=str(copy), search__n_trials=n) for n in (1, 2, 3)
    ]
    return told, copy


def test_looks_at_the_same_rows_are_counted_over_sweeps(
    searches: tuple[list[SweepOutcome], Path], outcome: SweepOutcome
) -> None:
    told, _ = searches
    champions = [one.champion for one in (outcome, *told)]
    assert all(champions)
    assert [champion.n_test_openings for champion in champions if champion] == [1, 2, 3, 3]


def test_the_champion_is_replaced_by_a_better_trial_only(searches: tuple[list[SweepOutcome], Path]) -> None:
    told, _ = searches
    best = [one.best for one in told if one.best]
    assert [one.trial for one in best] == [0, 1, 1]
    assert [one.champion.run_ids for one in told if one.champion] == [(one.run_id,) for one in best]
    assert told[1].champion == told[2].champion
    assert best[1].val_log_loss < best[0].val_log_loss


def test_the_record_of_the_sweep_points_to_the_new_champion(searches: tuple[list[SweepOutcome], Path]) -> None:
    told, copy = searches
    client = MlflowClient(f"sqlite:///{copy / 'mlflow.db'}")
    last = told[-1]
    assert last.champion is not None
    parent = client.get_run(last.parent_run_id)
    model = client.get_logged_model(parent.data.tags["songpop.model_id"])
    assert model.tags["songpop.run_id"] == last.champion.run_ids[0]
    assert parent.data.tags["songpop.n_test_openings"] == "2"  # by this sweep
    assert parent.data.metrics["test_log_loss"] == pytest.approx(last.champion.test["log_loss"])
    child = client.get_run(last.champion.run_ids[0])
    assert model.params["learning_rate"] == child.data.params["learning_rate"]
    shown = {metric.key: metric.value for metric in model.metrics}
    assert shown["test_accuracy"] == pytest.approx(last.champion.test["accuracy"])
    assert child.data.metrics["test_accuracy"] == pytest.approx(last.champion.test["accuracy"])


def test_the_baseline_is_the_larger_class_of_the_test_part(outcome: SweepOutcome) -> None:
    assert outcome.champion is not None
    assert 0.5 <= outcome.champion.baseline_accuracy < 0.6
    assert outcome.champion.n_test_rows == pytest.approx(160, abs=3)
