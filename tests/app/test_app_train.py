"""`songpop train`: fixed models over seeds, each measured on the test part; what is tracked, and what is refused."""

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from mlflow.tracking import MlflowClient
from mlflow.utils.mlflow_tags import MLFLOW_RUN_NOTE
from quick import LEAN, Notebook, changed, sweep_settings

import songpop
from songpop.app.train import METRICS, TrainedModel, TrainOutcome, train
from songpop.errors import SettingsError
from songpop.evaluation.stats import t_interval
from songpop.settings import FixedModel, SweepSettings
from songpop.tracking.metric_names import meaning_of

MODELS = """# @package _global_
train:
  epochs: 2
  models:
    plain (a):
      params: {widths: "8", learning_rate: 0.01}
    penalised:
      params: {widths: "8", regularization: l2, l2: 0.1}
      epochs: 1
    explodes:
      params: {widths: "8", optimizer: sgd, learning_rate: 1.0e+30}
      epochs: 1
"""


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("train")


@pytest.fixture(scope="module")
def trained(songs: pd.DataFrame, root: Path) -> TrainOutcome:
    (root / "experiment").mkdir()
    (root / "experiment" / "mine.yaml").write_text(MODELS)
    where = {"config_dir": root, "paths__root": str(root / "mlruns")}
    outcome = songpop.train(songs, experiment="mine", **LEAN, train__n_seeds=2, **where)
    assert isinstance(outcome, TrainOutcome)
    return outcome


@pytest.fixture(scope="module")
def client(trained: TrainOutcome, root: Path) -> MlflowClient:
    return MlflowClient(f"sqlite:///{root / 'mlruns' / 'mlflow.db'}")


def named(trained: TrainOutcome, name: str) -> TrainedModel:
    return next(model for model in trained.protocols[0].models if model.model == name)


def test_every_model_has_a_value_per_seed_and_its_interval(trained: TrainOutcome) -> None:
    assert (trained.n_seeds, trained.first_seed, trained.verdicts) == (2, 0, ())
    for name in ("plain (a)", "penalised"):
        model = named(trained, name)
        assert set(model.runs) == set(METRICS)
        assert all(len(values) == 2 for values in model.runs.values())
        for metric, values in model.runs.items():
            assert model.intervals[metric] == t_interval(values)
    plain = named(trained, "plain (a)")
    assert plain.runs["log_loss"][0] != plain.runs["log_loss"][1]  # the seeds differ
    assert (plain.mean_epochs, named(trained, "penalised").mean_epochs) == (2.0, 1.0)


def test_loss_contains_the_penalty_as_keras_has_it(trained: TrainOutcome) -> None:
    plain, penalised = named(trained, "plain (a)"), named(trained, "penalised")
    assert plain.runs["loss"] == pytest.approx(plain.runs["log_loss"])
    assert np.all(np.subtract(penalised.runs["loss"], penalised.runs["log_loss"]) > 0.1)


def test_a_failed_run_is_counted_and_not_averaged(trained: TrainOutcome) -> None:
    model = named(trained, "explodes")
    assert (model.n_failed, model.intervals, model.mean_epochs) == (2, {}, 0.0)
    assert all(math.isnan(value) for value in model.runs["accuracy"])
    assert len(model.run_ids) == 2
    assert named(trained, "penalised").n_failed == 0


def test_a_child_per_model_and_seed_with_what_was_tested(trained: TrainOutcome, client: MlflowClient) -> None:
    for model in trained.protocols[0].models:
        for place, run_id in enumerate(model.run_ids):
            run = client.get_run(run_id)
            assert run.data.tags["mlflow.parentRunId"] == trained.protocols[0].parent_run_id
            assert (run.data.params["model"], run.data.params["seed"]) == (model.model, str(place))
            assert run.info.run_name == f"{model.model}, seed {place}"
            told = {metric: run.data.metrics.get(f"test_{metric}") for metric in METRICS}
            expected = {metric: None if math.isnan(v[place]) else v[place] for metric, v in model.runs.items()}
            assert told == expected


