"""OptunaOracle in KerasTuner's own tuners: samplers, seeds, conditions, reload, failures."""

import json
import threading
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pytest
from tuning import Computing, ask_for_all, values_of

from songpop.errors import SettingsError
from songpop.kerastuner import OptunaOracle, space_named
from songpop.search.kerastuner_runtime import keras_tuner


def searched(folder: Path, n_trials: int, function: Any = ask_for_all, **options: Any) -> OptunaOracle:
    oracle = OptunaOracle(objective=keras_tuner.Objective("loss", "min"), max_trials=n_trials, **options)
    Computing(oracle, folder, lambda hp: {"loss": function(hp)}).search(verbose=0)
    return oracle


@pytest.mark.parametrize(
    "sampler",
    [
        None,
        optuna.samplers.TPESampler(seed=1),
        optuna.samplers.RandomSampler(seed=1),
        optuna.samplers.CmaEsSampler(seed=1, warn_independent_sampling=False),
    ],
    ids=lambda sampler: type(sampler).__name__,
)
def test_any_sampler_searches(tmp_path: Path, sampler: Any) -> None:
    oracle = searched(tmp_path, 12, sampler=sampler, seed=1)
    assert len(oracle.trials) == len(oracle.study.trials) == 12
    assert {trial.status for trial in oracle.trials.values()} == {"COMPLETED"}
    assert oracle.get_best_trials(1)[0].score == pytest.approx(oracle.study.best_value)
    assert all(("layers" in values) == (values["kind"] == "deep") for values in values_of(oracle))


def test_it_learns_more_than_chance(tmp_path: Path) -> None:
    means = {}
    for name, sampler in (("tpe", None), ("random", optuna.samplers.RandomSampler(seed=3))):
        oracle = searched(tmp_path / name, 40, sampler=sampler, seed=3)
        means[name] = np.mean([trial.value for trial in oracle.study.trials[-15:]])
    assert means["tpe"] < 0.7 * means["random"]


@pytest.mark.parametrize("seed", [0, 5])
def test_a_seed_means_itself_0_too(tmp_path: Path, seed: int) -> None:
    first, second, other = (
        values_of(searched(tmp_path / name, 14, seed=one))
        for name, one in (("first", seed), ("second", seed), ("other", seed + 1))
    )
    assert first == second
    assert first != other


def test_the_direction_is_the_objective_s(tmp_path: Path) -> None:
    oracle = OptunaOracle(objective=keras_tuner.Objective("score", "max"), max_trials=10, seed=0)
    Computing(oracle, tmp_path, lambda hp: {"score": -ask_for_all(hp)}).search(verbose=0)
    assert oracle.study.direction is optuna.study.StudyDirection.MAXIMIZE
    assert oracle.get_best_trials(1)[0].score == pytest.approx(oracle.study.best_value)


def test_no_objective_is_a_number_to_be_minimised(tmp_path: Path) -> None:
    oracle = OptunaOracle(max_trials=4, seed=0)
    Computing(oracle, tmp_path).search(verbose=0)
    assert oracle.study.best_value == min(trial.score for trial in oracle.trials.values())


def test_a_reloaded_search_goes_on_as_if_it_had_not_been_stopped(tmp_path: Path) -> None:
    whole = searched(tmp_path / "whole", 16, seed=0)
    seen: list[float] = []

    def stopping(hp: Any) -> float:
        seen.append(ask_for_all(hp))
        if len(seen) in (6, 11):
            raise keras_tuner.errors.FatalError("stop")
        return seen[-1]

    for _ in range(2):
        with pytest.raises(keras_tuner.errors.FatalError):
            searched(tmp_path / "broken", 16, stopping, seed=0)
    mended = searched(tmp_path / "broken", 16, stopping, seed=0)
    assert values_of(mended) == values_of(whole)
    finished = [trial for trial in mended.study.trials if trial.state is optuna.trial.TrialState.COMPLETE]
    assert sorted(trial.value for trial in finished) == sorted(trial.value for trial in whole.study.trials)


def test_more_trials_than_were_asked_for_at_first_are_those_of_one_search(tmp_path: Path) -> None:
    whole = searched(tmp_path / "whole", 40, seed=0)
    for n_trials in (8, 30, 40):  # KerasTuner pads its ids to as many digits as there are at the time
        grown = searched(tmp_path / "grown", n_trials, seed=0)
    by_number = sorted(grown.trials.values(), key=lambda trial: int(trial.trial_id))
    assert [dict(trial.hyperparameters.values) for trial in by_number] == values_of(whole)


