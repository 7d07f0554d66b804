"""TPE at a flat price: Optuna's Parzen estimators on a bounded view of the study, fitted once for several trials.

`optuna.samplers.TPESampler` fits anew for each trial, on all trials: 170 ms at 300 trials of space `full`, and more
with every further one. Here trials come in blocks that share a fit (6 ms a trial, at 300 as at 3,000), blocks grow with
the study, and a fit looks at the best trials and the latest others, as many as Optuna's own rule can use (a tenth, at
most 25, are good ones). Conditional parameters, weights and the choice among candidates are Optuna's (multivariate,
group).

Owns: blocks, the view, the draw. A block and its view depend on trial numbers alone, so that a search of one trial at a
time that was killed goes on as if it had not been.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, final

import numpy as np
from optuna.distributions import BaseDistribution
from optuna.samplers._tpe.parzen_estimator import _ParzenEstimator, _ParzenEstimatorParameters
from optuna.samplers._tpe.sampler import default_gamma, default_weights
from optuna.search_space.group_decomposed import _SearchSpaceGroup
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from songpop.search.distributions import clipped
from songpop.space import Space, SpaceParam

N_CANDIDATES = 24  # of which the likeliest to be good is taken; Optuna's default
MAX_GOOD = default_gamma(10**9)
MAX_VIEW = 10 * MAX_GOOD  # of this many, a tenth are good ones
MAX_BLOCK = 16
_TRIALS_PER_BLOCKED = 32  # a block has one trial for so many before it

_PARAMETERS = _ParzenEstimatorParameters(
    prior_weight=1.0, consider_magic_clip=True, consider_endpoints=False, weights=default_weights, multivariate=True
)


def block_of(trial: int) -> tuple[int, int]:
    """Return the first trial of the block that `trial` belongs to, and the first one behind it."""
    start, size = 0, 1
    while start + size <= trial:
        start += size
        size = min(max(start // _TRIALS_PER_BLOCKED, 1), MAX_BLOCK)
    return start, start + size


def bounded_view(trials: Sequence[FrozenTrial]) -> tuple[list[FrozenTrial], list[FrozenTrial]]:
    """Return (good, other) trials, each by number: Optuna's split of the best and the latest of them.

    Args:
        trials: finished ones, and running ones, which count as others (so that no one is tried beside them again).
    """
    finished = sorted((trial for trial in trials if trial.state.is_finished()), key=_badness)
    n_good = default_gamma(min(len(finished), MAX_VIEW))
    others = sorted(finished[n_good:], key=_number)[-(MAX_VIEW - n_good) :]
    running = [trial for trial in trials if not trial.state.is_finished()]
    return sorted(finished[:n_good], key=_number), sorted(others + running, key=_number)


@final
class TpeFit:
    """One fit, from which any number of configurations can be drawn."""

    def __init__(self, trials: Sequence[FrozenTrial]) -> None:
        """Fit.

        Args:
            trials: complete, pruned and running ones.
        """
        self._good, self._others = bounded_view(trials)
        group = _SearchSpaceGroup()
        for trial in self._good + self._others:
            group.add_distributions(trial.distributions)
        # Sorted, since the order of a set of strings changes from process to process.
        spaces = [dict(sorted(space.items())) for space in group.search_spaces]
        self.groups = sorted(spaces, key=lambda space: next(iter(space)))
        self._estimators: dict[int, tuple[_ParzenEstimator, _ParzenEstimator]] = {}

    def draw(self, seed: int, space: Space) -> dict[str, Any]:
        """Return a configuration; parameters that no trial has had are drawn evenly."""
        rng = np.random.RandomState(seed)
        drawn: dict[str, Any] = {}

        def suggest_one(param: SpaceParam) -> Any:
            if param.name not in drawn:
                drawn.update(self._draw_group(param.name, rng))
            value = drawn.get(param.name)
            return param.at(rng.random_sample()) if value is None else clipped(param, value)

        return dict(space.suggest(suggest_one))

    def _draw_group(self, name: str, rng: np.random.RandomState) -> Mapping[str, Any]:
        """Draw the parameters that `name` always comes together with."""
        place = next((k for k, group in enumerate(self.groups) if name in group), None)
        if place is None:
            return {}
        if place not in self._estimators:
            group = self.groups[place]
            self._estimators[place] = (_estimator(self._good, group), _estimator(self._others, group))
        good, others = self._estimators[place]
        samples = good.sample(rng, N_CANDIDATES)
        best = int(np.argmax(good.log_pdf(samples) - others.log_pdf(samples)))
        return {key: self.groups[place][key].to_external_repr(values[best].item()) for key, values in samples.items()}


@final
class BlockedTpe:
    """Yields draws for a trial; a fit is made for the first trial of each block, and kept for the others."""

    def __init__(self, n_startup_trials: int, seed_of: Callable[[int, int], int], space: Space) -> None:
        """Make the sampler.

        Args:
            n_startup_trials: finished trials without which it draws nothing.
            seed_of: seed of an attempt at a trial.
            space: what is searched.
        """
        self._n_startup_trials = n_startup_trials
        self._seed_of = seed_of
        self._space = space
        self._fit: tuple[int, TpeFit | None] | None = None

    def draws(self, study: Study, trial: int, n_draws: int) -> Iterator[Mapping[str, Any]]:
        """Yield `n_draws` configurations for `trial`; none while too few trials are finished."""
        start, _ = block_of(trial)
        if self._fit is None or self._fit[0] != start:
            self._fit = (start, self._fitted(study, start))
        fit = self._fit[1]
        if fit is not None:
            for attempt in range(n_draws):
                yield fit.draw(self._seed_of(trial, attempt), self._space)

    def _fitted(self, study: Study, start: int) -> TpeFit | None:
        states = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.RUNNING)
        trials = [trial for trial in study.get_trials(deepcopy=False, states=states) if trial.number < start]
        n_finished = sum(trial.state.is_finished() for trial in trials)
        return TpeFit(trials) if n_finished >= max(self._n_startup_trials, 1) else None


def _estimator(trials: Sequence[FrozenTrial], group: dict[str, BaseDistribution]) -> _ParzenEstimator:
    """Fit the parameters of a group on the trials that have them all."""
    having = [trial for trial in trials if group.keys() <= trial.params.keys()]
    observed = {
        name: np.asarray([distribution.to_internal_repr(trial.params[name]) for trial in having], dtype=np.float64)
        for name, distribution in group.items()
    }
    return _ParzenEstimator(observed, group, _PARAMETERS)


def _badness(trial: FrozenTrial) -> tuple[int, float, float]:
    """Order trials as Optuna does: complete ones by value, then pruned ones, those that went far first."""
    if trial.state is TrialState.COMPLETE:
        return 0, 0.0, float(trial.value or 0.0)
    step, value = max(trial.intermediate_values.items(), default=(0, float("inf")))
    return 1, -float(step), value


def _number(trial: FrozenTrial) -> int:
    return trial.number
