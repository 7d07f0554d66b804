"""A whole sweep by KerasTuner's oracles: tracked, gone on with, killed, promoted, trained again from its record."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from mlflow.tracking import MlflowClient
from quick import LEAN, Notebook

import songpop
from songpop.app.records import SweepOutcome
from songpop.errors import ResumeError, SettingsError
from songpop.replay.verdicts import Verdict

# Brackets of nine epochs: twelve trials have one, four of them have three, and two all nine.
HYPERBAND: dict[str, Any] = {
    **LEAN,
    "debug": "quick",
    "search": "kerastuner",
    "search__algorithm": "hyperband",
    "search__n_trials": 20,
    "search__known_points": [],
    "train__epochs": 9,
    "search__name": "brackets",
}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("mlruns")


@pytest.fixture(scope="module")
def notebook() -> Notebook:
    return Notebook()


@pytest.fixture(scope="module")
def outcome(songs: pd.DataFrame, root: Path, notebook: Notebook) -> SweepOutcome:
    return songpop.sweep(songs, **HYPERBAND, paths__root=str(root), listener=notebook)


@pytest.fixture(scope="module")
def runs(outcome: SweepOutcome, root: Path) -> list[Any]:
    client = MlflowClient(f"sqlite:///{root / 'mlflow.db'}")
    experiments = [experiment.experiment_id for experiment in client.search_experiments()]
    return list(client.search_runs(experiments, f"tags.`mlflow.parentRunId` = '{outcome.parent_run_id}'"))


def test_the_best_go_on(outcome: SweepOutcome, runs: list[Any]) -> None:
    assert outcome.n_trials == len(runs) == 20
    by_trial = {int(run.data.tags["songpop.trial"]): run for run in runs}
    going_on = {
        trial: int(run.data.tags["songpop.goes_on_from"])
        for trial, run in by_trial.items()
        if "songpop.goes_on_from" in run.data.tags
    }
    assert len(going_on) >= 3  # how many, depends on which trial ends first: others are begun meanwhile
    for trial, before in going_on.items():
        assert by_trial[trial].data.params == by_trial[before].data.params
        assert by_trial[trial].data.tags["songpop.seed"] == by_trial[before].data.tags["songpop.seed"]
        assert by_trial[trial].data.metrics["n_epochs"] > by_trial[before].data.metrics["n_epochs"]
    told = json.loads(by_trial[min(going_on)].data.tags["songpop.spec"])
    assert (told["n_epochs"], told["pause_at"]) == (9, 3)


def test_epochs_are_counted_once_and_a_training_is_shown_once(outcome: SweepOutcome, runs: list[Any]) -> None:
    n_epochs = {int(run.data.tags["songpop.trial"]): int(run.data.metrics["n_epochs"]) for run in runs}
    before = [int(run.data.tags.get("songpop.goes_on_from", -1)) for run in runs]
    assert outcome.n_epochs == sum(n_epochs.values()) - sum(n_epochs.get(trial, 0) for trial in before)
    assert outcome.n_epochs_full == 9 * before.count(-1)
    settings = [json.dumps(dict(leader.suggested), sort_keys=True) for leader in outcome.leaders]
    assert len(set(settings)) == len(settings)


def test_who_searches_is_told(outcome: SweepOutcome, notebook: Notebook, root: Path) -> None:
    assert any("Searching by kerastuner hyperband, whose best trials go on" in note for note in notebook.notes)
    client = MlflowClient(f"sqlite:///{root / 'mlflow.db'}")
    assert client.get_run(outcome.parent_run_id).data.params["sampler"] == "kerastuner hyperband"


def test_a_trial_that_went_on_is_trained_again_from_its_record_alone(
    outcome: SweepOutcome, runs: list[Any], songs: pd.DataFrame, root: Path
) -> None:
    chosen = [run.info.run_id for run in runs if "songpop.goes_on_from" in run.data.tags][:3]
    found = songpop.reproduce(songs, run=chosen, paths__root=str(root))
    assert [replay.verdict for replay in found.replays] == [Verdict.SAME] * 3


@pytest.mark.slow
def test_it_goes_on_and_is_promoted(outcome: SweepOutcome, songs: pd.DataFrame, root: Path) -> None:
    more = songpop.sweep(songs, **{**HYPERBAND, "search__n_trials": 24}, paths__root=str(root))
    assert (more.n_trials, more.n_new) == (24, 4)
    assert more.champion is not None
    promoted = songpop.promote(paths__root=str(root), gates__min_seeds=1, gates__generated_baselines=[])
    assert promoted.version == 1


def test_another_library_may_go_on_but_no_other_task(outcome: SweepOutcome, songs: pd.DataFrame, root: Path) -> None:
    options = {**HYPERBAND, "search": "optuna", "search__n_trials": 26, "paths__root": str(root)}
    del options["search__algorithm"]
    assert songpop.sweep(songs, **options).n_trials == 26
    with pytest.raises(ResumeError, match=r"train\.epochs was 9, now 5"):
        songpop.sweep(songs, **{**HYPERBAND, "train__epochs": 5}, paths__root=str(root))


def test_without_finals_the_champion_is_the_trial_that_went_on(songs: pd.DataFrame, tmp_path: Path) -> None:
    options = {**HYPERBAND, "finals": "none", "search__n_trials": 18}
    found = songpop.sweep(songs, **options, paths__root=str(tmp_path))
    assert found.best is not None
    assert found.champion is not None
    assert found.champion.run_ids == (found.best.run_id,)
    assert found.champion.val_log_loss == pytest.approx(found.best.val_log_loss, abs=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize(("algorithm", "engine"), [("grid", "population"), ("hyperband", "keras")])
def test_another_oracle_and_the_reference_engine(
    songs: pd.DataFrame, tmp_path: Path, algorithm: str, engine: str
) -> None:
    options: dict[str, Any] = {**HYPERBAND, "search__algorithm": algorithm, "train__epochs": 3, "engine": engine}
    options |= {"search__n_trials": 6, "space": "grid" if algorithm == "grid" else "full"}
    found = songpop.sweep(songs, **options, paths__root=str(tmp_path))
    assert (found.n_trials, found.n_failed) == (6, 0)
    assert found.champion is not None


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"search__algorithm": "hyperband"}, "`search.algorithm` must be left out where search=optuna"),
        ({"search": "kerastuner", "search__algorithm": None}, "must be one of random, bayesian, hyperband, grid"),
        ({"search": "kerastuner", "sampler": "gp"}, "`sampler` must be left out where search=kerastuner"),
        ({"search": "kerastuner", "pruner": "asha"}, "`pruner` must be none where search.algorithm=hyperband"),
        ({"search": "kerastuner", "search__n_initial_points": 4}, "read only by search.algorithm=bayesian"),
        ({"search__reduction_factor": 4}, "read only by search.algorithm=hyperband, but it is 4 beside no search"),
        ({"search": "kerastuner", "search__reduction_factor": 1}, "`search.reduction_factor` must be at least 2"),
        ({"search": "kerastuner", "search__algorithm": "grid"}, "A grid needs `space.l1.n_grid`"),
    ],
)
def test_what_cannot_be_meant_is_refused(tmp_path: Path, words: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingsError, match=message.replace(".", r"\.")):
        songpop.sweep(**{**LEAN, "debug": "quick", **words}, paths__root=str(tmp_path))
    assert not list(tmp_path.rglob("*.journal"))


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_kill_9_loses_no_finished_trial(tmp_path: Path) -> None:
    words = ["sweep", "--json", "search=kerastuner", "search.algorithm=hyperband", "space=published", "train.epochs=90"]
    words += ["finals.n_configs=1", "finals.n_seeds=2", "finals.with_known_points=false", "search.n_trials=60"]
    words += ["search.known_points=[]"]
    command = [sys.executable, "-m", "songpop", *words]
    environment = {key: value for key, value in os.environ.items() if key != "MLFLOW_TRACKING_URI"}
    journal = tmp_path / "mlruns" / "studies" / "sample-honest-published.journal"

    def n_kept() -> int:
        return journal.read_bytes().count(b'"op_code":4,') if journal.exists() else 0

    for n_more in (5, 40):
        with (tmp_path / "stderr.txt").open("a") as errors:
            process = subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=errors, stderr=errors)
            deadline = time.monotonic() + 200
            while n_kept() < n_more and process.poll() is None and time.monotonic() < deadline:
                time.sleep(0.01)
            assert process.poll() is None, (tmp_path / "stderr.txt").read_text()
            process.kill()
            process.wait()
    kept = n_kept()
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    told = json.loads(done.stdout)
    assert kept >= 40
    assert (told["n_trials"], told["n_failed"]) == (60, 0)
    assert told["n_new"] == 60 - kept
    assert told["champion"] is not None
    checked = subprocess.run(
        [sys.executable, "-m", "songpop", "doctor", "--json"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(checked.stdout)["findings"] == []
