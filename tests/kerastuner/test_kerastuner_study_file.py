import json

import optuna
from optuna.trial import TrialState

from songpop.kerastuner.study_file import from_json, to_json


def test_trials_come_back_with_all_that_samplers_and_pruners_look_at() -> None:
    pruner = optuna.pruners.SuccessiveHalvingPruner(min_resource=1)
    study = optuna.create_study(sampler=optuna.samplers.CmaEsSampler(seed=0, n_startup_trials=1), pruner=pruner)
    for number in range(5):
        trial = study.ask()
        value = trial.suggest_float("x", 0.0, 1.0) + trial.suggest_float("y", 0.1, 1.0, log=True)
        trial.suggest_categorical("z", ["a", 1, None])
        trial.report(value, 1)
        trial.should_prune()
        trial.set_user_attr("note", number)
        if number == 3:
            study.tell(trial, state=TrialState.FAIL)
        else:
            study.tell(trial, value)
    kept = study.get_trials()
    again = optuna.create_study()
    again.add_trials(from_json(json.loads(json.dumps(to_json(kept)))))
    for before, after in zip(kept, again.get_trials(), strict=True):
        for name in ("number", "state", "values", "params", "distributions", "intermediate_values", "user_attrs"):
            assert getattr(before, name) == getattr(after, name), name
        assert before.system_attrs == after.system_attrs


def test_a_trial_that_was_running_is_the_next_to_be_asked_for() -> None:
    study = optuna.create_study()
    study.ask()
    study.tell(study.ask(), 1.0)
    again = optuna.create_study()
    again.add_trials(from_json(to_json(study.get_trials())))
    assert [again.ask().number for _ in range(2)] == [0, 2]
