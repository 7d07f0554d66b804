"""Which parameters mattered."""

import optuna
import pytest
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution
from optuna.trial import create_trial

from songpop.search.importance import MIN_COMPLETE, importances

SPACE: dict[str, BaseDistribution] = {
    "rate": FloatDistribution(1e-4, 1e-1, log=True),
    "noise": FloatDistribution(0, 1),
    "optimizer": CategoricalDistribution(["sgd", "adam"]),
    "momentum": FloatDistribution(0, 1),
}


def searched(n_trials: int) -> optuna.Study:
    """A study in which the rate decides; the momentum is there for sgd only."""
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    for number in range(n_trials):
        optimizer = ("sgd", "adam")[number % 2]
        names = [name for name in SPACE if name != "momentum" or optimizer == "sgd"]
        trial = study.ask({name: SPACE[name] for name in names if name != "optimizer"})
        value = abs(trial.params["rate"] - 1e-2) + 0.001 * trial.params["noise"]
        params = {**trial.params, "optimizer": optimizer}
        study.add_trial(create_trial(params=params, distributions={name: SPACE[name] for name in names}, value=value))
        study.tell(trial, state=optuna.trial.TrialState.FAIL)
    return study


def test_what_decides_comes_first_and_conditional_ones_are_there() -> None:
    found = importances(searched(200))
    assert next(iter(found)) == "rate"
    assert set(found) == set(SPACE)
    assert sum(found.values()) == pytest.approx(1)


@pytest.mark.parametrize("n_trials", [0, 1, MIN_COMPLETE - 1])
def test_few_trials_tell_nothing(n_trials: int) -> None:
    assert importances(searched(n_trials)) == {}


def test_what_never_varied_is_not_told() -> None:
    study = optuna.create_study()
    for number in range(MIN_COMPLETE):
        study.add_trial(
            create_trial(params={"rate": 1e-2}, distributions={"rate": FloatDistribution(1e-2, 1e-2)}, value=number)
        )
    assert importances(study) == {}
