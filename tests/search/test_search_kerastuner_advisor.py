from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from backend_suite import BackendSuite, Make, ask
from search_fakes import FOUR, SPACE, FakeEngine, FakeTracker, curve, entry, finish, opened, result_of

from songpop.contracts import Done, TrialSpec, TrialState, Wait
from songpop.errors import OracleError, SettingsError, SpaceError
from songpop.search.driver import run_search
from songpop.search.kerastuner_advisor import build_advisor
from songpop.search.study_backend import StudyBackend
from songpop.settings import OracleKind, SearchSettings
from songpop.space import Space

NUMBERS = Space.from_settings(
    {
        "dropout_first": entry("float", low=0.0, high=0.5),
        "learning_rate": entry("float", low=1e-4, high=1e-1, log=True),
    }
)
BRACKETS_OF_12 = {  # KerasTuner's sizes for 12 epochs and a factor of 3: bracket → (trials, epochs) of each round
    2: [(12, 2), (4, 4), (2, 12)],
    1: [(6, 4), (2, 12)],
    0: [(4, 12)],
}


class _Opened:
    algorithm = ""

    @pytest.fixture
    def make(self, tmp_path: Path) -> Iterator[Make]:
        backends: list[StudyBackend] = []

        def make(**options: Any) -> StudyBackend:
            backends.append(opened(tmp_path, algorithm=OracleKind(self.algorithm), **options))
            return backends[-1]

        yield make
        for backend in backends:
            backend.close()


class TestRandom(_Opened, BackendSuite):
    algorithm = "random"


class TestBayesian(_Opened, BackendSuite):
    algorithm = "bayesian"


class TestHyperband(_Opened, BackendSuite):
    algorithm = "hyperband"


class TestGrid(_Opened, BackendSuite):
    algorithm = "grid"


def searched(folder: Path, algorithm: str, engine: FakeEngine | None = None, **options: Any) -> StudyBackend:
    backend = opened(folder, algorithm=OracleKind(algorithm), **options)
    run_search(backend, engine or FakeEngine(), FakeTracker, on_progress=lambda progress: None)
    backend.close()
    return backend


def trace(backend: StudyBackend) -> list[Any]:
    return [(t.trial, t.state, dict(t.suggested), t.value, t.n_epochs, t.goes_on_from) for t in backend.finished()]


class CrashError(Exception):
    """The process dies here, as far as the study can tell."""


@pytest.mark.parametrize(
    ("algorithm", "pruner", "options"),
    [
        ("random", "none", {}),
        ("random", "asha", {}),
        pytest.param("bayesian", "none", {"n_initial_points": 5}, marks=pytest.mark.slow),
        ("hyperband", "none", {}),
        ("grid", "median", {}),
    ],
)
def test_a_killed_search_goes_on_as_if_it_had_not_been_killed(
    tmp_path: Path, algorithm: str, pruner: str, options: dict[str, Any]
) -> None:
    n_trials = {"hyperband": 40, "bayesian": 9}.get(algorithm, 16)
    options = {"pruner": pruner, "n_trials": n_trials, "seed": 3, "known_points": [{"learning_rate": 3e-3}], **options}

    def crash_after(n_results: int) -> Any:
        seen: list[int] = []

        def before_yield(result: Any) -> None:
            seen.append(result.spec.trial)
            if len(seen) > n_results:
                raise CrashError

        return before_yield

    whole = searched(tmp_path / "whole", algorithm, **options)
    for n_results in (0, 2, 4):
        with pytest.raises(CrashError):
            searched(tmp_path / "broken", algorithm, FakeEngine(before_yield=crash_after(n_results)), **options)
        opened(tmp_path / "broken", algorithm=OracleKind(algorithm), name="other").close()
    mended = searched(tmp_path / "broken", algorithm, **options)
    assert repr(trace(mended)) == repr(trace(whole))
    assert len(whole.finished()) == n_trials


@pytest.mark.parametrize("algorithm", ["random", "bayesian", "hyperband"])
def test_another_seed_is_another_search_and_0_is_one(tmp_path: Path, algorithm: str) -> None:
    once, again, other = (
        trace(searched(tmp_path / name, algorithm, n_trials=5, seed=seed, n_initial_points=4))
        for name, seed in (("once", 0), ("again", 0), ("other", 1))
    )
    assert once == again
    assert once != other


def test_the_gaussian_process_learns(tmp_path: Path) -> None:
    options = {"space": NUMBERS, "n_trials": 18, "n_initial_points": 8}
    values = [trial.value for trial in searched(tmp_path, "bayesian", **options).finished()]
    assert min(values[8:]) < min(values[:8]) - 0.03  # it explores as much as it goes down, so the mean says little


def test_the_gaussian_process_reckons_with_what_runs(tmp_path: Path) -> None:
    options = {"space": NUMBERS, "n_trials": 12, "n_initial_points": 4}
    backend = searched(tmp_path, "bayesian", FakeEngine(n_slots=4), **options)
    assert len({tuple(trial.suggested.values()) for trial in backend.finished()}) == 12


