"""Which parameters mattered in a search: Optuna's PED-ANOVA, which knows conditional parameters.

How much a parameter has to do with being among the best tenth of the complete trials; shares that sum to 1. Source:
Watanabe et al., PED-ANOVA, IJCAI 2023. Pruned trials are not among them, so it tells what parts the good from the best.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import optuna
from optuna import Study, create_study
from optuna.distributions import BaseDistribution, CategoricalDistribution, IntDistribution
from optuna.importance import PedAnovaImportanceEvaluator, get_param_importances
from optuna.trial import TrialState, create_trial

from songpop.search.distributions import distribution
from songpop.space import space_of

MIN_COMPLETE = 50  # so that the best tenth is more than luck


def importances(study: Study) -> Mapping[str, float]:
    """Return the share of each parameter that varies, the largest first; empty where too few trials are complete."""
    complete = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    if len(complete) < MIN_COMPLETE:
        return {}
    varied = {name for trial in complete for name, one in trial.distributions.items() if not one.single()}
    if not varied:
        return {}
    found = get_param_importances(study, evaluator=PedAnovaImportanceEvaluator())
    return {name: float(share) for name, share in found.items()}


def importances_of(
    trials: Sequence[tuple[Mapping[str, str], float]], entries: Mapping[str, Mapping[str, Any]]
) -> Mapping[str, float]:
    """Return the same from a record: parameters as text and value of each complete trial.

    Args:
        trials: of the search; parameters that the space does not have are left out.
        entries: the space, as `space.as_entries` wrote it.
    """
    known = {param.name: distribution(param) for param in space_of(entries).searched}
    optuna.logging.set_verbosity(optuna.logging.WARNING)  # it would tell of a study that nobody asked for
    study = create_study()
    for params, value in trials:
        told = {name: _typed(known[name], text) for name, text in params.items() if name in known}
        study.add_trial(create_trial(params=told, distributions={name: known[name] for name in told}, value=value))
    return importances(study)


def _typed(known: BaseDistribution, text: str) -> Any:
    if isinstance(known, CategoricalDistribution):
        return next(choice for choice in known.choices if str(choice) == text)
    return int(text) if isinstance(known, IntDistribution) else float(text)
