"""Who suggests: for each trial a row of candidates, of which the first untried one is taken.

Every candidate is a function of the search's seed, the trial's number and the trials before it, so that a search that
was killed goes on as if it had not been. `tpe` models conditional parameters jointly (multivariate, grouped). `gp` and
`cmaes` model only the parameters that every configuration has (`cmaes`: only numbers) and draw the others at random.
"""

import importlib.util
import warnings
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Protocol, final

import numpy as np
from optuna.exceptions import ExperimentalWarning
from optuna.samplers import BaseSampler, CmaEsSampler, GPSampler, RandomSampler
from optuna.study import Study
from optuna.trial import FrozenTrial

from songpop.errors import SettingsError
from songpop.search.advice import Advice, Values
from songpop.search.distributions import draw
from songpop.search.seeds import sampler_seed
from songpop.search.tpe import BlockedTpe
from songpop.settings import SamplerKind, SamplerSettings
from songpop.space import FloatParam, IntParam, Space

N_DRAWS = 5  # draws of the sampler itself before chance takes over
N_RANDOM_DRAWS = 100  # in a continuous space more repeats in a row do not happen


class Proposer(Protocol):
    """Suggests configurations."""

    def candidates(self, study: Study, trial: FrozenTrial) -> Iterator[Values]:
        """Yield configurations for `trial`, the best first; none is left when the space is exhausted."""
        ...


@final
class SamplerAdvisor:
    """A sampler of Optuna, asked for one trial after the other; implements `advice.Advisor`."""

    def __init__(self, proposer: Proposer) -> None:
        self._proposer = proposer

    def advise(self, study: Study, trial: FrozenTrial) -> Iterator[Advice]:
        """Return candidates for `trial`, the best first."""
        return (Advice(values=values) for values in self._proposer.candidates(study, trial))

    def begun(self, trial: int, advice: Advice) -> None:
        """Do nothing: the study tells."""

    def ended(self, trial: FrozenTrial) -> None:
        """Do nothing: the study tells."""


def build_proposer(settings: SamplerSettings, space: Space, search_seed: int) -> Proposer:
    """Return the sampler that the settings name.

    Raises:
        SettingsError: if it needs a package that is not installed, or cannot work on this space.
    """
    return _PROPOSERS[settings.kind](settings, space, search_seed)


def random_values(
    space: Space, search_seed: int, trial: int, *, attempt: int = 0, given: Values | None = None
) -> dict[str, Any]:
    """Draw a configuration evenly, apart from the parameters that are `given`."""
    rng = np.random.default_rng(sampler_seed(search_seed, trial, attempt))
    kept = given or {}
    return dict(space.suggest(lambda param: kept[param.name] if param.name in kept else param.at(rng.random())))


@final
class FreshSampler:
    """One of Optuna's samplers, made anew for every draw, so that its randomness depends on the trial alone."""

    def __init__(self, make: Callable[[int], BaseSampler], space: Space, search_seed: int) -> None:
        self._make = make
        self._space = space
        self._seed = search_seed

    def candidates(self, study: Study, trial: FrozenTrial) -> Iterator[Values]:
        """Yield the sampler's draws, then random ones, then what is left of a finite space."""
        for attempt in range(N_DRAWS):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ExperimentalWarning)  # `group` is meant
                sampler = self._make(sampler_seed(self._seed, trial.number, attempt))
            yield draw(sampler, study, trial, self._space)
        yield from leftovers(self._space, self._seed, trial.number)


@final
class SobolSequence:
    """Scrambled Sobol points over all parameters, conditional ones too: trial n is the n-th point.

    Optuna's QMCSampler covers only the parameters of its first trial, and its position cannot be set.
    """

    def __init__(self, space: Space, search_seed: int) -> None:
        self._space = space
        self._seed = search_seed

    def candidates(self, study: Study, trial: FrozenTrial) -> Iterator[Values]:
        """Yield the trial's point, then random ones, then what is left of a finite space."""
        del study
        names = [param.name for param in self._space.searched]
        from scipy.stats import qmc  # half a second, which no other sampler pays

        sobol = qmc.Sobol(d=max(len(names), 1), scramble=True, rng=np.random.default_rng(self._seed))
        if trial.number > 0:
            sobol.fast_forward(trial.number)
        shares = dict(zip(names, sobol.random(1)[0], strict=False))
        yield self._space.suggest(lambda param: param.at(float(shares[param.name])))
        yield from leftovers(self._space, self._seed, trial.number)


