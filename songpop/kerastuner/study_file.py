"""Optuna's trials as JSON and back: all that a sampler or a pruner may look at, under the numbers that they had.

A pruner's rungs, a sampler's own state and constraints lie in a trial's system attributes.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from optuna.distributions import distribution_to_json, json_to_distribution
from optuna.trial import FrozenTrial, TrialState, create_trial


def to_json(trials: Iterable[FrozenTrial]) -> list[dict[str, Any]]:
    """Return trials in the order of their numbers."""
    return [
        {
            "state": trial.state.name,
            "value": trial.value,
            "params": trial.params,
            "distributions": {name: distribution_to_json(one) for name, one in trial.distributions.items()},
            "reports": sorted(trial.intermediate_values.items()),
            "user_attrs": trial.user_attrs,
            "system_attrs": trial.system_attrs,
        }
        for trial in trials
    ]


def from_json(trials: Iterable[Mapping[str, Any]]) -> list[FrozenTrial]:
    """Return the trials of `to_json`; those that were running wait, and are the next to be asked for."""
    return [_trial(one) for one in trials]


def _trial(one: Mapping[str, Any]) -> FrozenTrial:
    state = TrialState[one["state"]]
    if not state.is_finished():
        return create_trial(state=TrialState.WAITING)
    return create_trial(
        state=state,
        value=one["value"],
        params=one["params"],
        distributions={name: json_to_distribution(text) for name, text in one["distributions"].items()},
        intermediate_values=dict(map(tuple, one["reports"])),
        user_attrs=one["user_attrs"],
        system_attrs=one["system_attrs"],
    )
