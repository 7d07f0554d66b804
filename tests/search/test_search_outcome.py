import math
from dataclasses import replace

import pytest
from optuna.trial import create_trial
from search_fakes import FOUR, result_of

from songpop.contracts import Params, TrialSpec, TrialState
from songpop.search.distributions import distribution
from songpop.search.outcome import TO_OPTUNA, attributes, finished_trial, point_key, settled, with_run

SPEC = TrialSpec(trial=7, params=Params(), seed=11, n_epochs=3, patience=None)


@pytest.mark.parametrize("state", [TrialState.COMPLETE, TrialState.PRUNED])
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_has_failed(state: TrialState, value: float) -> None:
    result = settled(replace(result_of(SPEC, [0.5], state), metrics={"val_log_loss": value}))
    assert (result.state, result.best_epoch, dict(result.metrics)) == (TrialState.FAILED, 0, {})
    assert result.message == f"val_log_loss is {value}"


def test_what_is_a_number_stays_as_it_is() -> None:
    result = result_of(SPEC, [0.5, 0.4], TrialState.PRUNED)
    assert settled(result) is result


@pytest.mark.parametrize("state", TrialState)
def test_what_is_kept_comes_back(state: TrialState) -> None:
    result = result_of(SPEC, [0.5, 0.4], state)
    params = {"optimizer": "sgd", "batch_size": 64}
    frozen = create_trial(
        state=TO_OPTUNA[state],
        value=0.4 if state is TrialState.COMPLETE else None,
        params=params,
        distributions={name: distribution(FOUR.by_name[name]) for name in params},
        user_attrs=attributes(result),
    )
    trial = finished_trial(with_run(frozen, "run"), FOUR)
    assert "run_id" not in frozen.user_attrs
    assert (trial.trial, trial.state, trial.suggested, trial.run_id) == (7, state, params, "run")
    assert (trial.n_epochs, trial.best_epoch) == (2, result.best_epoch)
    assert trial.value == 0.4 or (math.isnan(trial.value) and state is TrialState.FAILED)


def test_the_order_of_a_points_keys_does_not_matter() -> None:
    assert point_key({"a": 1, "b": 2.0}) == point_key({"b": 2.0, "a": 1})
