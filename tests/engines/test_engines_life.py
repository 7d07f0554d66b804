from dataclasses import replace

import numpy as np
import pytest

from songpop.contracts import Params, TrialSpec, TrialState
from songpop.engines.life import TrialLife

SPEC = TrialSpec(trial=1, params=Params(), seed=0, n_epochs=3, patience=None)
Y = np.array([0.0, 1.0], np.float32)


def metrics(value: float) -> dict[str, float]:
    return {"val_log_loss": value, "val_loss": value + 1, "val_accuracy": 0.5}


def lived(spec: TrialSpec, values: list[float]) -> tuple[TrialLife, list[bool]]:
    life = TrialLife(spec)
    return life, [life.observe(metrics(value)) for value in values]


@pytest.mark.parametrize(
    ("patience", "values", "is_kept", "is_over"),
    [
        (None, [0.5, 0.4, 0.6], [True, True, True], True),  # without patience the last weights are kept
        (2, [0.5, 0.4], [True, True], False),
        (1, [0.5, 0.6], [True, False], True),
        (5, [0.5, 0.6, 0.4], [True, False, True], True),
    ],
)
def test_which_weights_are_kept_and_when_it_ends(
    patience: int | None, values: list[float], is_kept: list[bool], is_over: bool
) -> None:
    life, kept = lived(replace(SPEC, patience=patience), values)
    assert (kept, life.is_over) == (is_kept, is_over)


def test_nan_fails_without_a_report() -> None:
    life, kept = lived(SPEC, [0.5, float("nan")])
    assert (kept, life.is_over, life.has_failed, life.n_epochs) == ([True, False], True, True, 1)
    result = life.result((np.ones(1, np.float32),), Y, Y, started_at_s=0.0, wall_s=1.0)
    assert (result.state, result.weights, result.best_epoch) == (TrialState.FAILED, None, 0)
    assert result.message == "epoch 2 ended with val_log_loss = nan, val_loss = nan"


def test_given_up() -> None:
    life, _ = lived(SPEC, [0.5])
    life.give_up()
    result = life.result((np.ones(1, np.float32),), Y, Y, started_at_s=0.0, wall_s=1.0)
    assert life.is_over
    assert (result.state, result.best_epoch, result.metrics["val_roc_auc"]) == (TrialState.PRUNED, 1, 1.0)


def test_the_plateau_s_rate_falls_with_what_was_observed() -> None:
    params = Params(schedule="plateau", plateau_patience=1, plateau_factor=0.5, learning_rate=0.1)
    life, _ = lived(replace(SPEC, params=params, n_epochs=9), [0.5, 0.6])
    assert life.learning_rate == 0.05