PRUNERS = {
    "asha": optuna.pruners.SuccessiveHalvingPruner(min_resource=1, reduction_factor=2),
    "hyperband": optuna.pruners.HyperbandPruner(min_resource=1, max_resource=4, reduction_factor=2),
}


def pruned_in(folder: Path, n_trials: int, pruner: Any) -> list[bool]:
    """Search with trials of which each is worse than the one before; return who was given up."""
    oracle = OptunaOracle(objective=keras_tuner.Objective("loss", "min"), max_trials=n_trials, seed=0, pruner=pruner)

    def function(hp: Any) -> dict[str, float]:
        ask_for_all(hp)
        trial_id = oracle.ongoing_trials["tuner0"].trial_id
        loss = 1.0 + int(trial_id)
        for step in (1, 2, 3, 4):
            if oracle.report(trial_id, step, loss, is_last=step == 4):
                break
        return {"loss": loss}

    Computing(oracle, folder, function).search(verbose=0)
    return [oracle.is_pruned(trial_id) for trial_id in sorted(oracle.trials, key=int)]


@pytest.mark.parametrize("name", PRUNERS)
def test_pruners_remember_over_a_reload(tmp_path: Path, name: str) -> None:
    whole, again = (pruned_in(tmp_path / folder, 12, PRUNERS[name]) for folder in ("whole", "again"))
    assert whole == again
    assert any(whole)
    pruned_in(tmp_path / "stopped", 6, PRUNERS[name])
    assert pruned_in(tmp_path / "stopped", 12, PRUNERS[name]) == whole


def test_a_sampler_hears_of_every_end_and_of_constraints(tmp_path: Path) -> None:
    asked: list[int] = []

    def constraints(trial: Any) -> tuple[float]:
        asked.append(trial.number)
        return (0.0,)

    sampler = optuna.samplers.TPESampler(seed=0, constraints_func=constraints, n_startup_trials=2)
    searched(tmp_path, 6, sampler=sampler)
    assert sorted(asked) == list(range(6))


def test_a_given_sampler_does_not_repeat_itself_after_a_reload(tmp_path: Path) -> None:
    first = searched(tmp_path, 10, sampler=optuna.samplers.RandomSampler(seed=1))
    again = searched(tmp_path, 20, sampler=optuna.samplers.RandomSampler(seed=1))
    assert len(again.study.trials) == 20  # none was drawn twice, and refused
    assert values_of(first)[0] in values_of(again)


def test_chance_takes_over_aloud(tmp_path: Path) -> None:
    class Stuck(optuna.samplers.RandomSampler):
        def sample_independent(self, study: Any, trial: Any, name: str, distribution: Any) -> Any:
            return distribution.to_external_repr(0.0) if hasattr(distribution, "choices") else distribution.low

    with pytest.warns(UserWarning, match="Stuck only repeats itself: trial 2 is drawn by chance"):
        oracle = searched(tmp_path, 3, sampler=Stuck())
    assert len({tuple(values.items()) for values in values_of(oracle)}) == 3


def test_several_objectives_are_one_sum(tmp_path: Path) -> None:
    objectives = [keras_tuner.Objective("loss", "min"), keras_tuner.Objective("accuracy", "max")]
    oracle = OptunaOracle(objective=objectives, max_trials=5, seed=0)

    def function(hp: Any) -> dict[str, float]:
        loss = ask_for_all(hp)
        return {"loss": loss, "accuracy": 0.5, "multi_objective": loss - 0.5}

    Computing(oracle, tmp_path, function).search(verbose=0)
    assert oracle.study.best_value == pytest.approx(min(trial.score for trial in oracle.trials.values()))


def test_reports_and_pruned_trials_outlive_a_reload(tmp_path: Path) -> None:
    pruner = optuna.pruners.MedianPruner(n_startup_trials=2)

    def run(n_trials: int) -> OptunaOracle:
        oracle = OptunaOracle(
            objective=keras_tuner.Objective("loss", "min"), max_trials=n_trials, seed=0, pruner=pruner
        )

        def function(hp: Any) -> dict[str, float]:
            trial_id = oracle.ongoing_trials["tuner0"].trial_id
            loss = 1.0 + int(trial_id)
            for step in (1, 2, 3):
                if oracle.report(trial_id, step, loss, is_last=step == 3):
                    break
            return {"loss": loss}

        Computing(oracle, tmp_path, function_with(function)).search(verbose=0)
        return oracle

    first = run(5)
    again = run(7)
    assert [first.is_pruned(str(k)) for k in range(5)] == [False, False, True, True, True]
    assert all(again.is_pruned(f"{k}") for k in range(2, 7))
    states = [trial.state.name for trial in again.study.trials]
    assert states == ["COMPLETE", "COMPLETE", *["PRUNED"] * 5]
    assert again.study.trials[0].intermediate_values == {1: 1.0, 2: 1.0, 3: 1.0}


