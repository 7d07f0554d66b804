"""KerasTuner's oracles as advisors of a search: random, bayesian, hyperband, grid.

The oracle decides; the study keeps. An oracle's `create_trial` and `end_trial` would write a file or more each time, in
a folder that a kill leaves half-written, and leak their lock with an exception: here `populate_space` is asked, which
is an oracle's part of it, and its trials are rebuilt from the study when a search goes on. Its randomness comes from
the search's seed and the trial's number, so that a search of one trial at a time that was killed goes on as if it had
not been. (Of several, the bayesian oracle judges those that run by the Gaussian process of its last answer.)
"""

import math
import warnings
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, final

import numpy as np
from optuna.study import Study
from optuna.trial import FrozenTrial
from optuna.trial import TrialState as OptunaState
from sklearn.exceptions import ConvergenceWarning
from threadpoolctl import ThreadpoolController

from songpop.contracts import Wait
from songpop.errors import OracleError, SettingsError
from songpop.search.advice import Advice, Advisor
from songpop.search.brackets import Brackets
from songpop.search.kerastuner_runtime import Trial, keras_tuner
from songpop.search.kerastuner_space import configuration, hyperparameters
from songpop.search.outcome import number_of, objective_of
from songpop.search.samplers import N_DRAWS, leftovers
from songpop.search.seeds import sampler_seed
from songpop.settings import OracleKind, SearchSettings
from songpop.space import Space

_MAX_COLLISIONS = 20_000  # some seconds of an oracle that finds nothing new
_N_BAYESIAN_DRAWS = 2  # each fits its Gaussian process anew: seconds
_OBJECTIVE = "val_log_loss"
_RUNNING, _IDLE, _COMPLETED, _FAILED = "RUNNING", "IDLE", "COMPLETED", "FAILED"  # KerasTuner's words


def build_advisor(settings: SearchSettings, space: Space, n_epochs: int) -> Advisor:
    """Return the oracle that `settings.algorithm` names.

    Args:
        settings: the group `search`.
        space: what is searched.
        n_epochs: the most that a trial can have; Hyperband's brackets reckon with it.

    Raises:
        SettingsError: if no algorithm is named.
        SpaceError: if a grid is asked for, and a continuous parameter does not say which values it takes.
    """
    if settings.algorithm is None:
        known = ", ".join(kind.value for kind in OracleKind)
        raise SettingsError(f"`search.algorithm` must be one of {known} where search=kerastuner, but it is not set.")
    return _ADVISORS[settings.algorithm](settings, space, n_epochs)


@final
class OracleAdvisor:
    """The random, the bayesian or the Hyperband oracle; implements `advice.Advisor`."""

    def __init__(self, oracle: Any, space: Space, search_seed: int, brackets: Brackets | None = None) -> None:
        """Take an oracle that knows of no trial.

        Args:
            oracle: a keras_tuner.Oracle that has the whole space.
            space: what is searched.
            search_seed: from which its randomness comes.
            brackets: of a Hyperband oracle; None: it is another.
        """
        self._oracle = oracle
        self._space = space
        self._seed = search_seed
        self._brackets = brackets
        self._blas = ThreadpoolController().select(user_api="blas")

    def advise(self, study: Study, trial: FrozenTrial) -> Iterator[Advice] | Wait:
        """Return what the oracle suggests; chance takes over where it only repeats itself."""
        del study
        first = self._ask(trial.number, 0)
        if first["status"] == _IDLE:
            return Wait()
        return self._advices(trial.number, first)

    def begun(self, trial: int, advice: Advice) -> None:
        """Take into account that a trial runs; Hyperband also, in which of its rounds it is."""
        oracle, name = self._oracle, str(trial)
        oracle.trials[name] = _trial(oracle, name, advice.values)
        oracle.start_order.append(name)
        oracle.ongoing_trials[name] = oracle.trials[name]
        oracle._record_values(oracle.trials[name])  # not to be suggested again
        if advice.round is not None and self._brackets is not None:
            self._brackets.note(trial, advice.round)

    def ended(self, trial: FrozenTrial) -> None:
        """Take a trial's end into account; KerasTuner knows no pruned ones: they count with the best that they had."""
        name = str(number_of(trial))
        ended = self._oracle.trials[name]
        ended.status = _FAILED if trial.state is OptunaState.FAIL else _COMPLETED
        ended.score = None if trial.state is OptunaState.FAIL else objective_of(trial)
        self._oracle.end_order.append(name)
        self._oracle.ongoing_trials.pop(name)

    def _advices(self, trial: int, answer: Mapping[str, Any]) -> Iterator[Advice]:
        for attempt in range(_N_BAYESIAN_DRAWS if hasattr(self._oracle, "gpr") else N_DRAWS):
            answer = self._ask(trial, attempt) if attempt else answer
            if answer["status"] != _RUNNING:
                break
            values = configuration(self._space, answer["values"])
            if self._brackets is not None:
                yield Advice(values=values, round=self._brackets.round_of(trial, answer["values"]))
                return  # it has its place in a bracket now, and is new to the oracle
            yield Advice(values=values)
        if self._brackets is None:
            yield from (Advice(values=values) for values in leftovers(self._space, self._seed, trial))

    def _ask(self, trial: int, attempt: int) -> Mapping[str, Any]:
        """Ask the oracle, with randomness of this attempt at this trial alone."""
        seed, oracle = sampler_seed(self._seed, trial, attempt), self._oracle
        oracle._seed_state = seed
        if hasattr(oracle, "gpr"):
            oracle._random_state = np.random.RandomState(seed)
            oracle.gpr.random_state = seed
        if self._brackets is not None:
            self._brackets.restore()
        # More threads would sum in another order: suggestions would depend on the machine's cores.
        with warnings.catch_warnings(), self._blas.limit(limits=1):
            # Its Gaussian process starts 20 times, and warns of each end at a bound.
            warnings.simplefilter("ignore", ConvergenceWarning)
            return _suggested(oracle, str(trial))


