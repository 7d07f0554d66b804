"""Learning-rate schedules: the rate of every epoch, as pure functions.

Owns: the formulas. Does not own: who sets the rate (engines). Epochs e count from 0, n is `n_epochs`, r is
`params.learning_rate`; a rate holds for a whole epoch. `plateau` depends on what is measured, so it is a pure step
on a small state instead of a vector.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from songpop.contracts import Params
from songpop.errors import SettingsError

Rates = NDArray[np.float64]
Schedule = Callable[[Params, int], Rates]

PLATEAU = "plateau"


def constant(params: Params, n_epochs: int) -> Rates:
    """Return r in every epoch, shape (n_epochs,)."""
    return np.full(n_epochs, params.learning_rate, dtype=np.float64)


def step(params: Params, n_epochs: int) -> Rates:
    """Return r * step_factor ** floor(e / step_every), shape (n_epochs,)."""
    n_drops = np.arange(n_epochs) // params.step_every
    return np.asarray(params.learning_rate * params.step_factor**n_drops, dtype=np.float64)


def exponential(params: Params, n_epochs: int) -> Rates:
    """Return r * decay_to ** (e / (n - 1)), shape (n_epochs,): r first, r * decay_to last."""
    return np.asarray(params.learning_rate * params.decay_to ** _progress(n_epochs), dtype=np.float64)


def cosine(params: Params, n_epochs: int) -> Rates:
    """Return r * (c + (1 - c) * (1 + cos(pi * e / (n - 1))) / 2) with c = cosine_to, shape (n_epochs,).

    Source: Loshchilov and Hutter, SGDR, 2017, equation 5, one period.
    """
    falling = (1 + np.cos(np.pi * _progress(n_epochs))) / 2
    return np.asarray(params.learning_rate * (params.cosine_to + (1 - params.cosine_to) * falling), dtype=np.float64)


def warmup_cosine(params: Params, n_epochs: int) -> Rates:
    """Return r * (e + 1) / (w + 1) for e < w = warmup_epochs, then `cosine` over the other epochs.

    Shape (n_epochs,). With w >= n the rate only rises.
    """
    n_rising = min(params.warmup_epochs, n_epochs)
    rising = params.learning_rate * (np.arange(n_rising) + 1) / (params.warmup_epochs + 1)
    return np.concatenate([rising, cosine(params, n_epochs - n_rising)])


SCHEDULES: dict[str, Schedule] = {
    "constant": constant,
    "step": step,
    "exponential": exponential,
    "cosine": cosine,
    "warmup_cosine": warmup_cosine,
}


def learning_rates(params: Params, n_epochs: int) -> Rates:
    """Return the rate of each epoch under `params.schedule`, shape (n_epochs,).

    Raises:
        SettingsError: if the schedule is unknown, or is `plateau`, which has no rates in advance.
    """
    schedule = SCHEDULES.get(params.schedule)
    if schedule is None:
        known = sorted([*SCHEDULES, PLATEAU])
        raise SettingsError(
            f"`schedule` must be one of {known} (rates in advance: all but {PLATEAU!r}), but it is {params.schedule!r}."
        )
    return schedule(params, n_epochs)


@dataclass(frozen=True, kw_only=True)
class PlateauState:
    """What the plateau schedule remembers between two epochs."""

    learning_rate: float  # of the next epoch
    best: float = math.inf  # smallest watched value so far
    n_bad: int = 0  # epochs since `best`, or since the last drop


def start_plateau(params: Params) -> PlateauState:
    """Return the state before the first epoch."""
    return PlateauState(learning_rate=params.learning_rate)


def step_plateau(params: Params, state: PlateauState, watched: float) -> PlateauState:
    """Return the state after an epoch that ended with the value `watched` (smaller is better).

    After `plateau_patience` epochs in a row without a new best, the rate is multiplied by `plateau_factor`, and
    counting starts again: Keras' ReduceLROnPlateau with min_delta=0, cooldown=0, min_lr=0.
    """
    if watched < state.best:
        return replace(state, best=watched, n_bad=0)
    n_bad = state.n_bad + 1
    if n_bad < params.plateau_patience:
        return replace(state, n_bad=n_bad)
    return replace(state, learning_rate=state.learning_rate * params.plateau_factor, n_bad=0)


def _progress(n_epochs: int) -> Rates:
    """Return e / (n - 1), shape (n_epochs,); one epoch alone is the first one."""
    return np.arange(n_epochs, dtype=np.float64) / max(n_epochs - 1, 1)