@pytest.mark.parametrize("n_slots", [1, 4])
def test_the_grid_is_the_space_s(tmp_path: Path, n_slots: int) -> None:
    engine = FakeEngine(n_slots=n_slots)
    backend = searched(tmp_path, "grid", engine, n_trials=99)
    found = {tuple(sorted(trial.suggested.items())) for trial in backend.finished()}
    assert found == {tuple(sorted(values.items())) for values in SPACE.grid()}
    assert len(backend.finished()) == SPACE.n_grid
    assert engine.n_running_max == n_slots  # whereas the oracle alone waits for each trial's end


@pytest.mark.parametrize("n_slots", [1, 5])
def test_brackets_are_filled_as_hyperband_says(tmp_path: Path, n_slots: int) -> None:
    backend = searched(tmp_path, "hyperband", FakeEngine(n_slots=n_slots), n_trials=60, space=NUMBERS)
    rounds = backend._rounds
    sizes = Counter((one.iteration, one.bracket, one.number, one.pause_at) for one in rounds.values())
    for bracket, expected in BRACKETS_OF_12.items():
        for number, (n_trials, n_epochs) in enumerate(expected):
            assert sizes[0, bracket, number, n_epochs] == n_trials
    assert max(one.iteration for one in rounds.values()) == 1


def test_the_best_of_a_round_go_on_where_they_stopped(tmp_path: Path) -> None:
    engine = FakeEngine()
    backend = searched(tmp_path, "hyperband", engine, n_trials=30, space=NUMBERS)
    by_number = {trial.trial: trial for trial in backend.finished()}
    specs = {spec.trial: spec for spec in engine.asked}
    going_on = [trial for trial in by_number.values() if trial.goes_on_from is not None]
    assert len(going_on) == 8
    for trial in going_on:
        before = by_number[trial.goes_on_from]  # type: ignore[index]
        assert trial.suggested == before.suggested
        assert trial.n_epochs > before.n_epochs
        assert specs[trial.trial].seed == specs[before.trial].seed
        assert specs[trial.trial].n_epochs == specs[before.trial].n_epochs == 12  # schedules reckon with these
        assert backend.spec_of(trial.trial, trial.suggested) == specs[trial.trial]
    first = [t.value for t in by_number.values() if t.goes_on_from is None and t.n_epochs == 2]
    chosen = [by_number[t.goes_on_from].value for t in going_on if t.n_epochs == 4]  # type: ignore[index]
    assert sorted(chosen) == sorted(first)[:4]


def test_a_trial_that_reaches_the_last_epoch_does_not_pause(tmp_path: Path) -> None:
    engine = FakeEngine()
    searched(tmp_path, "hyperband", engine, n_trials=30, space=NUMBERS)
    assert {spec.pause_at for spec in engine.asked} == {2, 4, None}


def test_failed_trials_do_not_go_on(tmp_path: Path) -> None:
    def failing(spec: TrialSpec) -> list[float]:
        return [float("nan")] if spec.trial in (0, 1, 2) else curve(spec)

    backend = searched(tmp_path, "hyperband", FakeEngine(values_of=failing), n_trials=25, space=NUMBERS)
    failed = [trial.trial for trial in backend.finished() if trial.state is TrialState.FAILED]
    assert failed == [0, 1, 2]
    assert not {trial.goes_on_from for trial in backend.finished()} & set(failed)


def test_pruned_trials_count_with_the_best_that_they_had(tmp_path: Path) -> None:
    backend = opened(tmp_path, algorithm=OracleKind.random, n_trials=3)
    finish(backend, result_of(ask(backend), [0.5, 0.3, 0.4], TrialState.PRUNED))
    oracle = backend._advisor._oracle  # type: ignore[attr-defined]
    assert (oracle.trials["0"].status, oracle.trials["0"].score) == ("COMPLETED", 0.3)
    backend.close()


def test_lost_places_of_a_bracket_are_filled_again(tmp_path: Path) -> None:
    options: dict[str, Any] = {"n_trials": 60, "space": NUMBERS, "algorithm": OracleKind.hyperband}
    backend = opened(tmp_path, **options)
    specs = [ask(backend) for _ in range(5)]
    for spec in specs[2:4]:
        finish(backend, result_of(spec, curve(spec)[:2]))
    backend.close()
    again = opened(tmp_path, **options)
    lost = [ask(again) for _ in range(3)]
    assert [spec.trial for spec in lost] == [0, 1, 4]
    assert [spec.params for spec in lost[:2]] == [spec.params for spec in specs[:2]]
    again.close()
    searched(tmp_path, "hyperband", n_trials=60, space=NUMBERS)
    rounds = opened(tmp_path, **options)._rounds
    sizes = Counter((one.iteration, one.bracket, one.number) for one in rounds.values())
    assert [sizes[0, 2, 0], sizes[0, 2, 1], sizes[0, 2, 2]] == [12, 4, 2]


