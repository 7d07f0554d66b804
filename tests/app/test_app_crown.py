"""The sealed rows of a sweep: every metric with its interval, simpler methods beside it, all on the record."""

import json
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from mlflow.tracking import MlflowClient
from quick import QUICK, Notebook

import songpop
from songpop.app.crown import CHAMPION_FILE
from songpop.app.records import Champion, SweepOutcome, as_json
from songpop.evaluation.baselines import BOOSTED, LINEAR, MAJORITY
from songpop.evaluation.report import DECIDED
from songpop.scoring.sealed import SealedRows
from songpop.tracking.model_facts import DATA

METRICS = {"log_loss", "accuracy", "precision", "recall", "f1", "specificity", "roc_auc", "pr_auc", "calibration_error"}


@pytest.fixture
def champion(outcome: SweepOutcome) -> Champion:
    assert outcome.champion is not None
    return outcome.champion


def test_every_metric_has_an_interval_at_both_thresholds(champion: Champion) -> None:
    assert set(champion.test) == set(champion.test_intervals) == METRICS
    assert set(champion.test_at_threshold) == set(champion.test_at_threshold_intervals) == set(DECIDED)
    low, high = champion.test_intervals["log_loss"]
    assert low < champion.test["log_loss"] < high
    assert 0 < champion.threshold < 1


def test_simpler_methods_stand_beside_it(champion: Champion) -> None:
    assert set(champion.baselines) == {MAJORITY, LINEAR, BOOSTED}
    assert champion.baselines[MAJORITY]["log_loss"] == pytest.approx(0.693, abs=0.01)
    assert champion.baselines[LINEAR]["accuracy"] > 0.6


def test_the_model_carries_what_they_say(outcome: SweepOutcome, root: Path, champion: Champion) -> None:
    client = MlflowClient(f"sqlite:///{root / 'mlflow.db'}")
    model = client.get_logged_model(client.get_run(outcome.parent_run_id).data.tags["songpop.model_id"])
    folder = Path(model.artifact_location.removeprefix("file://")) / DATA
    sealed = SealedRows.load(folder)
    assert set(sealed.baselines) == set(champion.baselines)
    assert all(len(chance) == champion.n_test_rows for chance in sealed.baselines.values())
    assert (model.tags["songpop.model_kind"], json.loads(model.tags["songpop.members"])) == (
        "bag", list(champion.run_ids)
    )  # fmt: skip


def test_a_champion_comes_back_from_its_file(champion: Champion) -> None:
    assert Champion.from_json(json.dumps(as_json(champion))) == champion


@pytest.mark.parametrize(("damage", "note"), [("lost", "last champion is lost"), ("half", "was written half")])
def test_a_champion_whose_record_is_damaged_is_tested_anew(
    songs: pd.DataFrame, own_root: Path, outcome: SweepOutcome, champion: Champion, damage: str, note: str
) -> None:
    (file,) = own_root.rglob(CHAMPION_FILE)
    if damage == "lost":
        file.unlink()
    else:
        file.write_text(file.read_text("utf-8")[:-9], "utf-8")
    notebook = Notebook()
    again = songpop.sweep(songs, **QUICK, paths__root=str(own_root), listener=notebook)
    assert any(note in told for told in notebook.notes)
    assert again.champion is not None
    assert again.champion.n_test_openings == champion.n_test_openings + 1  # which is a look more
    assert replace(again.champion, n_test_openings=champion.n_test_openings) == champion
