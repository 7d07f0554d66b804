import logging
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from backend_suite import BackendSuite, Make, ask
from search_fakes import FOUR, SPACE, FakeEngine, FakeTracker, curve, entry, finish, opened, result_of

from songpop.contracts import Done, TrialResult, TrialSpec, TrialState
from songpop.errors import ResumeError, SettingsError, SpaceError, StoreError
from songpop.search.driver import run_search
from songpop.search.study_backend import StudyBackend
from songpop.space import Space


def quietly(backend: StudyBackend, engine: FakeEngine) -> Any:
    return run_search(backend, engine, FakeTracker, on_progress=lambda progress: None)


class _Opened:
    @pytest.fixture
    def make(self, tmp_path: Path) -> Iterator[Make]:
        backends: list[StudyBackend] = []

        def make(**options: Any) -> StudyBackend:
            backends.append(opened(tmp_path, **{**self.options(tmp_path), **options}))
            return backends[-1]

        yield make
        for backend in backends:
            backend.close()

    def options(self, folder: Path) -> dict[str, Any]:
        return {}


class TestJournal(_Opened, BackendSuite):
    pass


class TestTpe(_Opened, BackendSuite):
    def options(self, folder: Path) -> dict[str, Any]:
        return {"sampler": "tpe", "pruner": "asha"}


class TestQmc(_Opened, BackendSuite):
    def options(self, folder: Path) -> dict[str, Any]:
        return {"sampler": "qmc", "pruner": "hyperband"}


@pytest.mark.slow  # each commit of SQLite waits for the disk
class TestSqlite(_Opened, BackendSuite):
    def options(self, folder: Path) -> dict[str, Any]:
        return {"storage": f"sqlite:///{folder / 'studies.db'}"}


class CrashError(Exception):
    """The process dies here, as far as the study can tell."""


def crash_after(n_results: int) -> Any:
    seen: list[TrialResult] = []

    def before_yield(result: TrialResult) -> None:
        seen.append(result)
        if len(seen) > n_results:
            raise CrashError

    return before_yield


def trace(backend: StudyBackend) -> list[Any]:
    return [(t.trial, t.state, dict(t.suggested), t.value, t.n_epochs) for t in backend.finished()]


@pytest.mark.parametrize(
    ("sampler", "pruner"),
    [("tpe", "asha"), ("tpe", "hyperband"), ("random", "median"), ("qmc", "asha"), ("cmaes", "none")],
)
def test_a_killed_search_goes_on_as_if_it_had_not_been_killed(tmp_path: Path, sampler: str, pruner: str) -> None:
    options: dict[str, Any] = {
        "sampler": sampler,
        "pruner": pruner,
        "n_trials": 24,
        "seed": 3,
        "known_points": [{"learning_rate": 3e-3}],
    }
    whole = opened(tmp_path / "whole", **options)
    quietly(whole, FakeEngine())
    for n_results in (0, 3, 9):
        broken = opened(tmp_path / "broken", **options)
        with pytest.raises(CrashError):
            quietly(broken, FakeEngine(before_yield=crash_after(n_results)))
        broken.close()
    mended = opened(tmp_path / "broken", **options)
    quietly(mended, FakeEngine())
    assert repr(trace(mended)) == repr(trace(whole))
    assert len({repr(t.suggested) for t in whole.finished()}) == 24


@pytest.mark.parametrize("pruner", ["asha", "hyperband"])
@pytest.mark.parametrize("n_startup_trials", [0, 5])
def test_halving_waits_for_complete_trials(tmp_path: Path, pruner: str, n_startup_trials: int) -> None:
    options = {"n_startup_trials": n_startup_trials}
    backend = opened(tmp_path, pruner=pruner, n_trials=24, seed=3, pruner_options=options)
    quietly(backend, FakeEngine())
    states = [trial.state for trial in backend.finished()]
    first_pruned = states.index(TrialState.PRUNED)  # some are, and the first of them not too early
    assert states[:first_pruned].count(TrialState.COMPLETE) >= n_startup_trials
    if not n_startup_trials:
        assert first_pruned < 5  # without waiting it would have been


