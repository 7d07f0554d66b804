"""The record of a search: whose weights are kept."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest

from songpop.app.search_record import BestKeeper
from songpop.contracts import FinishedTrial, Params, TrialResult, TrialSpec, TrialState

# ── which weights are kept ──────────────────────────────────────────────────────────────────────────────────


class FakeRun:
    """Takes trials and weights as a sweep's run does."""

    def __init__(self) -> None:
        self.kept: list[str] = []

    def record_all(self, trials: Sequence[tuple[TrialResult, Mapping[str, Any]]]) -> list[str]:
        return [f"run-{result.spec.trial}" for result, _ in trials]

    def write(self, artifacts: Mapping[str, bytes]) -> None:
        assert not artifacts  # these trials predict nothing

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
