"""Which parameters mattered."""

import optuna
import pytest
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution
from optuna.trial import create_trial

from songpop.search.importance import MIN_COMPLETE, importances, importances_of

SPACE: dict[str, BaseDistribution] = {
    "learning_rate": FloatDistribution(1e-4, 1e-1, log=True),
    "dropout_first": FloatDistribution(0, 0.99),
    "optimizer": CategoricalDistribution(["sgd", "adam"]),
    "momentum": FloatDistribution(0, 0.99),
}


def searched(n_trials: int) -> optuna.Study:
    """A study in which the rate decides; the momentum is there for sgd only."""
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    for number in range(n_trials):
        optimizer = ("sgd", "adam")[number % 2]
        names = [name for name in SPACE if name != "momentum" or optimizer == "sgd"]
        trial = study.ask({name: SPACE[name] for name in names if name != "optimizer"})
        value = abs(trial.params["learning_rate"] - 1e-2) + 0.001 * trial.params["dropout_first"]
        params = {**trial.params, "optimizer": optimizer}
        study.add_trial(create_trial(params=params, distributions={name: SPACE[name] for name in names}, value=value))
        study.tell(trial, state=optuna.trial.TrialState.FAIL)
    return study


def test_what_decides_comes_first_and_conditional_ones_are_there() -> None:
    found = importances(searched(200))
    assert next(iter(found)) == "learning_rate"
    assert set(found) == set(SPACE)
    assert sum(found.values()) == pytest.approx(1)


@pytest.mark.parametrize("n_trials", [0, 1, MIN_COMPLETE - 1])
def test_few_trials_tell_nothing(n_trials: int) -> None:
    assert importances(searched(n_trials)) == {}


def test_what_never_varied_is_not_told() -> None:
    study = optuna.create_study()
    for number in range(MIN_COMPLETE):
        study.add_trial(
            create_trial(
                params={"learning_rate": 1e-2},
                distributions={"learning_rate": FloatDistribution(1e-2, 1e-2)},
                value=number,
            )
        )
    assert importances(study) == {}


def test_a_record_gives_what_its_study_does() -> None:
    """Parameters as text, and the space as the run keeps it; what the space does not have is left out."""
    study = searched(200)
    complete = study.get_trials(states=(optuna.trial.TrialState.COMPLETE,))
    entries = {
        "learning_rate": {"kind": "float", "low": 1e-4, "high": 1e-1, "log": True},
        "dropout_first": {"kind": "float", "low": 0.0, "high": 0.99},
        "optimizer": {"kind": "choice", "choices": ["sgd", "adam"]},
        "momentum": {"kind": "float", "low": 0.0, "high": 0.99, "when": {"optimizer": ["sgd"]}},
    }
    recorded = [({**{k: str(v) for k, v in one.params.items()}, "seed": "1"}, one.value or 0.0) for one in complete]
    assert importances_of(recorded, entries) == pytest.approx(importances(study))
