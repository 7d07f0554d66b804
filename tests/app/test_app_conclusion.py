"""How a search ends: finals, when sealed rows are opened, that each look is counted, what stands when it goes on."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from copies import copied
from mlflow.tracking import MlflowClient
from quick import LEAN, QUICK, Notebook

import songpop
from songpop.app.conclusion import FINALS_FILE
from songpop.app.finals_file import finals_of
from songpop.app.records import SweepOutcome
from songpop.tracking.records import WEIGHTS

# Rates for one epoch: the first learns nothing, the second something, the third nothing again.
POINTS = [{"learning_rate": rate} for rate in (1e-6, 1e-2, 2e-6)]
SMALL: dict[str, Any] = {
    **LEAN,
    "space": "rates",
    "model__widths": "8",
    "train__epochs": 1,
    "train__batch_size": 8,
    "search__known_points": POINTS,
    "search__name": "second",
    "finals": "none",
}


def client_of(root: Path) -> MlflowClient:
    return MlflowClient(f"sqlite:///{root / 'mlflow.db'}")


def finals_of_sweep(client: MlflowClient, outcome: SweepOutcome) -> tuple[Any, list[Any]]:
    """The run that holds a sweep's finals together, and its runs."""
    experiments = [experiment.experiment_id for experiment in client.search_experiments()]
    of_sweep = f"tags.`songpop.of` = '{outcome.parent_run_id}' and tags.`songpop.kind` = 'finals'"
    (parent,) = client.search_runs(experiments, of_sweep)
    return parent, list(client.search_runs(experiments, f"tags.`mlflow.parentRunId` = '{parent.info.run_id}'"))


# ── finals ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_finals_are_on_the_record(outcome: SweepOutcome, root: Path) -> None:
    client = client_of(root)
    assert outcome.finals is not None
    parent, runs = finals_of_sweep(client, outcome)
    assert (parent.info.status, parent.info.run_name) == ("FINISHED", f"{outcome.sweep} finals")
    trained = [one for one in outcome.finals.finalists if not one.contestant.members]
    assert len(runs) == outcome.finals.n_resamples * len(trained) == 9  # two best ones, and the ensemble's third member
    assert {run.info.status for run in runs} == {"FINISHED"}
    assert {run.data.tags["songpop.kind"] for run in runs} == {"final"}
    specs = [json.loads(run.data.tags["songpop.spec"]) for run in runs]
    assert sorted(spec["resample"] for spec in specs) == [0, 0, 0, 1, 1, 1, 2, 2, 2]
    by_resample = {(spec["resample"], spec["seed"]) for spec in specs}
    assert len(by_resample) == 3  # every finalist with the same seeds on the same parts


def test_the_winners_models_together_are_the_champion(outcome: SweepOutcome, root: Path) -> None:
    client = client_of(root)
    assert outcome.finals is not None
    assert outcome.champion is not None
    assert outcome.finals.winner is not None
    winner = outcome.finals.finalists[outcome.finals.winner]
    if winner.contestant.members:
        assert (outcome.champion.kind, outcome.champion.n_models) == ("ensemble", 3 * len(winner.contestant.members))
        return
    assert (outcome.champion.kind, outcome.champion.n_models) == ("bag", 3)
    values = [client.get_run(run).data.metrics["best_val_log_loss"] for run in outcome.champion.run_ids]
    assert values == pytest.approx(list(winner.values))
    assert outcome.champion.val_log_loss == pytest.approx(sum(values) / 3)
    assert outcome.champion.reason == outcome.finals.reason


def test_the_verdict_lies_beside_the_sweep(outcome: SweepOutcome, root: Path) -> None:
    client = client_of(root)
    kept = Path(client.download_artifacts(outcome.parent_run_id, FINALS_FILE)).read_text("utf-8")
    assert finals_of(kept) == outcome.finals
    assert outcome.finals is not None
    shown = client.get_run(outcome.parent_run_id).data.metrics
    assert shown["finals_shrinkage"] == pytest.approx(outcome.finals.shrinkage)
    assert shown["finals_val_log_loss_low"] < shown["finals_val_log_loss_mean"] < shown["finals_val_log_loss_high"]


def test_a_search_that_goes_on_holds_finals_anew_and_records_each_run_once(
    songs: pd.DataFrame, own_root: Path, outcome: SweepOutcome
) -> None:
    client = client_of(own_root)
    before = {run.info.run_id for run in finals_of_sweep(client, outcome)[1]}
    told = songpop.sweep(songs, **QUICK, paths__root=str(own_root), finals__n_configs=3)
    assert told.n_new == 0
    assert told.finals is not None
    trained = [one for one in told.finals.finalists if not one.contestant.members]
    assert len(trained) == 3
    runs = finals_of_sweep(client, outcome)[1]
    assert before == {run.info.run_id for run in runs}  # the third best was in the ensemble before
    assert len(runs) == 9
    if told.champion and outcome.champion and told.champion.run_ids == outcome.champion.run_ids:
        assert told.champion.n_test_openings == outcome.champion.n_test_openings  # the rows stayed shut


def test_the_median_model_alone(songs: pd.DataFrame, own_root: Path, outcome: SweepOutcome) -> None:
    told = songpop.sweep(songs, **QUICK, paths__root=str(own_root), finals__kind="single", search__name="median")
    assert told.champion is not None
    assert told.finals is not None
    assert told.finals.winner is not None
    assert (told.champion.kind, told.champion.n_models) == ("single", 1)
    assert told.champion.val_log_loss == sorted(told.finals.finalists[told.finals.winner].values)[1]


