import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from optuna.trial import FrozenTrial, TrialState
from optuna_trials import LINE, trial_of

from songpop.search.tpe_view import MAX_GOOD, MAX_VIEW, TrialView

ENDS = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL)


@pytest.mark.parametrize("n_trials", [5, 60, 1_000])
def test_the_view_is_optuna_s_split_as_long_as_it_holds_all(n_trials: int) -> None:
    trials = [trial_of(k, math.sin(k)) for k in range(n_trials)]
    good, others = TrialView().split(trials)
    assert len(good) == min(math.ceil(0.1 * n_trials), MAX_GOOD)
    assert max(trial.value or 0 for trial in good) <= min(trial.value or 0 for trial in others)
    assert len(good) + len(others) == min(n_trials, MAX_VIEW)
    if n_trials > MAX_VIEW:
        assert others[-1].number >= n_trials - 2
        assert min(trial.number for trial in others) > n_trials - 2 * MAX_VIEW


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 10**6), st.lists(st.integers(1, 250), min_size=1, max_size=4))
def test_a_view_that_grew_is_the_split_of_all_trials_at_once(seed: int, n_begun: list[int]) -> None:
    """Trials end in any order, some fail, values repeat, and a view is taken now and then; against plain sorting."""
    rng = np.random.default_rng(seed)
    n_trials = sum(n_begun)
    states = [ENDS[k] for k in rng.choice(len(ENDS), n_trials, p=[0.5, 0.4, 0.1])]
    values = rng.integers(0, n_trials, n_trials)
    ends_at = np.arange(n_trials) + rng.integers(0, 40, n_trials)
    ended = [trial_of(k, float(values[k]), LINE, states[k]) for k in range(n_trials)]
    running = [trial_of(k, 0.0, LINE, TrialState.RUNNING) for k in range(n_trials)]
    grown = TrialView()
    for n in np.cumsum(n_begun):
        trials = [ended[k] if ends_at[k] < n else running[k] for k in range(n)]
        assert numbers(grown.split(trials)) == numbers(split_by_sorting(trials))


def split_by_sorting(trials: list[FrozenTrial]) -> tuple[list[FrozenTrial], list[FrozenTrial]]:
    """What a view is, without anything kept."""

    def badness(trial: FrozenTrial) -> tuple[bool, float]:
        return trial.state is TrialState.PRUNED, trial.intermediate_values[3]

    by_badness = sorted((t for t in trials if t.state in (TrialState.COMPLETE, TrialState.PRUNED)), key=badness)
    n_good = min(math.ceil(0.1 * len(by_badness)), MAX_GOOD)
    others = sorted(by_badness[n_good:], key=lambda trial: trial.number)[n_good - MAX_VIEW :]
    others += [trial for trial in trials if trial.state is TrialState.RUNNING]
    return sorted(by_badness[:n_good], key=lambda t: t.number), sorted(others, key=lambda t: t.number)


def numbers(split: tuple[list[FrozenTrial], list[FrozenTrial]]) -> list[list[int]]:
    return [[trial.number for trial in part] for part in split]


def test_pruned_trials_are_worse_and_running_ones_are_no_better() -> None:
    pruned = [trial_of(k, 0.1, state=TrialState.PRUNED) for k in range(8)]
    running = trial_of(20, 0.0, state=TrialState.RUNNING)
    good, others = TrialView().split([*pruned, trial_of(10, 0.9), running])
    assert [trial.number for trial in good] == [10]
    assert others[-1].number == 20
