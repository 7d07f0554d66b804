"""Which parameters mattered in a search: Optuna's PED-ANOVA, which knows conditional parameters.

How much a parameter has to do with being among the best tenth of the complete trials; shares that sum to 1. Source:
Watanabe et al., PED-ANOVA, IJCAI 2023. Pruned trials are not among them, so it tells what parts the good from the best.
"""

from collections.abc import Mapping

from optuna import Study
from optuna.importance import PedAnovaImportanceEvaluator, get_param_importances
from optuna.trial import TrialState

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