@final
class Grid:
    """Every configuration of the grid once, in order."""

    def __init__(self, space: Space) -> None:
        self._rest = space.grid()

    def candidates(self, study: Study, trial: FrozenTrial) -> Iterator[Values]:
        """Yield what is left of the grid; the next trial goes on behind it."""
        del study, trial
        # Not `yield from`: the caller drops this iterator, and the grid must survive it.
        for values in self._rest:  # noqa: UP028
            yield values


def leftovers(space: Space, search_seed: int, trial: int) -> Iterator[Values]:
    """Yield random configurations, and then every one of a finite space."""
    for attempt in range(N_DRAWS, N_DRAWS + N_RANDOM_DRAWS):
        yield random_values(space, search_seed, trial, attempt=attempt)
    if space.is_finite:
        yield from space.configurations()


@final
class Tpe:
    """TPE (tpe.py), and chance before it has learnt anything."""

    def __init__(self, settings: SamplerSettings, space: Space, search_seed: int) -> None:
        self._space = space
        self._seed = search_seed
        self._tpe = BlockedTpe(
            settings.n_startup_trials, lambda trial, attempt: sampler_seed(search_seed, trial, attempt), space
        )

    def candidates(self, study: Study, trial: FrozenTrial) -> Iterator[Values]:
        """Yield draws, then random ones, then what is left of a finite space."""
        yield from self._tpe.draws(study, trial.number, N_DRAWS)
        yield from leftovers(self._space, self._seed, trial.number)


def _random(settings: SamplerSettings, space: Space, search_seed: int) -> Proposer:
    return FreshSampler(lambda seed: RandomSampler(seed=seed), space, search_seed)


def _cmaes(settings: SamplerSettings, space: Space, search_seed: int) -> Proposer:
    _require("cmaes", "cmaes", "cmaes")
    numbers = [p.name for p in space.searched if isinstance(p, FloatParam | IntParam) and not p.when]
    if len(numbers) < 2:
        raise SettingsError(
            "sampler=cmaes needs at least two numbers in the space that exist unconditionally, "
            f"but it has {len(numbers)}. Choose another sampler, such as sampler=tpe."
        )

    def make(seed: int) -> BaseSampler:
        n_startup = max(settings.n_startup_trials, 1)
        return CmaEsSampler(n_startup_trials=n_startup, seed=seed, warn_independent_sampling=False)

    return FreshSampler(make, space, search_seed)


def _gp(settings: SamplerSettings, space: Space, search_seed: int) -> Proposer:
    _require("gp", "torch", "gp")

    def make(seed: int) -> BaseSampler:
        n_startup = max(settings.n_startup_trials, 1)
        return GPSampler(n_startup_trials=n_startup, seed=seed, warn_independent_sampling=False)

    return FreshSampler(make, space, search_seed)


def _require(sampler: str, package: str, extra: str) -> None:
    if importlib.util.find_spec(package) is None:
        raise SettingsError(
            f"sampler={sampler} needs the package {package}, which is not installed. "
            f"Install it by: pip install 'songpop[{extra}]'."
        )


_PROPOSERS: Mapping[SamplerKind, Callable[[SamplerSettings, Space, int], Proposer]] = MappingProxyType(
    {
        SamplerKind.tpe: Tpe,
        SamplerKind.random: _random,
        SamplerKind.qmc: lambda settings, space, search_seed: SobolSequence(space, search_seed),
        SamplerKind.grid: lambda settings, space, search_seed: Grid(space),
        SamplerKind.cmaes: _cmaes,
        SamplerKind.gp: _gp,
    }
)
