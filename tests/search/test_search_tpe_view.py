import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from optuna.trial import FrozenTrial, TrialState
from optuna_trials import LINE, trial_of

from songpop.search.tpe_view import MAX_GOOD, MAX_VIEW, TrialView


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


@settings(deadline=None, max_examples=50)
@given(st.lists(st.sampled_from(list(TrialState)), min_size=1, max_size=60), st.data())
def test_a_view_that_grew_is_that_of_all_trials_at_once(states: list[TrialState], data: st.DataObject) -> None:
    """Trials end in any order, some fail, and a view is taken now and then."""
    ended = [trial_of(k, math.sin(9 * k), LINE, state) for k, state in enumerate(states)]
    ending = data.draw(st.permutations(range(len(ended))))
    grown, n_begun, has_ended = TrialView(), 0, set[int]()
    while n_begun < len(ended):
        n_begun = data.draw(st.integers(n_begun + 1, len(ended)))
        has_ended |= {k for k in ending if k < n_begun and data.draw(st.booleans())}
        trials = [ended[k] if k in has_ended else trial_of(k, 0.0, LINE, TrialState.RUNNING) for k in range(n_begun)]
        assert numbers(grown.split(trials)) == numbers(TrialView().split(trials))


def numbers(split: tuple[list[FrozenTrial], list[FrozenTrial]]) -> list[list[int]]:
    return [[trial.number for trial in part] for part in split]


def test_pruned_trials_are_worse_and_running_ones_are_no_better() -> None:
    pruned = [trial_of(k, 0.1, state=TrialState.PRUNED) for k in range(8)]
    running = trial_of(20, 0.0, state=TrialState.RUNNING)
    good, others = TrialView().split([*pruned, trial_of(10, 0.9), running])
    assert [trial.number for trial in good] == [10]
    assert others[-1].number == 20
