"""The promise of the page: a script of KerasTuner gains samplers, pruning and tracking by changing three lines."""

import os
import subprocess
import sys
from pathlib import Path

import optuna
import pytest
from mlflow.tracking import MlflowClient
from test_documents import BLOCK, ROOT

PAGE = ROOT / "docs" / "how-to" / "use-with-kerastuner.md"
BEFORE, AFTER = [code for language, code in BLOCK.findall(PAGE.read_text("utf-8")) if language == "python"][:2]
TOLD = """
states = [trial.state.name for trial in tuner.oracle.study.trials]
reported = [sorted(trial.intermediate_values) for trial in tuner.oracle.study.trials]
print(tuner.run_id, states, reported)
"""


def test_three_lines_are_changed() -> None:
    pairs = zip(BEFORE.splitlines(), AFTER.splitlines(), strict=True)
    assert sum(before != after for before, after in pairs) == 3
    assert "keras_tuner.RandomSearch" in BEFORE
    assert "songpop" not in BEFORE


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_second_script_is_optuna_s_and_tracked(tmp_path: Path) -> None:
    """That both run as they stand, tests/test_documents.py sees to."""
    environment = {key: value for key, value in os.environ.items() if key != "MLFLOW_TRACKING_URI"}
    command = [sys.executable, "-c", AFTER + TOLD]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "[[1, 2, 3, 4], [1, 2, 3, 4], [1, 2, 3, 4]]" in done.stdout  # each epoch of each trial was reported
    run_id = done.stdout.split("\n")[-2].split()[0]
    client = MlflowClient(f"sqlite:///{tmp_path / 'mlruns' / 'mlflow.db'}")
    experiment = client.get_run(run_id).info.experiment_id
    children = client.search_runs([experiment], f"tags.mlflow.parentRunId = '{run_id}'")
    assert len(children) == 3
    for child in children:
        history = client.get_metric_history(child.info.run_id, "val_loss")
        assert [metric.step for metric in history] == [1, 2, 3, 4]
    kept = Path(client.download_artifacts(run_id, "environment.json")).read_text("utf-8")
    assert optuna.__version__ in kept
