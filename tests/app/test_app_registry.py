"""Promotion of a whole sweep, a leaky one too: the mark on every run, the gate, the names that may leak."""

import json
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from copies import copied
from mlflow.tracking import MlflowClient
from mlflow.utils.mlflow_tags import MLFLOW_RUN_NOTE
from quick import LEAN, Notebook

import songpop
from songpop.app.model_card import is_card_of
from songpop.app.records import SweepOutcome
from songpop.app.registry import compare, history, promote, rollback
from songpop.compose import compose_settings
from songpop.errors import GateError, RefusedError
from songpop.overrides import overrides_of
from songpop.published import PUBLISHED
from songpop.settings import TrackingSettings
from songpop.tracking.candidate import candidate_of
from songpop.tracking.gates import check_leaks
from songpop.tracking.store import open_store
from songpop.tracking.sweeps import find_sweep

LEAKY_NAME = "songpop-published-leaky"
QUICKLY_TRAINED = ("gates.baselines=[]", "gates.calibration=1.0")  # an epoch or three beat nobody


def settings_of(command: str, root: Path, *words: str) -> Any:
    return compose_settings(command, [*overrides_of({"paths.root": str(root)}), *words])


@pytest.fixture(scope="module")
def leaky_root(
    songs: pd.DataFrame, root: Path, outcome: SweepOutcome, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A store with the honest sweep, and a newer one under the published protocol."""
    copy = copied(root, tmp_path_factory.mktemp("leaky") / "mlruns")
    quick = {"model__widths": "8", "train__epochs": 1, "search__n_trials": 1, "finals__n_seeds": 3}
    published = {"protocol": "published", "space": "published", "space__widths__value": "8-4"}
    songpop.sweep(songs, **LEAN, **quick, **published, paths__root=str(copy))
    return copy


@pytest.fixture
def own_leaky_root(leaky_root: Path, tmp_path: Path) -> Path:
    return copied(leaky_root, tmp_path / "leaky")


def test_every_run_of_a_leaky_sweep_and_its_model_are_marked(leaky_root: Path, outcome: SweepOutcome) -> None:
    client = MlflowClient(f"sqlite:///{leaky_root / 'mlflow.db'}")
    experiments = [experiment.experiment_id for experiment in client.search_experiments()]
    runs = client.search_runs(experiments, "tags.`songpop.sweep` = 'sample-published-published'")
    assert {run.data.tags["songpop.kind"] for run in runs} == {"sweep", "trial", "finals", "final"}
    assert {run.data.tags["songpop.leaks"] for run in runs} == {'["Track Score"]'}
    (model,) = {run.data.tags["songpop.model_id"] for run in runs if "songpop.model_id" in run.data.tags}
    assert json.loads(client.get_logged_model(model).tags["songpop.leaks"]) == ["Track Score"]
    honest = client.search_runs(experiments, f"tags.`songpop.sweep` = '{outcome.sweep}'")
    assert {run.data.tags["songpop.leaks"] for run in honest} == {"[]"}


@pytest.mark.parametrize(
    ("words", "is_allowed"),
    [
        ([], False),
        (["registry.model=mine"], False),
        ([f"+registry.allowed_leaks={{{LEAKY_NAME}: [All Time Rank]}}"], False),
        ([f"registry.model={LEAKY_NAME}"], True),  # by conf/promote.yaml
        (
            ["registry.model=mine-leaky", "+registry.allowed_leaks={mine-leaky: [Track Score]}"],
            True,
        ),  # as the refusal says
    ],
)
def test_who_may_leak(words: list[str], is_allowed: bool, leaky_root: Path) -> None:
    settings = settings_of("promote", leaky_root, *words)
    store = open_store(settings.tracking, leaky_root)
    found = check_leaks(candidate_of(store, find_sweep(store)).facts, settings.registry)
    assert found.is_passed is is_allowed
    assert is_allowed or re.search(r"give the label away: Track Score\..*registry.model=NAME-leaky", found.sentence)


@pytest.mark.slow
def test_a_leaky_sweep_is_refused_and_every_gate_is_told(own_leaky_root: Path) -> None:
    with pytest.raises(RefusedError, match=r"give the label away: Track Score\..*gates refused: leaks") as refused:
        promote(settings_of("promote", own_leaky_root, *QUICKLY_TRAINED))
    told = {gate.name: gate for gate in refused.value.gates}
    assert [name for name, gate in told.items() if not gate.is_passed] == ["leaks"]
    assert told["record"].is_passed
    assert told["fresh_process"].value <= 1e-6
    assert 0 < told["latency_1"].value <= told["latency_1"].bound
    client = MlflowClient(f"sqlite:///{own_leaky_root / 'mlflow.db'}")
    assert not client.search_model_versions("name = 'songpop'")
    (entry,) = history(settings_of("history", own_leaky_root)).entries
    assert (entry.event, entry.gates["leaks"].value) == ("refuse", 1)
    note = client.get_run(find_sweep(open_store(TrackingSettings(), own_leaky_root)).run_id).data.tags[MLFLOW_RUN_NOTE]
    assert "gates: refused by leaks" in note


@pytest.mark.slow
def test_a_model_that_says_so_in_its_name_may_leak(own_leaky_root: Path) -> None:
    words = [f"registry.model={LEAKY_NAME}", *QUICKLY_TRAINED]
    promotion = promote(settings_of("promote", own_leaky_root, *words))
    assert (promotion.version, promotion.sweep) == (1, "sample-published-published")
    client = MlflowClient(f"sqlite:///{own_leaky_root / 'mlflow.db'}")
    version = client.get_model_version_by_alias(promotion.model, "champion")
    assert version.tags["songpop.leaks"] == '["Track Score"]'
    assert version.tags["songpop.gates"] == "passed"
    assert version.description.startswith("LEAK: Track Score gives the label away")
    assert history(settings_of("history", own_leaky_root, f"registry.model={LEAKY_NAME}")).leaks == ("Track Score",)


def test_the_honest_sweep_is_promoted_by_its_name(own_leaky_root: Path, outcome: SweepOutcome) -> None:
    notebook = Notebook()
    words = [f"sweep={outcome.sweep}", *QUICKLY_TRAINED]
    promotion = promote(settings_of("promote", own_leaky_root, *words), listener=notebook)
    assert (promotion.is_new, promotion.previous, promotion.sweep) == (True, None, outcome.sweep)
    assert notebook.notes == [f"Checking the model of sweep {outcome.sweep}."]
    assert promote(settings_of("promote", own_leaky_root, *words)).is_new is False
    (entry,) = history(settings_of("history", own_leaky_root)).entries
    assert (entry.version, entry.event, entry.sweep) == (1, "promote", outcome.sweep)
    told = history(settings_of("history", own_leaky_root))
    assert (told.champion, told.leaks) == (1, ())
    client = MlflowClient(f"sqlite:///{own_leaky_root / 'mlflow.db'}")
    for described in (client.get_model_version("songpop", "1"), client.get_registered_model("songpop")):
        assert is_card_of(described.description, "songpop", 1)
        assert "LEAK" not in described.description
    note = client.get_run(outcome.parent_run_id).data.tags[MLFLOW_RUN_NOTE]
    assert "gates: passed; registered as [songpop version 1](#/models/songpop/versions/1) (now champion)" in note
    with pytest.raises(GateError, match="no earlier champion"):
        rollback(settings_of("history", own_leaky_root))


def test_an_unknown_sweep_is_told_with_the_known_ones(leaky_root: Path, outcome: SweepOutcome) -> None:
    for run, command in ((promote, "promote"), (compare, "compare")):
        with pytest.raises(GateError, match=f"no sweep 'nothing'. It holds: {outcome.sweep}, sample-published"):
            run(settings_of(command, leaky_root, "sweep=nothing"))


def test_sweeps_are_compared_the_newest_first(leaky_root: Path, outcome: SweepOutcome) -> None:
    newest = compare(settings_of("compare", leaky_root))
    assert [sweep.name for sweep in newest.sweeps] == ["sample-published-published", outcome.sweep]
    assert (newest.sweep, newest.published) == ("sample-published-published", PUBLISHED)
    other = compare(settings_of("compare", leaky_root, f"sweep={outcome.sweep}", "n_runs=2"))
    assert [trial.run_id for trial in other.trials] == [leader.run_id for leader in outcome.leaders[:2]]
    assert other.published == {}


def test_without_a_sweep_there_is_nothing_to_compare(store_root: Path) -> None:
    found = compare(settings_of("compare", store_root))
    assert (found.sweeps, found.sweep, found.trials) == ((), None, ())