def function_with(function: Any) -> Any:
    def wrapped(hp: Any) -> Any:
        ask_for_all(hp)
        return function(hp)

    return wrapped


def test_the_files_are_kerastuner_s_own(tmp_path: Path) -> None:
    searched(tmp_path, 3, seed=0)
    state = json.loads((tmp_path / "project" / "oracle.json").read_text())
    assert (state["seed"], set(state["optuna"])) == (0, {"trials", "pruned"})
    assert (tmp_path / "project" / "trial_0" / "trial.json").is_file()


def test_a_finite_space_ends(tmp_path: Path) -> None:
    oracle = searched(tmp_path, 50, lambda hp: float(hp.Choice("a", [1, 2, 3]) * hp.Choice("b", [1, 10])), seed=0)
    assert len(oracle.trials) == 6


def test_songpop_s_spaces_are_searched_whole_and_alone(tmp_path: Path) -> None:
    space = space_named("full")
    oracle = searched(tmp_path, 10, lambda hp: hp.get("learning_rate"), space=space, seed=0)
    assert all(space.contains(values) for values in values_of(oracle))
    with pytest.raises(RuntimeError, match="`allow_new_entries` is `False`"):
        searched(tmp_path / "more", 10, lambda hp: hp.Float("other", 0.0, 1.0), space=space, seed=0)


def test_a_trial_is_tried_again_and_counts_once(tmp_path: Path) -> None:
    seen: list[Any] = []

    def flaky(hp: Any) -> float:
        seen.append(ask_for_all(hp))
        if len(seen) == 3:
            raise ValueError("out of luck")
        return float(seen[-1])

    oracle = searched(tmp_path, 5, flaky, seed=0, max_retries_per_trial=1)
    assert len(oracle.trials) == 5
    assert len(seen) == 6
    states = [trial.state.name for trial in oracle.study.trials]
    assert (states.count("COMPLETE"), states.count("FAIL")) == (5, 1)


def test_failed_trials_are_told_and_their_end_is_an_error_that_leaves_no_lock(tmp_path: Path) -> None:
    def failing(hp: Any) -> float:
        ask_for_all(hp)
        raise ValueError("no data")

    oracle = OptunaOracle(objective=keras_tuner.Objective("loss", "min"), max_trials=9, seed=0)
    tuner = Computing(oracle, tmp_path, failing)
    with pytest.raises(RuntimeError, match="no data"):
        tuner.search(verbose=0)
    assert [trial.state.name for trial in oracle.study.trials] == ["FAIL"] * 3
    done = threading.Event()
    thread = threading.Thread(target=lambda: (oracle.create_trial("other"), done.set()), daemon=True)
    thread.start()
    assert done.wait(20)  # KerasTuner's own oracles would wait for ever


def test_a_score_that_is_no_number_has_failed(tmp_path: Path) -> None:
    def sometimes(hp: Any) -> float:
        value = ask_for_all(hp)
        return float("inf") if hp.get("kind") == "deep" else value

    oracle = searched(tmp_path, 10, sometimes, seed=0)
    assert {trial.state.name for trial in oracle.study.trials} == {"COMPLETE", "FAIL"}
    assert np.isfinite(oracle.study.best_value)


def test_a_pruner_that_nobody_tells_anything_is_not_silent(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="MedianPruner was told nothing of trial 0. Add PruningCallback"):
        searched(tmp_path, 1, seed=0, pruner=optuna.pruners.MedianPruner())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"space": "full", "hyperparameters": keras_tuner.HyperParameters()}, "either `space` or `hyperparameters`"),
        ({"sampler": optuna.samplers.GridSampler({"a": [1]})}, "Use keras_tuner.GridSearch"),
        ({"seed": -1}, "`seed` must be at least 0"),
    ],
)
def test_what_cannot_be_meant_is_refused(options: dict[str, Any], message: str) -> None:
    if "space" in options:
        options = {**options, "space": space_named(options["space"])}
    with pytest.raises(SettingsError, match=message):
        OptunaOracle(**options)
