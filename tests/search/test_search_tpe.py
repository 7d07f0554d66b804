import itertools
from typing import Any

import numpy as np
import optuna
import pytest
import scipy.stats
from optuna_trials import LINE, trial_of
from search_fakes import SPACE, entry

from songpop.search.distributions import distribution
from songpop.search.samplers import random_values
from songpop.search.tpe import MAX_BLOCK, BlockedTpe, TpeFit, _candidates, _estimator, block_of
from songpop.search.tpe_view import TrialView
from songpop.space import Space


def test_blocks_follow_one_another_and_grow() -> None:
    blocks = list(dict.fromkeys(block_of(trial) for trial in range(2_000)))
    assert all(end == start for (_, end), (start, _) in itertools.pairwise(blocks))
    sizes = [end - start for start, end in blocks]
    assert sizes == sorted(sizes)
    assert (sizes[0], sizes[63], sizes[-1]) == (1, 1, MAX_BLOCK)


def test_conditional_parameters_are_drawn_jointly_with_what_they_come_with() -> None:
    fit = TpeFit(*TrialView().split([trial_of(k, float(k)) for k in range(40)]))
    assert sorted(name for group in fit.groups for name in group) == sorted(SPACE.order)
    always = next(group for group in fit.groups if "learning_rate" in group)
    assert set(always) == {"regularization", "dropout_first", "learning_rate"}
    drawn = fit.draws(range(50), SPACE)
    assert all(SPACE.contains(values) for values in drawn)
    assert drawn == fit.draws(range(50), SPACE)
    assert len({str(values) for values in drawn}) > 40


def test_it_draws_like_optuna_s_own_sampler() -> None:
    """The same view, no conditions: the means of many draws agree."""
    trials = [trial_of(k, abs(random_values(LINE, 0, k)["dropout_first"] - 0.2), LINE) for k in range(80)]
    fit = TpeFit(*TrialView().split(trials))
    mine = [
        values["dropout_first"] for first in range(0, 200, 8) for values in fit.draws(range(first, first + 8), LINE)
    ]
    study = optuna.create_study()
    study.add_trials(trials)
    theirs = []
    for seed in range(60):
        sampler = optuna.samplers.TPESampler(multivariate=True, constant_liar=False, seed=seed)
        space = sampler.infer_relative_search_space(study, trials[0])
        theirs.append(sampler.sample_relative(study, trial_of(999, 0.0, LINE), space)["dropout_first"])
    assert np.mean(mine) == pytest.approx(np.mean(theirs), abs=0.02)
    assert np.std(mine) == pytest.approx(np.std(theirs), abs=0.03)


@pytest.mark.parametrize(
    ("name", "kind", "settings"),
    [
        ("dropout_first", "float", {"low": 0.0, "high": 0.5}),
        ("learning_rate", "float", {"low": 1e-5, "high": 1e-1, "log": True}),
        ("batch_size", "int", {"low": 1, "high": 9}),
        ("batch_size", "int", {"low": 1, "high": 64, "log": True}),
        ("activation", "choice", {"choices": ["relu", "gelu", "elu"]}),
    ],
)
def test_candidates_are_spread_as_optuna_s(name: str, kind: str, settings: dict[str, Any]) -> None:
    """Kolmogorov and Smirnov's test of two samples of 4,000, on each kind of parameter."""
    space = Space.from_settings({name: entry(kind, **settings)})
    group = {name: distribution(space.by_name[name])}
    estimator = _estimator([trial_of(k, 0.0, space) for k in range(30)], group)
    (mine,) = _candidates(estimator, np.random.RandomState(0), 4_000)
    theirs = estimator.sample(np.random.RandomState(1), 4_000)[name]
    assert kind == "float" or set(mine) == set(theirs)
    assert scipy.stats.ks_2samp(mine, theirs).pvalue > 1e-3


def test_nothing_is_drawn_before_anything_is_known() -> None:
    tpe = BlockedTpe(4, lambda trial, attempt: trial, SPACE)
    assert list(tpe.draws(optuna.create_study(), 0, 5)) == []
