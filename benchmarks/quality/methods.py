"""The peers by name, and how each one turns inputs into probabilities of the test rows.

Owns: the table, and the methods with the settings that their libraries have by default. Does not own: tuning
(tuned.py). Libraries are imported where they are used, so that the table can be read without them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from inputs import Floats, Inputs, with_gaps, without_gaps


@dataclass(frozen=True, kw_only=True)
class Budget:
    """What a method may use."""

    seconds: float  # of tuning; methods that do not tune take the time they take
    n_threads: int
    seed: int


# RealMLP's products are so small that a second thread only waits for the first: 20 epochs take 3.0 s with one, 3.8 s
# with two, and 10 to 130 s with two that wait actively beside another program (hence OMP_WAIT_POLICY in run_peers.py).
REALMLP_THREADS = 1

Fit = Callable[[Inputs, Budget], Floats]  # to the probability of the class 1, in the order of the test rows


@dataclass(frozen=True, kw_only=True)
class Method:
    """One peer."""

    fit: Fit
    packages: tuple[str, ...]  # whose versions are recorded
    seconds: float = 0.0  # of tuning, by default


def logistic_regression(inputs: Inputs, budget: Budget) -> Floats:
    """Fit scikit-learn's default on standardised logs."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return _fitted_on_known(make_pipeline(StandardScaler(), LogisticRegression(max_iter=1_000)), inputs, gaps=False)


def lightgbm(inputs: Inputs, budget: Budget) -> Floats:
    """Fit LightGBM's default: 100 trees on all known rows."""
    from lightgbm import LGBMClassifier

    return _fitted_on_known(LGBMClassifier(random_state=budget.seed, n_jobs=budget.n_threads, verbose=-1), inputs)


def xgboost(inputs: Inputs, budget: Budget) -> Floats:
    """Fit XGBoost's default: 100 trees on all known rows."""
    from xgboost import XGBClassifier

    return _fitted_on_known(XGBClassifier(random_state=budget.seed, n_jobs=budget.n_threads), inputs)


def catboost(inputs: Inputs, budget: Budget) -> Floats:
    """Fit CatBoost's default: 1,000 trees on all known rows."""
    from catboost import CatBoostClassifier

    model = CatBoostClassifier(
        random_seed=budget.seed, thread_count=budget.n_threads, verbose=False, allow_writing_files=False
    )
    return _fitted_on_known(model, inputs)


def realmlp(inputs: Inputs, budget: Budget) -> Floats:
    """Fit RealMLP's tuned defaults; songpop's validation rows choose the epoch."""
    from pytabkit import RealMLP_TD_Classifier

    return fitted_with_validation(RealMLP_TD_Classifier(**torch_settings(budget, REALMLP_THREADS)), inputs)


def tabm(inputs: Inputs, budget: Budget) -> Floats:
    """Fit TabM's defaults; songpop's validation rows choose the epoch."""
    from pytabkit import TabM_D_Classifier

    return fitted_with_validation(TabM_D_Classifier(**torch_settings(budget)), inputs)


def realmlp_bag(inputs: Inputs, budget: Budget) -> Floats:
    """Fit RealMLP on five folds of all known rows, and average; as its authors advise where log loss is the metric."""
    from pytabkit import RealMLP_TD_Classifier

    settings = torch_settings(budget, REALMLP_THREADS)
    model = RealMLP_TD_Classifier(n_cv=5, val_metric_name="cross_entropy", use_ls=False, **settings)
    return _fitted_on_known(model, inputs, gaps=False)


def tabm_bag(inputs: Inputs, budget: Budget) -> Floats:
    """Fit TabM on five folds of all known rows, each stopped by log loss, and average."""
    from pytabkit import TabM_D_Classifier

    model = TabM_D_Classifier(n_cv=5, val_metric_name="cross_entropy", **torch_settings(budget))
    return _fitted_on_known(model, inputs, gaps=False)


def torch_settings(budget: Budget, n_threads: int | None = None) -> dict[str, Any]:
    """Return what every estimator of pytabkit is told."""
    return {"device": "cpu", "random_state": budget.seed, "n_threads": n_threads or budget.n_threads}


def fitted_with_validation(model: Any, inputs: Inputs) -> Floats:
    """Fit an estimator of pytabkit on the training rows, and let it look at the validation rows."""
    x = without_gaps(with_gaps(inputs), inputs.train)
    model.fit(
        x[inputs.train], inputs.label[inputs.train], X_val=x[inputs.validation], y_val=inputs.label[inputs.validation]
    )
    return np.asarray(model.predict_proba(x[inputs.test])[:, 1], dtype=np.float64)


def _fitted_on_known(model: Any, inputs: Inputs, *, gaps: bool = True) -> Floats:
    x = with_gaps(inputs) if gaps else without_gaps(with_gaps(inputs), inputs.known)
    model.fit(x[inputs.known], inputs.label[inputs.known])
    return np.asarray(model.predict_proba(x[inputs.test])[:, 1], dtype=np.float64)


DEFAULTS: dict[str, Method] = {
    "logistic_regression": Method(fit=logistic_regression, packages=("scikit-learn",)),
    "lightgbm": Method(fit=lightgbm, packages=("lightgbm",)),
    "xgboost": Method(fit=xgboost, packages=("xgboost",)),
    "catboost": Method(fit=catboost, packages=("catboost",)),
    "realmlp": Method(fit=realmlp, packages=("pytabkit", "torch")),
    "tabm": Method(fit=tabm, packages=("pytabkit", "torch")),
}
BAGS: dict[str, Method] = {
    "realmlp_bag": Method(fit=realmlp_bag, packages=("pytabkit", "torch")),
    "tabm_bag": Method(fit=tabm_bag, packages=("pytabkit", "torch")),
}
