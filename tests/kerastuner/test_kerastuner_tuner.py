"""TrackedTuner: what MLflow holds, how a project goes on, what is loud."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import optuna
import pytest
from mlflow.tracking import MlflowClient
from tuning import FIT, build_model

from songpop.errors import SettingsError, StoreError
from songpop.kerastuner import OptunaOracle, PruningCallback, TrackedTuner
from songpop.search.kerastuner_runtime import keras_tuner

SCRIPT = Path(__file__).with_name("killed_tuner.py")


@pytest.fixture(autouse=True)
def store_is_there(store_template: Path, tmp_path: Path) -> None:
    """The file of a fresh store, which takes a second to make."""
    (tmp_path / "mlruns").mkdir()
    shutil.copy(store_template, tmp_path / "mlruns" / "mlflow.db")


def tuner_of(folder: Path, n_trials: int = 3, build: Any = build_model, **options: Any) -> TrackedTuner:
    oracle = options.pop("oracle", None) or OptunaOracle(objective="val_loss", max_trials=n_trials, seed=0)
    options = {"directory": str(folder), "project_name": "mine", "root": folder / "mlruns", **options}
    return TrackedTuner(oracle, build, **options)


def runs(folder: Path, parent: str | None = None) -> list[Any]:
    client = MlflowClient(f"sqlite:///{folder / 'mlruns' / 'mlflow.db'}")
    experiments = [one.experiment_id for one in client.search_experiments()]
    found = client.search_runs(experiments, f"tags.mlflow.parentRunId = '{parent}'" if parent else "")
    return sorted(found, key=lambda run: run.info.run_name)


def test_every_trial_is_a_run_of_the_search(tmp_path: Path) -> None:
    tuner = tuner_of(tmp_path)
    tuner.search(**FIT, epochs=2)
    (parent,) = [run for run in runs(tmp_path) if "mlflow.parentRunId" not in run.data.tags]
    children = runs(tmp_path, tuner.run_id)
    assert (parent.info.run_id, parent.info.run_name, parent.info.status) == (tuner.run_id, "mine", "FINISHED")
    assert parent.data.tags["songpop.kind"] == "tuner"
    assert parent.data.params["oracle"] == "OptunaOracle"
    assert [run.info.run_name for run in children] == ["trial-000", "trial-001", "trial-002"]
    for run, trial in zip(children, tuner.oracle.trials.values(), strict=True):
        assert run.data.params == {name: str(value) for name, value in trial.hyperparameters.values.items()}
        assert run.data.metrics["best_val_loss"] == run.data.metrics["score"] == pytest.approx(trial.score)
        assert run.data.metrics["n_epochs"] == 2
        assert (run.data.tags["songpop.state"], run.data.tags["songpop.kind"]) == ("complete", "trial")
    best = min(trial.score for trial in tuner.oracle.trials.values())
    assert parent.data.metrics["best_score"] == pytest.approx(best)
    client = MlflowClient(f"sqlite:///{tmp_path / 'mlruns' / 'mlflow.db'}")
    assert [m.step for m in client.get_metric_history(children[0].info.run_id, "val_loss")] == [1, 2]
    assert {file.path for file in client.list_artifacts(tuner.run_id)} >= {"space.json", "environment.json"}


def test_any_oracle_is_tracked(tmp_path: Path) -> None:
    oracle = keras_tuner.oracles.RandomSearchOracle("val_loss", max_trials=2, seed=1)
    tuner = tuner_of(tmp_path, oracle=oracle)
    tuner.search(**FIT)
    assert len(runs(tmp_path, tuner.run_id)) == 2


def test_pruned_trials_say_so(tmp_path: Path) -> None:
    class Never(optuna.pruners.BasePruner):
        def prune(self, study: Any, trial: Any) -> bool:
            return trial.number > 0

    oracle = OptunaOracle(objective="val_loss", max_trials=2, seed=0, pruner=Never())
    tuner = tuner_of(tmp_path, oracle=oracle)
    tuner.search(**FIT, epochs=3, callbacks=[PruningCallback(oracle)])
    children = runs(tmp_path, tuner.run_id)
    assert [run.data.tags["songpop.state"] for run in children] == ["complete", "pruned"]
    assert [run.data.metrics["n_epochs"] for run in children] == [3, 1]


def test_a_project_goes_on_with_its_record(tmp_path: Path) -> None:
    first = tuner_of(tmp_path, 1)
    first.search(**FIT)
    again = tuner_of(tmp_path, 2)
    again.search(**FIT)
    assert again.run_id == first.run_id
    assert len(runs(tmp_path, first.run_id)) == 2
    other = tuner_of(tmp_path, 1, overwrite=True)
    other.search(**FIT)
    assert other.run_id != first.run_id


def test_record_and_project_are_brought_together(tmp_path: Path) -> None:
    first = tuner_of(tmp_path, 3)
    first.search(**FIT)
    client = MlflowClient(f"sqlite:///{tmp_path / 'mlruns' / 'mlflow.db'}")
    children = runs(tmp_path, first.run_id)
    client.delete_run(children[1].info.run_id)  # as if it had been killed before it could write
    client.set_tag(children[2].info.run_id, "songpop.trial", "9")  # a trial that KerasTuner does not know
    again = tuner_of(tmp_path, 3)
    again.search(**FIT)
    found = runs(tmp_path, again.run_id)
    assert [run.data.tags["songpop.trial"] for run in found] == ["0", "1", "2"]
    assert all("best_val_loss" in run.data.metrics for run in found)


def test_a_trial_that_fails_is_loud_and_a_failed_run(tmp_path: Path) -> None:
    seen: list[Any] = []

    def sometimes(hp: Any) -> Any:
        model = build_model(hp)
        seen.append(hp)
        if len(seen) == 3:  # the first build is KerasTuner's own, which looks at the space
            raise ValueError("no such layer")
        return model

    tuner = tuner_of(tmp_path, 3, sometimes)
    with pytest.warns(UserWarning, match="Trial 1 failed: ValueError: no such layer"):
        tuner.search(**FIT)
    states = [(run.data.tags["songpop.state"], run.info.status) for run in runs(tmp_path, tuner.run_id)]
    assert states == [("complete", "FINISHED"), ("failed", "FAILED"), ("complete", "FINISHED")]


def test_a_search_that_ends_with_an_error_is_killed_in_the_record(tmp_path: Path) -> None:
    def broken(hp: Any) -> Any:
        broken_builds.append(hp)
        if len(broken_builds) > 1:
            raise ValueError("broken")
        return build_model(hp)

    broken_builds: list[Any] = []
    tuner = tuner_of(tmp_path, 9, broken)
    with pytest.raises(RuntimeError, match="broken"), pytest.warns(UserWarning, match="failed"):
        tuner.search(**FIT)
    (parent,) = [run for run in runs(tmp_path) if "mlflow.parentRunId" not in run.data.tags]
    assert parent.info.status == "KILLED"
    assert len(runs(tmp_path, tuner.run_id)) == 3


def test_a_missing_tensorboard_is_said_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib.util

    found = importlib.util.find_spec

    def without(name: str, package: str | None = None) -> Any:
        return None if name == "tensorboard" else found(name, package)

    monkeypatch.setattr(importlib.util, "find_spec", without)
    with pytest.raises(SettingsError, match="pip install tensorboard"):
        tuner_of(tmp_path)


def test_one_of_several_processes_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KERASTUNER_ORACLE_IP", "127.0.0.1")
    with pytest.raises(SettingsError, match="must search in one process"):
        tuner_of(tmp_path)


def test_a_store_that_cannot_be_used_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(StoreError):
        tuner_of(tmp_path, tracking_uri="sqlite://")


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_kill_9_and_go_on(tmp_path: Path) -> None:
    environment = {key: value for key, value in os.environ.items() if key != "MLFLOW_TRACKING_URI"}
    command = [sys.executable, str(SCRIPT), str(tmp_path)]

    def n_saved() -> int:
        return len(list((tmp_path / "mine").glob("trial_*/checkpoint.weights.h5")))

    for n_more in (3, 5):
        process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while n_saved() < n_more and process.poll() is None:
            time.sleep(0.01)
        process.kill()
        process.wait()
    subprocess.run(command, env=environment, check=True, capture_output=True)
    (parent,) = [run for run in runs(tmp_path) if "mlflow.parentRunId" not in run.data.tags]
    children = runs(tmp_path, parent.info.run_id)
    assert [int(run.data.tags["songpop.trial"]) for run in children] == list(range(8))
    assert {run.info.status for run in children} == {"FINISHED"}
