"""A whole sweep on the generated table: what it returns, what MLflow holds, how it goes on, what it refuses."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from mlflow.tracking import MlflowClient
from quick import LEAN, QUICK, changed, sweep_settings

import songpop
from songpop.app.prepare import Ground, base_params, read_table, searched_space
from songpop.app.records import SweepOutcome, as_json
from songpop.app.sweep import study_identity, told_fixed, trial_seed
from songpop.compose import compose_settings
from songpop.data.leak_sample import LeakVerdict
from songpop.data.splits import make_split
from songpop.errors import LeakError, ResumeError
from songpop.search.identity import check_identity
from songpop.settings import FeatureKind, LabelRule, ParamKind, ParamSettings, PrunerKind, SamplerKind, SweepSettings
from songpop.space import LEGAL, Space

# design.md, section 2
KEYS = {"sweep", "parent_run_id", "protocol", "n_trials", "n_complete", "n_pruned", "n_failed", "wall_s", "engine"}


@pytest.fixture(scope="module")
def client(outcome: SweepOutcome, root: Path) -> MlflowClient:
    return MlflowClient(f"sqlite:///{root / 'mlflow.db'}")


def children(client: MlflowClient, outcome: SweepOutcome) -> list[Any]:
    experiments = [experiment.experiment_id for experiment in client.search_experiments()]
    return list(client.search_runs(experiments, f"tags.`mlflow.parentRunId` = '{outcome.parent_run_id}'"))


def test_json_has_the_keys_of_the_design(outcome: SweepOutcome) -> None:
    told = json.loads(json.dumps(as_json(outcome), allow_nan=False))
    assert {*KEYS, "best", "champion"} <= set(told)
    assert set(told["best"]) >= {"run_id", "trial", "params", "val_log_loss"}
    assert set(told["champion"]) >= {"kind", "run_ids", "val_log_loss", "test"}
    metrics = {"log_loss", "accuracy", "precision", "recall", "f1", "specificity", "roc_auc"}
    assert set(told["champion"]["test"]) >= metrics
    assert told["n_trials"] == told["n_complete"] + told["n_pruned"] + told["n_failed"] == 3
    assert told["engine"] == "population"
    assert 0 < told["load"]["occupancy"] <= 1
    assert told["load"]["n_traces"] == 0
    assert "study" not in told


def test_the_record_holds_optunas_study(outcome: SweepOutcome) -> None:
    assert len(outcome.study.trials) == 3
    assert outcome.best is not None
    assert outcome.study.best_value == pytest.approx(outcome.best.val_log_loss)


def test_mlflow_takes_the_address_of_the_store(outcome: SweepOutcome) -> None:
    assert MlflowClient(outcome.tracking_uri).get_run(outcome.parent_run_id).info.run_id == outcome.parent_run_id


def test_one_child_per_trial_with_numbers_and_history(outcome: SweepOutcome, client: MlflowClient) -> None:
    runs = children(client, outcome)
    assert sorted(int(run.data.tags["songpop.trial"]) for run in runs) == [0, 1, 2]
    for run in runs:
        assert run.info.status == "FINISHED"
        assert float(run.data.params["learning_rate"]) > 0
        history = client.get_metric_history(run.info.run_id, "val_log_loss")
        assert [metric.step for metric in history] == list(range(1, len(history) + 1))
        assert run.data.metrics["best_val_log_loss"] == pytest.approx(min(metric.value for metric in history))
        assert {"songpop.protocol", "songpop.engine", "songpop.table", "songpop.seed"} <= set(run.data.tags)


def test_the_parent_holds_what_is_needed_to_understand_it(outcome: SweepOutcome, client: MlflowClient) -> None:
    parent = client.get_run(outcome.parent_run_id)
    assert parent.info.status == "FINISHED"
    files = {item.path for item in client.list_artifacts(outcome.parent_run_id)}
    assert {"config.yaml", "space.json", "split.npz", "split.json", "environment.json", "table.json"} <= files
    kept = json.loads(Path(client.download_artifacts(outcome.parent_run_id, "space.json")).read_text("utf-8"))
    entries = {name: ParamSettings(**{**entry, "kind": ParamKind[entry["kind"]]}) for name, entry in kept.items()}
    assert Space.from_settings(entries).digest == parent.data.tags["songpop.space"]
    assert parent.inputs.dataset_inputs[0].dataset.name == "sample"
    assert parent.data.metrics["test_accuracy"] == pytest.approx(outcome.champion.test["accuracy"])  # type: ignore[union-attr]


def test_asking_again_trains_nothing_and_opens_nothing(
    songs: pd.DataFrame, own_root: Path, outcome: SweepOutcome
) -> None:
    again = songpop.sweep(songs, **QUICK, paths__root=str(own_root))
    assert (again.n_trials, again.n_new) == (3, 0)
    assert again.champion == outcome.champion
    assert again.parent_run_id == outcome.parent_run_id


def test_asking_for_more_goes_on(songs: pd.DataFrame, own_root: Path, outcome: SweepOutcome) -> None:
    more = songpop.sweep(songs, **QUICK, paths__root=str(own_root), search__n_trials=4, sampler="random", pruner="none")
    assert (more.n_trials, more.n_new) == (4, 1)
    client = MlflowClient(f"sqlite:///{own_root / 'mlflow.db'}")
    assert sorted(int(run.data.tags["songpop.trial"]) for run in children(client, outcome)) == [0, 1, 2, 3]


OPTIONS = [
    *((f"optimizer={name}", "optimizer", name) for name in LEGAL["optimizer"]),
    *((f"schedule={name}", "schedule", name) for name in LEGAL["schedule"]),
    ("train.batch_size=7", "batch_size", 7),
    ("model=mlp", "widths", "128-64-32-16"),
    ("model=published", "first_regularized", 1),
    ("model.activation=tanh", "activation", "tanh"),
]
RATE = ParamSettings(kind=ParamKind.float, low=1e-4, high=1e-2)
CHANGES: list[tuple[str, Any, str]] = [
    ("space", {"learning_rate": RATE}, "space.widths.kind"),
    ("train.epochs", 31, "train.epochs"),
    ("train.batch_size", 32, "params.batch_size"),
    ("train.early_stopping.patience", None, "train.patience"),
    ("split.seed", 1, "split"),
    ("features.kind", FeatureKind.published, "features.kind"),
    ("features.use_dates", False, "features.use_dates"),
    ("data.columns.flags", ["Explicit Track"], "recipe.columns"),
    ("data.as_of", "2024-07-01", "recipe.as_of"),
    ("data.allowed_leaks", ["Track Score"], "leaks"),
    ("data.label.rule", LabelRule.above, "label"),
    ("optimizer.optimizer", "sgd", "params.optimizer"),
    ("protocol.watch", "val_loss", "objective"),
]


@pytest.fixture(scope="module")
def lean() -> SweepSettings:
    return sweep_settings(data__label__value="40")  # read by the rule `above` only


def identity(songs: pd.DataFrame, settings: SweepSettings) -> dict[str, str]:
    table = read_table(settings, songs)
    leaks = LeakVerdict(allowed=tuple(settings.data.allowed_leaks), found=())
    ground = Ground(table=table, leaks=leaks, split=make_split(table, settings.split), source="", is_generated=False)
    return study_identity(settings, searched_space(settings), ground)


@pytest.fixture(scope="module")
def lean_identity(songs: pd.DataFrame, lean: SweepSettings) -> dict[str, str]:
    return identity(songs, lean)


@pytest.mark.parametrize(("key", "value", "told"), CHANGES, ids=[key for key, _, _ in CHANGES])
def test_another_question_under_the_same_name_is_refused(
    songs: pd.DataFrame, lean: SweepSettings, lean_identity: dict[str, str], key: str, value: Any, told: str
) -> None:
    with pytest.raises(ResumeError, match=rf"else: (.*, )?{re.escape(told)} was "):
        check_identity("s", lean_identity, identity(songs, changed(lean, key, value)))


def test_budget_sampler_and_pruner_may_change(
    songs: pd.DataFrame, lean: SweepSettings, lean_identity: dict[str, str]
) -> None:
    settings = lean
    for key, value in (
        ("search.n_trials", 99),
        ("search.timeout_s", 5.0),
        ("sampler.kind", SamplerKind.random),
        ("pruner.kind", PrunerKind.none),
        ("train.n_seeds", 3),
    ):
        settings = changed(settings, key, value)
    assert identity(songs, settings) == lean_identity


def test_a_refused_sweep_says_so_and_changes_nothing(
    songs: pd.DataFrame, own_root: Path, outcome: SweepOutcome
) -> None:
    with pytest.raises(ResumeError, match=f"{outcome.sweep!r} was started with something else: recipe.columns was"):
        songpop.sweep(songs, **QUICK, **LEAN, paths__root=str(own_root), search__name=outcome.sweep)
    client = MlflowClient(f"sqlite:///{own_root / 'mlflow.db'}")
    assert client.get_run(outcome.parent_run_id).info.status == "FINISHED"


def test_a_trials_seed_is_a_function_of_the_searchs_seed_and_its_number() -> None:
    seeds = [trial_seed(search, trial) for search in range(3) for trial in range(50)]
    assert seeds == [trial_seed(search, trial) for search in range(3) for trial in range(50)]
    assert len(set(seeds)) == len(seeds)
    assert all(0 <= seed < 2**31 for seed in seeds)  # what Keras takes


def test_a_leak_stops_before_anything_is_written(songs: pd.DataFrame, tmp_path: Path) -> None:
    with pytest.raises(LeakError, match="All Time Rank"):
        songpop.sweep(songs, **LEAN, paths__root=str(tmp_path / "new"), data__label__sources=["Track Score"])
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("fixed", "told"),
    [
        ({}, ""),
        ({"optimizer__optimizer": "sgd", "optimizer__momentum": 0.5}, "optimizer=sgd"),  # momentum was not searched
        ({"model__widths": "64"}, ""),
    ],
)
def test_what_is_fixed_though_the_space_has_it_is_told(fixed: dict[str, Any], told: str) -> None:
    space = {"optimizer": ParamSettings(kind=ParamKind.choice, choices=["adam", "sgd"])}
    settings = replace(sweep_settings(**fixed), space=space)
    assert told_fixed(settings) == told


@pytest.mark.parametrize("space", ["full", "cocktail", "grid", "published"])
@pytest.mark.parametrize(("override", "field", "value"), OPTIONS)
def test_an_option_of_a_group_decides_under_every_space(space: str, override: str, field: str, value: str) -> None:
    settings = compose_settings("sweep", [f"space={space}", override])
    assert isinstance(settings, SweepSettings)
    searched, base = searched_space(settings), base_params(settings)
    values = searched.suggest(lambda param: param.at(0.5))
    assert getattr(searched.to_params(values, base), field) == value
