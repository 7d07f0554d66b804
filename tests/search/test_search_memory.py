import optuna
from optuna.pruners import MedianPruner, NopPruner
from optuna.trial import FrozenTrial, TrialState

from songpop.search.memory import in_memory


def kept(number: int) -> FrozenTrial:
    return optuna.trial.create_trial(value=float(number), user_attrs={"trial": number})


def test_each_trial_has_its_number_and_the_lost_ones_come_first() -> None:
    study = in_memory("name", {0: kept(0), 2: kept(2)}, NopPruner())
    states = [trial.state for trial in study.get_trials()]
    assert states == [TrialState.COMPLETE, TrialState.WAITING, TrialState.COMPLETE]
    assert [study.ask().number for _ in range(2)] == [1, 3]


def test_the_study_has_its_name_and_its_pruner() -> None:
    pruner = MedianPruner()
    study = in_memory("name", {}, pruner)
    assert (study.study_name, study.pruner) == ("name", pruner)