def test_another_seed_is_another_search(tmp_path: Path) -> None:
    first, second = (ask(opened(tmp_path / str(seed), seed=seed)) for seed in (0, 1))
    assert first.params != second.params


def test_trials_lost_in_a_crash_are_run_first_under_their_numbers(tmp_path: Path) -> None:
    backend = opened(tmp_path, n_trials=6)
    specs = [ask(backend) for _ in range(4)]
    for lost in (1, 3):
        finish(backend, result_of(specs[lost], [0.5]))
    backend.close()
    again = opened(tmp_path, n_trials=6)
    asked = [ask(again) for _ in range(4)]
    assert [spec.trial for spec in asked] == [0, 2, 4, 5]
    assert asked[0].params == specs[0].params
    assert asked[1].params == specs[2].params


def test_repeats_cost_neither_a_number_nor_the_budget(tmp_path: Path) -> None:
    engine = FakeEngine()
    summary = quietly(opened(tmp_path, space=FOUR, sampler="tpe", n_trials=4), engine)
    assert [spec.trial for spec in engine.asked] == [0, 1, 2, 3]
    assert summary.reason == "all 4 trials are finished"


def test_the_grid_goes_through_every_configuration_in_order(tmp_path: Path) -> None:
    engine = FakeEngine()
    first = opened(tmp_path, sampler="grid", n_trials=7)
    quietly(first, engine)
    first.close()
    summary = quietly(opened(tmp_path, sampler="grid", n_trials=99), engine)
    assert SPACE.n_grid == summary.n_finished == 16
    expected = [SPACE.to_params(values, engine.asked[0].params) for values in SPACE.grid()]
    assert [spec.params.l2 for spec in engine.asked] == [params.l2 for params in expected]
    assert len({spec.params for spec in engine.asked}) == 16


@pytest.mark.parametrize("pruner", ["median", "asha", "hyperband", "patient"])
def test_no_trial_is_given_up_before_its_time(tmp_path: Path, pruner: str) -> None:
    def worse_and_worse(spec: TrialSpec) -> list[float]:
        return [1.0 + spec.trial + 0.1 * epoch for epoch in range(1, 31)]

    options = {"min_epochs": 3, "n_startup_trials": 1, "patience": 1}
    backend = opened(tmp_path, pruner=pruner, n_trials=20, n_epochs=30, pruner_options=options)
    quietly(backend, FakeEngine(values_of=worse_and_worse))
    pruned = [trial.n_epochs for trial in backend.finished() if trial.state is TrialState.PRUNED]
    assert pruned
    assert min(pruned) == 3


def test_a_trial_at_its_last_epoch_is_complete(tmp_path: Path) -> None:
    backend = opened(tmp_path, pruner="asha", n_trials=9, n_epochs=3)
    quietly(backend, FakeEngine())
    assert {trial.state for trial in backend.finished()} == {TrialState.COMPLETE}


def test_failed_trials_never_win_and_are_not_tried_again(tmp_path: Path) -> None:
    def diverging(spec: TrialSpec) -> list[float]:
        return [-math.inf, math.nan] if spec.trial % 2 else curve(spec)

    backend = opened(tmp_path, sampler="tpe", n_trials=14)
    summary = quietly(backend, FakeEngine(values_of=diverging))
    assert (summary.n_failed, summary.n_complete) == (7, 7)
    assert summary.best is not None
    assert summary.best.trial % 2 == 0
    assert backend.best() == summary.best