def test_the_parent_holds_means_by_names_that_mlflow_takes(trained: TrainOutcome, client: MlflowClient) -> None:
    parent = client.get_run(trained.protocols[0].parent_run_id)
    assert (parent.info.status, parent.data.tags["songpop.kind"]) == ("FINISHED", "train")
    assert parent.info.run_name == "train-sample-honest-mine"  # the experiment
    means = {name: value for name, value in parent.data.metrics.items() if "accuracy" in name and "mean" in name}
    assert means == {
        "plain_a_test_accuracy_mean": named(trained, "plain (a)").intervals["accuracy"].mean,
        "penalised_test_accuracy_mean": named(trained, "penalised").intervals["accuracy"].mean,
    }


def test_the_ground_is_told(trained: TrainOutcome, songs: pd.DataFrame) -> None:
    (protocol,) = trained.protocols
    assert (protocol.protocol, protocol.leaks) == ("honest", ())
    assert sum(protocol.n_rows.values()) == len(songs.drop_duplicates())
    assert 0.5 <= protocol.majority < 0.6
    assert protocol.n_test_openings == 1  # however many models were measured


# ── what is refused before anything is trained ──────────────────────────────────────────────────────────────


def test_names_that_mlflow_could_not_tell_apart_are_refused() -> None:
    settings = changed(sweep_settings(), "train.models", {"L2 (a)": FixedModel(), "L2 [a]": FixedModel()})
    with pytest.raises(SettingsError, match=r"'L2 \(a\)' and 'L2 \[a\]' do not. Rename one"):
        train([settings])


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (
            FixedModel(params={"dropout_frist": 0.1}),
            "`train.models.net.params.dropout_frist` .*Did you mean `dropout_first`",
        ),
        (
            FixedModel(params={"batch_size": "many"}),
            "`train.models.net.params.batch_size` must be a whole number.*'many'",
        ),
        (FixedModel(params={"batch_size": 64.7}), "`train.models.net.params.batch_size` must be a whole number"),
        (FixedModel(params={"learning_rate": "0.1x"}), "must be a finite number, but it is '0.1x'"),
        (FixedModel(params={"optimizer": "adaam"}), "Did you mean `adam`"),
        (FixedModel(params={"widths": 128}), "must be a text, but it is 128"),
        (FixedModel(params={"dropout_first": 1.5}), "must be >= 0 and < 1"),
        (FixedModel(epochs=0), "`train.models.net.epochs` must be at least 1 or null, but it is 0"),
        (FixedModel(patience=0), "`train.models.net.patience` must be at least 1 or null"),
        (FixedModel(claim="L3"), "`train.models.net.claim` must be one of vanilla, L1, L2 or null"),
    ],
)
def test_a_model_that_cannot_be_meant(model: FixedModel, message: str, songs: pd.DataFrame, tmp_path: Path) -> None:
    good = changed(SweepSettings(), "paths.root", str(tmp_path / "mlruns"))
    bad = changed(good, "train.models", {"net": model})
    notebook = Notebook()
    with pytest.raises(SettingsError, match=message):
        train([good, bad], frame=songs, listener=notebook)  # the second variant's fault is told before the first runs
    assert notebook.notes == []
    assert not (tmp_path / "mlruns").exists()


def test_a_training_describes_itself_by_names_that_are_used_everywhere(
    trained: TrainOutcome, client: MlflowClient
) -> None:
    parent = client.get_run(trained.protocols[0].parent_run_id)
    note = parent.data.tags[MLFLOW_RUN_NOTE]
    assert "each over 2 seeds: table sample, protocol honest" in note
    assert "| penalised" in note
    experiments = [one.experiment_id for one in client.search_experiments()]
    runs = client.search_runs(experiments, f"tags.mlflow.parentRunId = '{parent.info.run_id}'")
    assert not {name for run in (parent, *runs) for name in run.data.metrics if meaning_of(name) is None}
