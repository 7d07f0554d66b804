"""The study in memory, built from what the store keeps: each trial under its number, the lost ones waiting."""

from collections.abc import Mapping

import optuna
from optuna.pruners import BasePruner
from optuna.storages import InMemoryStorage
from optuna.study import Study
from optuna.trial import FrozenTrial

from songpop.search.distributions import GivenSampler


def in_memory(name: str, kept: Mapping[int, FrozenTrial], pruner: BasePruner) -> Study:
    """Build the study that decides: each kept trial under its number, the lost ones waiting."""
    study = optuna.create_study(
        study_name=name,  # hyperband's brackets depend on it
        storage=InMemoryStorage(),
        sampler=GivenSampler(),
        pruner=pruner,
        direction="minimize",
    )
    for number in range(max(kept, default=-1) + 1):
        study.add_trial(kept.get(number, optuna.trial.create_trial(state=optuna.trial.TrialState.WAITING)))
    return study