def test_the_optuna_study_holds_the_finished_trials(tmp_path: Path) -> None:
    backend = opened(tmp_path, pruner="asha", n_trials=5)
    quietly(backend, FakeEngine())
    best = backend.best()
    study = backend.study()
    backend.close()
    assert [trial.user_attrs["trial"] for trial in study.trials] == [0, 1, 2, 3, 4]
    assert all(trial.intermediate_values for trial in study.trials)
    assert best is not None
    assert study.best_value == best.value


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"space": "other"}, r"'study' was started with something else: space was .*, now other\. Choose another name"),
        ({"table": "new"}, "table was not set, now new"),
        ({"train": '{"epochs": 9, "patience": 4}'}, "train.epochs was not set, now 9"),
    ],
)
def test_another_identity_is_refused(tmp_path: Path, change: dict[str, str], message: str) -> None:
    backend = opened(tmp_path, n_trials=1)
    quietly(backend, FakeEngine())
    backend.close()
    before = (tmp_path / "study.journal").read_bytes()
    with pytest.raises(ResumeError, match=message):
        opened(tmp_path, identity={"space": SPACE.digest, **change})
    assert (tmp_path / "study.journal").read_bytes() == before
    opened(tmp_path).close()  # the refused one has let the name go


def test_a_study_without_trials_belongs_to_nobody(tmp_path: Path) -> None:
    other = {"space": "other"}
    opened(tmp_path, identity=other).close()  # its sweep was stopped before its first trial
    backend = opened(tmp_path, n_trials=1)
    quietly(backend, FakeEngine())
    backend.close()
    with pytest.raises(ResumeError, match="started with something else"):
        opened(tmp_path, identity=other)


def test_one_sweep_of_a_name_at_a_time(tmp_path: Path) -> None:
    backend = opened(tmp_path)
    with pytest.raises(StoreError, match="a sweep named 'study' is already running"):
        opened(tmp_path)
    opened(tmp_path, name="other").close()
    backend.close()
    opened(tmp_path).close()


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"name": None}, SettingsError, "`search.name` must be set"),
        ({"name": "../up"}, SettingsError, "`search.name` must begin with a letter"),
        ({"seed": -1}, SettingsError, "`search.seed` be 0 or more"),
        ({"known_points": [{"lr": 0.1}]}, SpaceError, r"`search.known_points\[0\].lr` is not a parameter of the space"),
        ({"storage": "nonsense"}, SettingsError, "`storage.url` must be a database's URL"),
        ({"sampler": "cmaes", "space": FOUR}, SettingsError, "sampler=cmaes needs at least two numbers"),
    ],
)
def test_wrong_settings_leave_nothing_behind(
    tmp_path: Path, options: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        opened(tmp_path, **options)
    assert not list(tmp_path.glob("*.journal"))


def test_known_points_outside_the_space_are_skipped_aloud(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    points = [{"learning_rate": 5.0}, {"regularization": "none", "l2": 0.1}, {"learning_rate": 1e-3}]
    with caplog.at_level(logging.WARNING):
        backend = opened(tmp_path, known_points=points)
    assert "search.known_points[0] is skipped: learning_rate=5.0 lies outside the space" in caplog.text
    assert "search.known_points[1] is skipped: l2=0.1 does not exist" in caplog.text
    assert ask(backend).params.learning_rate == 1e-3


def test_a_known_point_that_was_tried_is_not_tried_again(tmp_path: Path) -> None:
    point = {"optimizer": "sgd", "batch_size": 64}
    engine = FakeEngine()
    quietly(opened(tmp_path, space=FOUR, n_trials=9, known_points=[point, dict(reversed(point.items()))]), engine)
    assert len(engine.asked) == 4
    assert engine.asked[0].params.optimizer == "sgd"


def test_a_space_of_one_configuration(tmp_path: Path) -> None:
    space = Space.from_settings({"optimizer": entry("fixed", value="sgd")})
    backend = opened(tmp_path, space=space, sampler="tpe")
    finish(backend, result_of(ask(backend), [0.5]))
    assert backend.ask() == Done("every configuration of the space has been tried")
