from typing import Any

import pytest
from optuna.pruners import MedianPruner, NopPruner
from optuna.samplers import RandomSampler
from optuna.trial import TrialState
from tuning import ask_for_all

from songpop.kerastuner.study import OracleStudy
from songpop.search.kerastuner_runtime import keras_tuner


@pytest.fixture
def space() -> list[Any]:
    found = keras_tuner.HyperParameters()
    ask_for_all(found)
    return list(found.space)


def begun(study: OracleStudy, space: list[Any], *names: str) -> None:
    for name in names:
        assert study.suggest(name, RandomSampler(seed=int(name)), space, lambda values: True)


def test_inactive_hyperparameters_have_no_values(space: list[Any]) -> None:
    study = OracleStudy("min", NopPruner())
    found = [study.suggest(str(k), RandomSampler(seed=k), space, lambda values: True) or {} for k in range(20)]
    assert {values["kind"] for values in found} == {"plain", "deep"}
    assert all(("layers" in values) == (values["kind"] == "deep") for values in found)
    params = [trial.params for trial in study.optuna_study.trials]
    assert all(("layers" in one) == (one["kind"] == "deep") for one in params)


def test_what_is_not_new_is_no_trial(space: list[Any]) -> None:
    study = OracleStudy("min", NopPruner())
    assert study.suggest("0", RandomSampler(seed=0), space, lambda values: False) is None
    assert not study.is_running("0")
    assert study.optuna_study.trials[0].state is TrialState.FAIL


def test_one_name_under_two_conditions_is_two_parameters_for_optuna() -> None:
    found = keras_tuner.HyperParameters()
    found.Choice("kind", ["a", "b"])
    with found.conditional_scope("kind", ["a"]):
        found.Choice("units", [1, 2])
    with found.conditional_scope("kind", ["b"]):
        found.Choice("units", [10, 20, 30])
    study = OracleStudy("min", NopPruner())
    values = [study.suggest(str(k), RandomSampler(seed=k), found.space, lambda _: True) or {} for k in range(20)]
    assert {v["units"] for v in values if v["kind"] == "a"} <= {1, 2}
    assert {v["units"] for v in values if v["kind"] == "b"} <= {10, 20, 30}
    names = {name for trial in study.optuna_study.trials for name in trial.params}
    assert names == {"kind", "units kind=a", "units kind=b"}


def test_the_first_execution_is_judged_and_the_others_end_with_it(space: list[Any]) -> None:
    study = OracleStudy("min", MedianPruner(n_startup_trials=1, n_warmup_steps=0))
    begun(study, space, "0", "1")
    assert [study.report("0", step, 0.1, is_last=step == 3) for step in (1, 2, 3)] == [False, False, False]
    study.tell("0", 0.1)
    assert study.report("1", 1, 0.05, is_last=False) is False
    assert study.report("1", 2, 0.9, is_last=False) is False  # its best so far is better than the median
    begun(study, space, "2")
    assert study.report("2", 1, 0.9, is_last=False) is True
    study.begin_execution("2")
    study.begin_execution("2")
    assert study.report("2", 1, 0.0, is_last=False) is True  # as good as it may be
    assert study.is_pruned("2")
    assert not study.is_pruned("1")
    study.tell("2", 0.9)
    assert study.optuna_study.trials[2].state is TrialState.PRUNED


def test_a_longer_execution_is_not_judged_in_the_first_one_s_place(space: list[Any]) -> None:
    study = OracleStudy("min", MedianPruner(n_startup_trials=1, n_warmup_steps=0))
    begun(study, space, "0", "1")
    for step in (1, 2, 3, 4):
        study.report("0", step, 0.1, is_last=False)
    study.tell("0", 0.1)
    study.begin_execution("1")
    study.report("1", 1, 0.05, is_last=False)  # early stopping ends it here
    study.begin_execution("1")
    assert [study.report("1", step, 0.9, is_last=False) for step in (1, 2, 3)] == [False, False, False]
    study.tell("1", 0.5)
    assert study.optuna_study.trials[1].intermediate_values == {1: 0.05}
    assert study.optuna_study.trials[1].state is TrialState.COMPLETE


def test_a_trial_whose_hyperparameters_cannot_be_suggested_does_not_run(space: list[Any]) -> None:
    class Broken(RandomSampler):
        def sample_independent(self, *_: Any) -> Any:
            raise ValueError("broken")

    study = OracleStudy("min", NopPruner())
    with pytest.raises(ValueError, match="broken"):
        study.suggest("0", Broken(), space, lambda values: True)
    assert study.optuna_study.trials[0].state is TrialState.FAIL


def test_the_last_epoch_is_not_pruned(space: list[Any]) -> None:
    study = OracleStudy("max", MedianPruner(n_startup_trials=1))
    begun(study, space, "0", "1")
    study.report("0", 1, 0.9, is_last=True)
    study.tell("0", 0.9)
    assert study.report("1", 1, 0.1, is_last=True) is False


@pytest.mark.parametrize("score", [None, float("nan"), float("inf")])
def test_what_is_no_number_has_failed(space: list[Any], score: float | None) -> None:
    study = OracleStudy("min", NopPruner())
    begun(study, space, "0")
    assert study.report("0", 1, float("nan"), is_last=False) is False
    study.tell("0", score)
    assert study.optuna_study.trials[0].state is TrialState.FAIL


def test_a_trial_that_begins_again_forgets_its_reports(space: list[Any]) -> None:
    study = OracleStudy("min", NopPruner())
    begun(study, space, "0")
    study.report("0", 1, 0.5, is_last=False)
    study.begin(
        "0", RandomSampler(), space, {"kind": "plain", "rate": 0.01, "bias": True, "fixed": 3, "batch": 8, "share": 0.5}
    )
    assert not study.has_reports("0")
    assert study.optuna_study.trials[1].params["rate"] == 0.01