@final
class GridAdvisor:
    """The grid oracle; implements `advice.Advisor`. Its order depends on no trial's end, so it is told of none."""

    def __init__(self, oracle: Any, space: Space) -> None:
        self._oracle = oracle
        self._space = space

    def advise(self, study: Study, trial: FrozenTrial) -> Iterator[Advice]:
        """Return what is left of the grid; the next trial goes on behind it."""
        del study, trial
        while (values := self._next()) is not None:
            yield Advice(values=configuration(self._space, values))

    def begun(self, trial: int, advice: Advice) -> None:
        """Do nothing."""

    def ended(self, trial: FrozenTrial) -> None:
        """Do nothing."""

    def _next(self) -> Mapping[str, Any] | None:
        oracle, name = self._oracle, str(len(self._oracle.trials))
        answer = _suggested(oracle, name)
        if answer["status"] != _RUNNING:
            return None
        oracle.trials[name] = _trial(oracle, name, answer["values"])
        oracle.start_order.append(name)
        # What comes behind it is found from this one; the oracle itself would do so only when it has ended, in case
        # that it brings new parameters, and let no two trials run beside each other.
        oracle._populate_next.append(name)
        values: Mapping[str, Any] = answer["values"]
        return values


def _suggested(oracle: Any, name: str) -> Mapping[str, Any]:
    """Return what an oracle answers; in KerasTuner itself an error of its own would be one trial's, and go by."""
    try:
        answer: Mapping[str, Any] = oracle.populate_space(name)
    except Exception as error:
        raise OracleError(
            f"KerasTuner's {type(oracle).__name__} must suggest a trial, but it failed "
            f"({type(error).__name__}: {error}). What was finished is kept: choose another search.algorithm, or "
            "search=optuna. --debug shows where."
        ) from error
    return answer


def _trial(oracle: Any, name: str, values: Mapping[str, Any]) -> Any:
    found = oracle.get_space()
    found.values = dict(values)
    return Trial(hyperparameters=found, trial_id=name, status=_RUNNING)


def _oracle(name: str, space: Space, *, is_grid: bool = False, **options: Any) -> Any:
    """Return one of KerasTuner's oracles with the whole space, which nothing may be added to."""
    return getattr(keras_tuner.oracles, name)(
        objective=keras_tuner.Objective(_OBJECTIVE, "min"),
        hyperparameters=hyperparameters(space, is_grid=is_grid),
        tune_new_entries=False,
        allow_new_entries=False,
        seed=1,  # any but 0, which means a random one; each trial brings its own
        **options,
    )


def _random(settings: SearchSettings, space: Space, n_epochs: int) -> Advisor:
    return OracleAdvisor(_oracle("RandomSearchOracle", space), space, settings.seed)


def _bayesian(settings: SearchSettings, space: Space, n_epochs: int) -> Advisor:
    oracle = _oracle("BayesianOptimizationOracle", space, num_initial_points=settings.n_initial_points)
    return OracleAdvisor(oracle, space, settings.seed)


def _hyperband(settings: SearchSettings, space: Space, n_epochs: int) -> Advisor:
    # Its brackets come again and again (0: without an end): the budget is the study's.
    factor = settings.reduction_factor
    oracle = _oracle("HyperbandOracle", space, max_epochs=n_epochs, factor=factor, hyperband_iterations=0)
    if space.is_finite:
        # It takes a space for exhausted after so many repeats in a row: 20, with half of a small space still untried.
        oracle._max_collisions = min(20 * math.prod(param.n_values or 1 for param in space.params), _MAX_COLLISIONS)
    return OracleAdvisor(oracle, space, settings.seed, Brackets(oracle, factor))


def _grid(settings: SearchSettings, space: Space, n_epochs: int) -> Advisor:
    return GridAdvisor(_oracle("GridSearchOracle", space, is_grid=True), space)


_ADVISORS: Mapping[OracleKind, Callable[[SearchSettings, Space, int], Advisor]] = MappingProxyType(
    {
        OracleKind.random: _random,
        OracleKind.bayesian: _bayesian,
        OracleKind.hyperband: _hyperband,
        OracleKind.grid: _grid,
    }
)
