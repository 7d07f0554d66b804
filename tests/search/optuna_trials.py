"""Optuna's trials of made-up results, as a sampler sees them."""

from optuna.trial import FrozenTrial, TrialState, create_trial
from search_fakes import SPACE, entry

from songpop.search.distributions import distribution
from songpop.search.samplers import random_values
from songpop.space import Space

LINE = Space.from_settings({"dropout_first": entry("float", low=0.0, high=0.5)})


def trial_of(number: int, value: float, space: Space = SPACE, state: TrialState = TrialState.COMPLETE) -> FrozenTrial:
    """Return a trial of random parameters that reported `value`."""
    params = random_values(space, 0, number)
    made = create_trial(
        state=state,
        value=value if state is TrialState.COMPLETE else None,
        params=params,
        distributions={name: distribution(space.by_name[name]) for name in params},
        intermediate_values={3: value},
    )
    made.number = number
    return made