@pytest.mark.slow
def test_another_kind_is_another_champion(songs: pd.DataFrame, own_root: Path, outcome: SweepOutcome) -> None:
    """The same finals, the same runs; what is put forward is what was asked for, each time."""
    told = []
    for words in ({"finals__kind": "single"}, {"finals": "none"}, {}):
        told.append(songpop.sweep(songs, **QUICK, **words, paths__root=str(own_root)).champion)
    assert [(one.kind, one.n_models) for one in told if one] == [("single", 1), ("single", 1), ("bag", 3)]
    assert told[0] is not None
    assert outcome.champion is not None
    assert told[0].run_ids[0] in outcome.champion.run_ids  # one of the bag's, recorded once
    assert len(finals_of_sweep(client_of(own_root), outcome)[1]) == 9


def entered_by(told: SweepOutcome) -> list[str]:
    assert told.finals is not None
    return sorted(one.contestant.origin.value for one in told.finals.finalists)


@pytest.mark.slow
def test_the_present_champion_takes_part_as_long_as_its_record_lasts(
    songs: pd.DataFrame, own_root: Path, outcome: SweepOutcome
) -> None:
    songpop.promote(paths__root=str(own_root), gates__baselines=[], gates__calibration=1.0)  # three epochs beat nobody
    assert outcome.champion is not None
    words = {**QUICK, "paths__root": str(own_root), "search__known_points": []}
    told = songpop.sweep(songs, **words, search__name="next")
    assert entered_by(told) == ["champion", "ensemble", "search", "search"]
    client_of(own_root).delete_tag(outcome.champion.run_ids[0], "songpop.spec")
    notebook = Notebook()
    told = songpop.sweep(songs, **words, search__name="next", listener=notebook)
    assert entered_by(told) == ["ensemble", "search", "search"]
    assert any("version 1 of 'songpop', takes no part in the finals" in note for note in notebook.notes)
    client_of(own_root).log_text(told.parent_run_id, "{", FINALS_FILE)
    again = songpop.sweep(songs, **words, search__name="next", listener=notebook)
    assert again.finals == told.finals  # held again, by the runs that are recorded
    assert any("The finals are held again, since their verdict is lost" in note for note in notebook.notes)


# ── openings ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def searches(
    songs: pd.DataFrame, root: Path, outcome: SweepOutcome, tmp_path_factory: pytest.TempPathFactory
) -> tuple[list[SweepOutcome], Path]:
    """A sweep of another name on the same rows: one trial, then a better one, then a worse one."""
    copy = copied(root, tmp_path_factory.mktemp("searches") / "mlruns")
    mine = tmp_path_factory.mktemp("conf")
    (mine / "space").mkdir()
    rate = "learning_rate: {kind: float, low: 1.0e-7, high: 1.0e-1, log: true}\n"
    (mine / "space" / "rates.yaml").write_text(rate)
    told = [
        songpop.sweep(songs, **SMALL, config_dir=mine, paths__root=str(copy), search__n_trials=n) for n in (1, 2, 3)
    ]
    return told, copy


def test_looks_at_the_same_rows_are_counted_over_sweeps(
    searches: tuple[list[SweepOutcome], Path], outcome: SweepOutcome
) -> None:
    told, _ = searches
    champions = [one.champion for one in (outcome, *told)]
    assert all(champions)
    assert [champion.n_test_openings for champion in champions if champion] == [1, 2, 3, 3]


def test_the_champion_is_replaced_by_a_better_trial_only(searches: tuple[list[SweepOutcome], Path]) -> None:
    told, _ = searches
    best = [one.best for one in told if one.best]
    assert [one.trial for one in best] == [0, 1, 1]
    assert [one.champion.run_ids for one in told if one.champion] == [(one.run_id,) for one in best]
    assert told[1].champion == told[2].champion
    assert best[1].val_log_loss < best[0].val_log_loss


def test_a_champion_that_stands_is_not_built_again(songs: pd.DataFrame, own_root: Path) -> None:
    words = {**QUICK, "finals": "none", "paths__root": str(own_root)}
    first = songpop.sweep(songs, **words)
    assert first.best is not None
    (weights,) = (own_root / "artifacts" / first.best.run_id).rglob(WEIGHTS)
    weights.unlink()
    assert songpop.sweep(songs, **words).champion == first.champion


def test_the_record_of_the_sweep_points_to_the_new_champion(searches: tuple[list[SweepOutcome], Path]) -> None:
    told, copy = searches
    client = MlflowClient(f"sqlite:///{copy / 'mlflow.db'}")
    last = told[-1]
    assert last.champion is not None
    parent = client.get_run(last.parent_run_id)
    model = client.get_logged_model(parent.data.tags["songpop.model_id"])
    assert model.tags["songpop.run_id"] == last.champion.run_ids[0]
    assert parent.data.tags["songpop.n_test_openings"] == "2"  # by this sweep
    assert parent.data.metrics["test_log_loss"] == pytest.approx(last.champion.test["log_loss"])
    child = client.get_run(last.champion.run_ids[0])
    assert model.params["learning_rate"] == child.data.params["learning_rate"]
    shown = {metric.key: metric.value for metric in model.metrics}
    assert shown["test_accuracy"] == pytest.approx(last.champion.test["accuracy"])
    assert child.data.metrics["test_accuracy"] == pytest.approx(last.champion.test["accuracy"])


def test_the_baseline_is_the_larger_class_of_the_test_part(outcome: SweepOutcome) -> None:
    assert outcome.champion is not None
    assert 0.5 <= outcome.champion.baseline_accuracy < 0.6
    assert outcome.champion.n_test_rows == pytest.approx(160, abs=3)
