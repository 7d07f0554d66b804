"""The tuned peers: Optuna over each booster's usual ranges, AutoGluon, and the networks of networks.py.

Owns: search spaces, and how the winner is fitted at last. Boosters are tuned on songpop's validation rows by log loss,
with early stopping there, and the winner is fitted again on all known rows with that many trees. Sources of the ranges:
Grinsztajn, Oyallon and Varoquaux, NeurIPS 2022 (tables 5 and 6); Gorishniy et al., TabM, ICLR 2025 (appendix); the
libraries' own guides to tuning. The default settings (CatBoost's with a rate of 0.05, where its own is found from the
table's size) are always the first trial, so tuning cannot do worse on validation rows.
"""

import tempfile
from collections.abc import Callable
from typing import Any

import networks
import numpy as np
from inputs import Floats, Inputs, with_gaps, without_gaps
from methods import Budget, Method

MAX_TREES, PATIENCE = 4_000, 50

Loss = Callable[[Any], float]  # of an Optuna trial


def logistic_regression(inputs: Inputs, budget: Budget) -> Floats:
    """Tune penalty and splines."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import log_loss
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import SplineTransformer, StandardScaler

    def model(params: dict[str, Any]) -> Any:
        splines = [SplineTransformer(n_knots=params["knots"], knots="quantile")] if params["knots"] else []
        return make_pipeline(StandardScaler(), *splines, LogisticRegression(C=params["C"], max_iter=500))

    def loss(trial: Any) -> float:
        params = {"C": trial.suggest_float("C", 1e-4, 1e3, log=True)}
        params["knots"] = trial.suggest_categorical("knots", [0, 4, 8])
        x = without_gaps(with_gaps(inputs), inputs.train)
        fitted = model(params).fit(x[inputs.train], inputs.label[inputs.train])
        return float(log_loss(inputs.label[inputs.validation], fitted.predict_proba(x[inputs.validation])[:, 1]))

    best = _search(loss, budget, {"C": 1.0, "knots": 0})
    x = without_gaps(with_gaps(inputs), inputs.known)
    return _probability(model(best.params).fit(x[inputs.known], inputs.label[inputs.known]), x[inputs.test])


def lightgbm(inputs: Inputs, budget: Budget) -> Floats:
    """Tune LightGBM."""
    import lightgbm as library

    def model(params: dict[str, Any], n_trees: int) -> Any:
        fixed = {"random_state": budget.seed, "n_jobs": budget.n_threads, "verbose": -1, "subsample_freq": 1}
        return library.LGBMClassifier(n_estimators=n_trees, **params, **fixed)

    def suggest(trial: Any) -> dict[str, Any]:
        return {
            "learning_rate": trial.suggest_float("learning_rate", 0.01, 0.3, log=True),
            "num_leaves": trial.suggest_int("num_leaves", 4, 256, log=True),
            "min_child_samples": trial.suggest_int("min_child_samples", 2, 100, log=True),
            "subsample": trial.suggest_float("subsample", 0.5, 1.0),
            "colsample_bytree": trial.suggest_float("colsample_bytree", 0.3, 1.0),
            "reg_alpha": trial.suggest_float("reg_alpha", 1e-8, 10.0, log=True),
            "reg_lambda": trial.suggest_float("reg_lambda", 1e-8, 100.0, log=True),
            "extra_trees": trial.suggest_categorical("extra_trees", [False, True]),
        }

    def fit(fitted: Any, x: Floats) -> tuple[int, float]:
        stop = [library.early_stopping(PATIENCE, verbose=False)]
        fitted.fit(*_rows(x, inputs, "train"), eval_set=[_rows(x, inputs, "validation")], callbacks=stop)
        return int(fitted.best_iteration_), float(fitted.best_score_["valid_0"]["binary_logloss"])

    default = {"learning_rate": 0.1, "num_leaves": 31, "min_child_samples": 20, "subsample": 1.0}
    default |= {"colsample_bytree": 1.0, "reg_alpha": 1e-8, "reg_lambda": 1e-8, "extra_trees": False}
    return _boosted(inputs, budget, model, suggest, fit, default)


def xgboost(inputs: Inputs, budget: Budget) -> Floats:
    """Tune XGBoost."""
    import xgboost as library

    def model(params: dict[str, Any], n_trees: int) -> Any:
        fixed = {"random_state": budget.seed, "n_jobs": budget.n_threads, "eval_metric": "logloss"}
        return library.XGBClassifier(n_estimators=n_trees, **params, **fixed)

    def suggest(trial: Any) -> dict[str, Any]:
        return {
            "learning_rate": trial.suggest_float("learning_rate", 0.01, 0.3, log=True),
            "max_depth": trial.suggest_int("max_depth", 2, 11),
            "min_child_weight": trial.suggest_float("min_child_weight", 1e-3, 100.0, log=True),
            "subsample": trial.suggest_float("subsample", 0.5, 1.0),
            "colsample_bytree": trial.suggest_float("colsample_bytree", 0.3, 1.0),
            "colsample_bylevel": trial.suggest_float("colsample_bylevel", 0.5, 1.0),
            "gamma": trial.suggest_float("gamma", 1e-8, 7.0, log=True),
            "reg_alpha": trial.suggest_float("reg_alpha", 1e-8, 100.0, log=True),
            "reg_lambda": trial.suggest_float("reg_lambda", 1e-3, 100.0, log=True),
        }

    def fit(fitted: Any, x: Floats) -> tuple[int, float]:
        fitted.set_params(early_stopping_rounds=PATIENCE)
        fitted.fit(*_rows(x, inputs, "train"), eval_set=[_rows(x, inputs, "validation")], verbose=False)
        return int(fitted.best_iteration) + 1, float(fitted.best_score)

    default = {"learning_rate": 0.3, "max_depth": 6, "min_child_weight": 1.0, "subsample": 1.0, "gamma": 1e-8}
    default |= {"colsample_bytree": 1.0, "colsample_bylevel": 1.0, "reg_alpha": 1e-8, "reg_lambda": 1.0}
    return _boosted(inputs, budget, model, suggest, fit, default)


def catboost(inputs: Inputs, budget: Budget) -> Floats:
    """Tune CatBoost."""
    import catboost as library

    def model(params: dict[str, Any], n_trees: int) -> Any:
        fixed = {"random_seed": budget.seed, "thread_count": budget.n_threads, "verbose": False}
        return library.CatBoostClassifier(n_estimators=n_trees, **params, **fixed, allow_writing_files=False)

    def suggest(trial: Any) -> dict[str, Any]:
        return {
            "learning_rate": trial.suggest_float("learning_rate", 0.02, 0.3, log=True),
            "depth": trial.suggest_int("depth", 2, 8),
            "l2_leaf_reg": trial.suggest_float("l2_leaf_reg", 0.5, 30.0, log=True),
            "random_strength": trial.suggest_float("random_strength", 0.1, 20.0, log=True),
            "bagging_temperature": trial.suggest_float("bagging_temperature", 0.0, 1.0),
            "rsm": trial.suggest_float("rsm", 0.3, 1.0),
            "leaf_estimation_iterations": trial.suggest_int("leaf_estimation_iterations", 1, 10),
        }

    def fit(fitted: Any, x: Floats) -> tuple[int, float]:
        found = _rows(x, inputs, "validation")
        fitted.fit(*_rows(x, inputs, "train"), eval_set=found, early_stopping_rounds=PATIENCE, use_best_model=True)
        return int(fitted.tree_count_), float(fitted.get_best_score()["validation"]["Logloss"])

    default = {"learning_rate": 0.05, "depth": 6, "l2_leaf_reg": 3.0, "random_strength": 1.0, "rsm": 1.0}
    default |= {"bagging_temperature": 1.0, "leaf_estimation_iterations": 10}
    return _boosted(inputs, budget, model, suggest, fit, default)


def autogluon(inputs: Inputs, budget: Budget) -> Floats:
    """Let AutoGluon do all it can in its time, with its own bagging over all known rows, and one level of stacking.

    Its trial of whether stacking overfits (`dynamic_stacking`) would take a quarter of the time, and leaves a fit
    that cannot go on where it trains no model in its share.
    """
    import pandas as pd
    from autogluon.tabular import TabularPredictor

    features = with_gaps(inputs)
    frame = pd.DataFrame(features, columns=[f"x{k}" for k in range(features.shape[1])])
    frame["label"] = inputs.label
    with tempfile.TemporaryDirectory() as folder:
        predictor = TabularPredictor("label", problem_type="binary", eval_metric="log_loss", path=folder, verbosity=0)
        known = frame.iloc[inputs.known].reset_index(drop=True)
        predictor.fit(
            known,
            presets="best_quality",
            time_limit=budget.seconds,
            dynamic_stacking=False,
            num_stack_levels=1,
            num_cpus=budget.n_threads,
            num_gpus=0,
        )
        chance = predictor.predict_proba(frame.iloc[inputs.test].drop(columns="label"))
        return np.asarray(chance[1], dtype=np.float64)


def _boosted(
    inputs: Inputs,
    budget: Budget,
    model: Callable[[dict[str, Any], int], Any],
    suggest: Callable[[Any], dict[str, Any]],
    fit: Callable[[Any, Floats], tuple[int, float]],
    default: dict[str, Any],
) -> Floats:
    """Search, then fit the best on all known rows with as many trees as it had."""
    x = with_gaps(inputs)

    def loss(trial: Any) -> float:
        n_trees, value = fit(model(suggest(trial), MAX_TREES), x)
        trial.set_user_attr("n_trees", n_trees)
        return value

    best = _search(loss, budget, default)
    winner = model(best.params, max(1, best.user_attrs["n_trees"]))
    return _probability(winner.fit(x[inputs.known], inputs.label[inputs.known]), x[inputs.test])


def _search(loss: Loss, budget: Budget, default: dict[str, Any]) -> Any:
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    sampler = optuna.samplers.TPESampler(seed=budget.seed, multivariate=True)
    study = optuna.create_study(sampler=sampler)
    study.enqueue_trial(default)
    study.optimize(loss, timeout=budget.seconds)
    print(f"    {len(study.trials)} trials, best validation log loss {study.best_value:.4f}", flush=True)
    return study.best_trial


def _rows(x: Floats, inputs: Inputs, part: str) -> tuple[Floats, Any]:
    rows = getattr(inputs, part)
    return x[rows], inputs.label[rows]


def _probability(model: Any, x: Floats) -> Floats:
    return np.asarray(model.predict_proba(x)[:, 1], dtype=np.float64)


TUNED: dict[str, Method] = {
    "logistic_regression_tuned": Method(fit=logistic_regression, packages=("scikit-learn", "optuna"), seconds=180),
    "lightgbm_tuned": Method(fit=lightgbm, packages=("lightgbm", "optuna"), seconds=180),
    "xgboost_tuned": Method(fit=xgboost, packages=("xgboost", "optuna"), seconds=180),
    "catboost_tuned": Method(fit=catboost, packages=("catboost", "optuna"), seconds=180),
    "realmlp_tuned": Method(fit=networks.realmlp, packages=("pytabkit", "torch"), seconds=180),
    "tabm_tuned": Method(fit=networks.tabm, packages=("pytabkit", "torch"), seconds=180),
    "autogluon": Method(fit=autogluon, packages=("autogluon.tabular", "torch", "lightgbm", "catboost"), seconds=600),
}