def test_brackets_of_another_factor_are_begun_anew(tmp_path: Path) -> None:
    options: dict[str, Any] = {"space": NUMBERS}
    searched(tmp_path, "hyperband", n_trials=5, **options)
    backend = searched(tmp_path, "hyperband", n_trials=9, reduction_factor=2, **options)
    assert [backend._rounds[trial].reduction_factor for trial in (4, 5, 8)] == [3, 2, 2]
    assert {backend._rounds[trial].bracket for trial in (5, 8)} == {3}


def test_another_search_seed_does_not_change_what_was_begun(tmp_path: Path) -> None:
    options: dict[str, Any] = {"space": NUMBERS, "make_seed": lambda seed, trial: 100 * seed + trial}
    first = searched(tmp_path, "hyperband", n_trials=12, seed=0, **options)
    engine = FakeEngine()
    second = searched(tmp_path, "hyperband", engine, n_trials=20, seed=1, **options)
    going_on = [spec for spec in engine.asked if spec.goes_on_from is not None]
    assert going_on
    for spec in going_on:
        assert spec.seed < 100  # that of the training, not of what `search.seed` is now
    begun = [spec for spec in engine.asked if spec.goes_on_from is None]
    assert all(spec.seed == 100 + spec.trial for spec in begun)
    for trial in first.finished():
        assert second.spec_of(trial.trial, trial.suggested).seed == trial.trial


@pytest.mark.parametrize("seed", range(3))
def test_a_finite_space_is_searched_to_its_end(tmp_path: Path, seed: int) -> None:
    space = Space.from_settings(
        {
            "optimizer": entry("choice", choices=["adam", "sgd", "nadam", "rmsprop"]),
            "batch_size": entry("choice", choices=[16, 32, 64, 128, 256]),
            "activation": entry("choice", choices=["relu", "silu"]),
        }
    )
    backend = searched(tmp_path, "hyperband", n_trials=200, space=space, seed=seed, n_epochs=4)
    assert len({tuple(trial.suggested.items()) for trial in backend.finished()}) == 40


def test_who_searches_may_change(tmp_path: Path) -> None:
    searched(tmp_path, "hyperband", n_trials=20, space=NUMBERS)
    tpe = opened(tmp_path, sampler="tpe", n_trials=25, space=NUMBERS)
    run_search(tpe, FakeEngine(), FakeTracker, on_progress=lambda progress: None)
    tpe.close()
    bayesian = searched(tmp_path, "bayesian", n_trials=28, n_initial_points=4, space=NUMBERS)
    assert len(bayesian.finished()) == 28
    again = searched(tmp_path, "hyperband", n_trials=40, space=NUMBERS)
    sizes = Counter((one.iteration, one.bracket, one.number) for one in again._rounds.values())
    assert [sizes[0, 2, 0], sizes[0, 2, 1], sizes[0, 2, 2]] == [12, 4, 2]


def test_hyperband_waits_where_nothing_is_new_and_something_runs(tmp_path: Path) -> None:
    backend = opened(tmp_path, algorithm=OracleKind.hyperband, space=FOUR, n_trials=9)
    specs = [ask(backend) for _ in range(4)]
    assert backend.ask() == Wait()
    assert backend.ask() == Wait()
    for spec in specs:
        finish(backend, result_of(spec, curve(spec)[:2]))
    assert backend.ask() == Done("every configuration of the space has been tried")
    assert [trial.trial for trial in backend.finished()] == [0, 1, 2, 3]
    backend.close()


@pytest.mark.parametrize("algorithm", ["bayesian", "grid"])
def test_an_oracle_that_fails_ends_the_search_aloud(tmp_path: Path, algorithm: str) -> None:
    backend = opened(tmp_path, algorithm=OracleKind(algorithm), n_trials=9)
    finish(backend, result_of(ask(backend), [0.5]))
    oracle = backend._advisor._oracle  # type: ignore[attr-defined]

    def singular(trial_id: str) -> None:
        raise ValueError("matrix is singular")

    oracle.populate_space = singular
    with pytest.raises(OracleError, match=r"must suggest a trial, but it failed \(ValueError: matrix is singular\)"):
        backend.ask()
    backend.close()
    assert len(opened(tmp_path, algorithm=OracleKind(algorithm)).finished()) == 1


def test_an_algorithm_must_be_named() -> None:
    with pytest.raises(SettingsError, match=r"`search.algorithm` must be one of random, bayesian, hyperband, grid"):
        build_advisor(SearchSettings(), SPACE, 12)


def test_a_grid_needs_values() -> None:
    with pytest.raises(SpaceError, match="n_grid"):
        build_advisor(SearchSettings(algorithm=OracleKind.grid), NUMBERS, 12)
