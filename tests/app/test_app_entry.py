"""What a sweep puts forward: which rows its models do not know, and what they say of them together."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import songpop
from songpop.app.entry import _joint
from songpop.app.finals import median_of
from songpop.app.records import SweepOutcome
from songpop.contracts import Params, TrialResult, TrialSpec, TrialState


def result(value: float) -> TrialResult:
    return TrialResult(
        spec=TrialSpec(trial=0, params=Params(), seed=0, n_epochs=1, patience=None),
        state=TrialState.COMPLETE,
        history=(),
        metrics={"val_log_loss": value},
        best_epoch=1,
        weights=None,
        val_predictions=None,
        started_at_s=0.0,
        wall_s=0.0,
    )


@pytest.mark.parametrize(
    ("values", "place"), [([0.3], 0), ([0.5, 0.1, 0.3], 2), ([0.4, 0.1, 0.3, 0.2], 3), ([0.2, 0.2, 0.2], 1)]
)
def test_the_median_run_is_the_better_of_two(values: list[float], place: int) -> None:
    assert median_of([result(value) for value in values]) == place


def test_rows_that_two_models_do_not_know_get_their_mean() -> None:
    parts = [np.array([1, 4]), np.array([4, 7])]
    predicted = [np.array([0.2, 0.6], np.float32), np.array([0.8, 0.1], np.float32)]
    rows, chance = _joint(parts, predicted, [1, 1])  # type: ignore[arg-type]
    assert list(rows) == [1, 4, 7]
    np.testing.assert_allclose(chance, [0.2, 0.7, 0.1])
    _, chance = _joint(parts, predicted, [3, 1])  # type: ignore[arg-type]
    np.testing.assert_allclose(chance, [0.2, 0.65, 0.1])


def test_the_registered_model_decides_by_the_threshold(
    songs: pd.DataFrame, champion_root: Path, outcome: SweepOutcome
) -> None:
    assert outcome.champion is not None
    ranked = songpop.predict(songs, paths__root=str(champion_root))
    called = ranked["probability"] > outcome.champion.threshold
    assert (ranked["high_potential"] == called.astype(int)).all()
