"""How a trial ended, as the study keeps it: never complete without a finite objective.

Optuna would take an infinite value for a complete trial.
"""

import copy
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, replace
from types import MappingProxyType
from typing import Any

from optuna.trial import FrozenTrial
from optuna.trial import TrialState as OptunaState

from songpop.contracts import FinishedTrial, TrialResult, TrialState
from songpop.search.advice import Round
from songpop.space import Space

TO_OPTUNA: Mapping[TrialState, OptunaState] = MappingProxyType(
    {
        TrialState.COMPLETE: OptunaState.COMPLETE,
        TrialState.PRUNED: OptunaState.PRUNED,
        TrialState.FAILED: OptunaState.FAIL,
    }
)
GOES_ON_FROM, _ROUND = "goes_on_from", "round"  # user attributes
FROM_OPTUNA = MappingProxyType({theirs: ours for ours, theirs in TO_OPTUNA.items()})


def settled(result: TrialResult) -> TrialResult:
    """Return `result`, as failed if its objective is NaN or infinite."""
    if result.state is TrialState.FAILED or math.isfinite(result.value):
        return result
    return replace(
        result,
        state=TrialState.FAILED,
        metrics={},
        best_epoch=0,
        weights=None,
        val_predictions=None,
        message=result.message or f"val_log_loss is {result.value}",
    )


def attributes(result: TrialResult) -> dict[str, Any]:
    """Return what is kept of a settled result beside parameters, state, value and run id."""
    return {
        "trial": result.spec.trial,
        GOES_ON_FROM: result.spec.goes_on_from,
        "seed": result.spec.seed,
        "n_epochs": len(result.history),
        "best_epoch": result.best_epoch,
        "metrics": {name: float(value) for name, value in result.metrics.items()},
        "wall_s": float(result.wall_s),
        "message": result.message,
    }


def with_run(trial: FrozenTrial, run_id: str) -> FrozenTrial:
    """Return a told trial with the id of its run in the tracking store."""
    told = copy.copy(trial)
    told.user_attrs = {**trial.user_attrs, "run_id": run_id}
    return told


def finished_trial(trial: FrozenTrial, space: Space) -> FinishedTrial:
    """Return a kept trial as the other parts know it."""
    kept = trial.user_attrs
    return FinishedTrial(
        trial=number_of(trial),
        state=FROM_OPTUNA[trial.state],
        suggested=space.suggest(lambda param: trial.params[param.name]),
        value=objective_of(trial),
        n_epochs=kept["n_epochs"],
        best_epoch=kept["best_epoch"],
        run_id=kept["run_id"],
        metrics=kept["metrics"],
        goes_on_from=kept.get(GOES_ON_FROM),  # not in studies of earlier versions
    )


def number_of(trial: FrozenTrial) -> int:
    """Return the number that an ended trial has in the sweep."""
    number: int = trial.user_attrs["trial"]
    return number


def objective_of(trial: FrozenTrial) -> float:
    """Return the objective that an ended trial reached, a pruned one's too; NaN if it failed."""
    return float(trial.user_attrs["metrics"].get("val_log_loss", math.nan))


def round_attribute(its_round: Round) -> tuple[str, dict[str, Any]]:
    """Return a user attribute that tells a trial's place in Hyperband's brackets."""
    return _ROUND, asdict(its_round)


def kept_round(trial: FrozenTrial) -> Round | None:
    """Return a kept trial's place in Hyperband's brackets; None: it is not in any."""
    kept = trial.user_attrs.get(_ROUND)
    return None if kept is None else Round(**kept)


def point_key(point: Mapping[str, Any]) -> str:
    """Return a known point as a text that does not depend on the order of its keys."""
    return json.dumps(dict(point), sort_keys=True)
