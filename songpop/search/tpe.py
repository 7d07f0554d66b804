"""TPE at a flat price: Optuna's Parzen estimators on a bounded view of the study, fitted once for several trials.

`optuna.samplers.TPESampler` fits anew for each trial, on all trials: 90 to 160 ms at 1,000 trials of space `full`, and
more with every further one. Here trials come in blocks that share a fit and are drawn from it together (4 to 6 ms a
trial, at 1,000 as at 10,000), blocks grow with the study, and a fit looks at the best trials and the latest others, as
many as Optuna's own rule can use (a tenth, at most 25, are good ones). Conditional parameters, weights and the choice
among candidates are Optuna's (multivariate, group).

Owns: blocks, the fit, the draw. A block and its view (tpe_view.py) depend on trial numbers alone, so that a search of
one trial at a time that was killed goes on as if it had not been.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, final

import numpy as np
from numpy.typing import NDArray
from optuna.distributions import BaseDistribution
from optuna.samplers._tpe.parzen_estimator import _ParzenEstimator, _ParzenEstimatorParameters
from optuna.samplers._tpe.probability_distributions import _BatchedCategoricalDistributions
from optuna.samplers._tpe.sampler import default_weights
from optuna.search_space.group_decomposed import _SearchSpaceGroup
from optuna.study import Study
from optuna.trial import FrozenTrial
from scipy.special import ndtr, ndtri

from songpop.search.distributions import clipped
from songpop.search.tpe_view import TrialView
from songpop.space import Space, SpaceParam

N_CANDIDATES = 24  # of which the likeliest to be good is taken; Optuna's default
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


@final
class TpeFit:
    """One fit, from which any number of configurations can be drawn."""

    def __init__(self, good: Sequence[FrozenTrial], others: Sequence[FrozenTrial]) -> None:
        """Fit.

        Args:
            good: trials to be like.
            others: trials to be unlike, running ones among them.
        """
        self._good, self._others = good, others
        group = _SearchSpaceGroup()
        for trial in (*good, *others):
            group.add_distributions(trial.distributions)
        # Sorted, since the order of a set of strings changes from process to process.
        spaces = [dict(sorted(space.items())) for space in group.search_spaces]
        self.groups = sorted(spaces, key=lambda space: next(iter(space)))
        self._place_of = {name: place for place, group in enumerate(self.groups) for name in group}
        self._estimators: dict[int, tuple[_ParzenEstimator, _ParzenEstimator]] = {}

    def draws(self, seeds: Sequence[int], space: Space) -> list[dict[str, Any]]:
        """Return a configuration for each seed, drawn together: most of a draw's time goes for its calls.

        Args:
            seeds: of the configurations; the first is also that of what they are drawn from together, so that a
                configuration depends on its seed, its place and the first.
            space: what is searched; parameters that no trial has had are drawn evenly.
        """
        drawn: dict[int, Mapping[str, list[Any]]] = {}

        def draw_one(place: int, seed: int) -> dict[str, Any]:
            rng = np.random.RandomState(seed)

            def suggest_one(param: SpaceParam) -> Any:
                group = self._place_of.get(param.name)
                if group is None:
                    return param.at(rng.random_sample())
                if group not in drawn:
                    drawn[group] = self._draw_group(group, np.random.RandomState([seeds[0], group]), len(seeds))
                return clipped(param, drawn[group][param.name][place])

            return dict(space.suggest(suggest_one))

        return [draw_one(place, seed) for place, seed in enumerate(seeds)]

    def _draw_group(self, place: int, rng: np.random.RandomState, n_draws: int) -> Mapping[str, list[Any]]:
        """Draw the parameters of a group, which always come together, `n_draws` times."""
        group = self.groups[place]
        if place not in self._estimators:
            self._estimators[place] = (_estimator(self._good, group), _estimator(self._others, group))
        good, others = self._estimators[place]
        samples = dict(zip(group, _candidates(good, rng, n_draws * N_CANDIDATES), strict=True))
        score = good.log_pdf(samples) - others.log_pdf(samples)
        best = np.arange(n_draws) * N_CANDIDATES + score.reshape(n_draws, N_CANDIDATES).argmax(axis=1)
        return {
            name: [group[name].to_external_repr(value) for value in values[best].tolist()]
            for name, values in samples.items()
        }


@final
class BlockedTpe:
    """Yields draws for a trial; what the trials of a block share is made for the first of them that asks."""

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
        self._view = TrialView()
        self._fit: tuple[int, TpeFit | None] | None = None
        self._drawn: dict[int, list[dict[str, Any]]] = {}  # by attempt, for the trials of the block

    def draws(self, study: Study, trial: int, n_draws: int) -> Iterator[Mapping[str, Any]]:
        """Yield `n_draws` configurations for `trial`; none while too few trials are finished."""
        start, end = block_of(trial)
        if self._fit is None or self._fit[0] != start:
            self._fit, self._drawn = (start, self._fitted(study, start)), {}
        fit = self._fit[1]
        if fit is None:
            return
        for attempt in range(n_draws):
            if attempt not in self._drawn:
                seeds = [self._seed_of(one, attempt) for one in range(start, end)]
                self._drawn[attempt] = fit.draws(seeds, self._space)
            yield self._drawn[attempt][trial - start]

    def _fitted(self, study: Study, start: int) -> TpeFit | None:
        good, others = self._view.split(study.get_trials(deepcopy=False)[:start])
        return TpeFit(good, others) if self._view.n_judged >= max(self._n_startup_trials, 1) else None


def _estimator(trials: Sequence[FrozenTrial], group: dict[str, BaseDistribution]) -> _ParzenEstimator:
    """Fit the parameters of a group on the trials that have them all."""
    having = [trial for trial in trials if group.keys() <= trial.params.keys()]
    observed = {
        name: np.asarray([distribution.to_internal_repr(trial.params[name]) for trial in having], dtype=np.float64)
        for name, distribution in group.items()
    }
    return _ParzenEstimator(observed, group, _PARAMETERS)


def _candidates(
    estimator: _ParzenEstimator, rng: np.random.RandomState, n_candidates: int
) -> Iterator[NDArray[np.float64]]:
    """Yield each parameter's values; as `estimator.sample`, whose quantiles cost a Python call for each number.

    A kernel's mean lies between its bounds, so that its quantiles need no logarithms.
    """
    mixture = estimator._mixture_distribution
    active = rng.choice(len(mixture.weights), p=mixture.weights, size=n_candidates)
    for kernel in mixture.distributions:
        share = rng.random_sample(n_candidates)
        if isinstance(kernel, _BatchedCategoricalDistributions):
            yield (kernel.weights[active].cumsum(axis=1)[:, :-1] < share[:, None]).sum(axis=1).astype(np.float64)
            continue
        mean, spread = kernel.mu[active], kernel.sigma[active]
        low, high = (ndtr((bound - mean) / spread) for bound in (kernel.adapted_low, kernel.adapted_high))
        value = np.clip(mean + spread * ndtri(low + share * (high - low)), kernel.adapted_low, kernel.adapted_high)
        value = np.exp(value) if kernel.is_log else value
        if kernel.step:
            value = kernel.low + np.round((value - kernel.low) / kernel.step) * kernel.step
        yield np.clip(value, kernel.low, kernel.high)
