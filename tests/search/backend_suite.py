"""What every SearchBackend must do; inherit it and give `make`, which opens the same study again on every call."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from search_fakes import FOUR, FakeEngine, FakeTracker, finish, result_of

from songpop.contracts import Done, SearchBackend, TrialSpec, TrialState, Wait
from songpop.search.driver import run_search

Make = Callable[..., Any]


def ask(backend: SearchBackend) -> TrialSpec:
    answer = backend.ask()
    assert isinstance(answer, TrialSpec), answer
    return answer


class BackendSuite:
    @pytest.fixture
    def make(self, tmp_path: Path) -> Make:
        raise NotImplementedError

    def test_numbers_count_from_zero_and_end_with_the_budget(self, make: Make) -> None:
        backend = make(n_trials=3)
        for number in range(3):
            spec = ask(backend)
            assert spec.trial == number
            finish(backend, result_of(spec, [0.5]), f"run-{number}")
        assert backend.ask() == Done("all 3 trials are finished")
        assert [trial.trial for trial in backend.finished()] == [0, 1, 2]

    def test_running_trials_count_towards_the_budget(self, make: Make) -> None:
        backend = make(n_trials=2)
        first, second = ask(backend), ask(backend)
        assert backend.ask() == Wait()
        finish(backend, result_of(second, [0.5]), "b")
        assert backend.ask() == Wait()
        finish(backend, result_of(first, [0.4]), "a")
        assert isinstance(backend.ask(), Done)

    def test_parallel_engines_do_not_overshoot(self, make: Make) -> None:
        engine = FakeEngine(n_slots=4)
        summary = run_search(make(n_trials=10), engine, FakeTracker, on_progress=lambda progress: None)
        assert summary.n_finished == len(engine.asked) == 10
        assert engine.n_running_max == 4

    def test_what_was_told_is_there_after_opening_again(self, make: Make) -> None:
        backend = make(n_trials=3)
        for values, state in (([0.5, 0.4], TrialState.COMPLETE), ([0.9], TrialState.PRUNED), ([], TrialState.FAILED)):
            spec = ask(backend)
            finish(backend, result_of(spec, values, state), f"run-{spec.trial}")
        before, best = backend.finished(), backend.best()
        backend.close()
        again = make(n_trials=3)
        assert repr(again.finished()) == repr(before)
        assert again.best() == best
        assert isinstance(again.ask(), Done)
        complete, pruned, failed = again.finished()
        assert (complete.value, complete.n_epochs, complete.best_epoch, complete.run_id) == (0.4, 2, 2, "run-0")
        assert (pruned.state, failed.state) == (TrialState.PRUNED, TrialState.FAILED)

    def test_a_greater_budget_goes_on(self, make: Make) -> None:
        run_search(backend := make(n_trials=3), FakeEngine(), FakeTracker, on_progress=lambda progress: None)
        backend.close()
        summary = run_search(make(n_trials=5), FakeEngine(), FakeTracker, on_progress=lambda progress: None)
        assert (summary.n_finished, summary.n_new) == (5, 2)

    @pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
    def test_an_objective_that_is_no_number_is_a_failure(self, make: Make, value: float) -> None:
        backend = make(n_trials=1)
        result = replace(result_of(ask(backend), [0.5]), metrics={"val_log_loss": value})
        told = finish(backend, result, "run")
        assert told.state is TrialState.FAILED
        assert backend.best() is None

    def test_no_configuration_is_trained_twice(self, make: Make) -> None:
        engine = FakeEngine(n_slots=2)
        summary = run_search(make(space=FOUR, n_trials=9), engine, FakeTracker, on_progress=lambda progress: None)
        assert len({spec.params for spec in engine.asked}) == len(engine.asked) == summary.n_finished == 4
        assert "tried" in summary.reason

    def test_what_was_suggested_is_known_while_running_and_after(self, make: Make) -> None:
        backend = make(n_trials=1)
        spec = ask(backend)
        suggested = backend.suggested(0)
        finish(backend, result_of(spec, [0.5]), "run")
        assert backend.suggested(0) == suggested == backend.finished()[0].suggested
        assert suggested["learning_rate"] == spec.params.learning_rate

    def test_known_points_come_first(self, make: Make) -> None:
        points = [
            {"regularization": "l2", "l2": 1e-3, "dropout_first": 0.25, "learning_rate": 1e-3},
            {"learning_rate": 1e-2},
        ]
        backend = make(n_trials=3, known_points=points)
        first = ask(backend)
        assert backend.suggested(0) == points[0]
        finish(backend, result_of(first, [0.5]), "run")
        backend.close()
        again = make(n_trials=3, known_points=points)
        assert ask(again).params.learning_rate == 1e-2
        assert ask(again).params.learning_rate not in (1e-2, 1e-3)

    def test_the_time_budget_ends_asking(self, make: Make) -> None:
        now = [0.0]
        backend = make(n_trials=5, timeout_s=10.0, clock=lambda: now[0])
        ask(backend)
        now[0] = 10.0
        assert backend.ask() == Done("search.timeout_s=10 is over")
