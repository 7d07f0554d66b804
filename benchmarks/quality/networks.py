"""The tuned networks: pytabkit's own spaces searched for a while, and what was tried, averaged by greedy selection.

Owns: the loop and the selection. The first trial is the default, stopped by log loss; the others are drawn by pytabkit
from the spaces that TabArena uses. pytabkit's own ensembling is not used, for it trains all its steps whatever the
time limit says (1.7.3, `CaruanaEnsembleAlgInterface.fit`); this is the same selection (Caruana et al., ICML 2004).
"""

import time
from collections.abc import Callable
from itertools import count
from typing import Any

import numpy as np
from inputs import Floats, Inputs, with_gaps, without_gaps
from methods import REALMLP_THREADS, Budget, torch_settings

N_STEPS = 40  # of the selection, pytabkit's own number
SPACE = "tabarena"
STOP = {"val_metric_name": "cross_entropy"}

Estimator = Callable[[int, dict[str, Any]], Any]  # of the trial's number and what every estimator is told


def realmlp(inputs: Inputs, budget: Budget) -> Floats:
    """Search RealMLP's space."""
    from pytabkit import RealMLP_HPO_Classifier, RealMLP_TD_Classifier

    def estimator(number: int, settings: dict[str, Any]) -> Any:
        if number == 0:
            return RealMLP_TD_Classifier(use_ls=False, **STOP, **settings)
        return RealMLP_HPO_Classifier(n_hyperopt_steps=1, hpo_space_name=SPACE, **STOP, **settings)

    return _searched(estimator, inputs, budget, REALMLP_THREADS)


def tabm(inputs: Inputs, budget: Budget) -> Floats:
    """Search TabM's space."""
    from pytabkit import TabM_D_Classifier, TabM_HPO_Classifier

    def estimator(number: int, settings: dict[str, Any]) -> Any:
        if number == 0:
            return TabM_D_Classifier(**STOP, **settings)
        return TabM_HPO_Classifier(n_hyperopt_steps=1, hpo_space_name=SPACE, **STOP, **settings)

    return _searched(estimator, inputs, budget, budget.n_threads)


def selected(validation: Floats, label: Floats, n_steps: int = N_STEPS) -> Floats:
    """Return the weights (T,) of T trials that greedy selection with replacement by log loss finds.

    `validation` (T, V) are probabilities of the V validation rows, `label` (V,) is 0 or 1. The best step counts.
    """
    votes, total, best = np.zeros(len(validation)), np.zeros(validation.shape[1]), (np.inf, np.zeros(len(validation)))
    for n_votes in range(1, n_steps + 1):
        means = np.clip((total + validation) / n_votes, 1e-7, 1 - 1e-7)
        losses = -np.mean(np.where(label == 1, np.log(means), np.log1p(-means)), axis=1)
        choice = int(np.argmin(losses))
        votes[choice] += 1
        total = total + validation[choice]
        if losses[choice] < best[0]:
            best = (float(losses[choice]), votes / n_votes)
    return best[1]


def _searched(estimator: Estimator, inputs: Inputs, budget: Budget, n_threads: int) -> Floats:
    """Fit trials until the time is over (the last one may end later), and average those that were selected."""
    x, started = without_gaps(with_gaps(inputs), inputs.train), time.perf_counter()
    train, validation = inputs.train, inputs.validation
    told: list[tuple[Floats, Floats]] = []
    for number in count():
        if number and time.perf_counter() - started >= budget.seconds:
            break
        seed = budget.seed + 10_000 * number  # the seed decides what is drawn: another one in each trial
        settings = {**torch_settings(budget, n_threads), "random_state": seed}
        model = estimator(number, settings)
        model.fit(x[train], inputs.label[train], X_val=x[validation], y_val=inputs.label[validation])
        told.append((_probability(model, x[validation]), _probability(model, x[inputs.test])))
    weights = selected(np.stack([one for one, _ in told]), inputs.label[validation])
    print(f"    {len(told)} trials, {np.count_nonzero(weights)} of them averaged", flush=True)
    return np.asarray(weights @ np.stack([one for _, one in told]))


def _probability(model: Any, x: Floats) -> Floats:
    return np.asarray(model.predict_proba(x)[:, 1], dtype=np.float64)
