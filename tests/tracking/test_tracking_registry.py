"""Promotion, rollback and history on a real registry, with models that are one line of text."""

import json

import pytest
from trials import FixedJudge, logged_candidate, sweep_of

from songpop.errors import ArtifactError, DataError, GateError
from songpop.settings import RegistrySettings
from songpop.tracking.registry import candidate_of, history, promote, rollback
from songpop.tracking.runs import start_sweep

SETTINGS = RegistrySettings()
JUDGE = FixedJudge({"first": 0.30, "second": 0.25, "third": 0.40})


def clock() -> float:
    return 1_700_000_000.0


def champion_version(store) -> str:
    return str(store.client.get_model_version_by_alias("songpop", "champion").version)


def test_the_first_champion(store, tmp_path) -> None:
    candidate = logged_candidate(store, tmp_path, "first")
    promotion = promote(store, SETTINGS, candidate, JUDGE, clock=clock)
    assert (promotion.version, promotion.previous, promotion.is_new, promotion.comparison) == (1, None, True, None)
    version = store.client.get_model_version_by_alias("songpop", "champion")
    assert version.tags["songpop.sweep"] == "first"
    assert version.tags["songpop.files"] == candidate.facts.to_tags()["songpop.files"]
    assert (version.run_id, version.tags["songpop.model_id"]) == (candidate.facts.run_id, candidate.model_id)
    shown = store.client.get_logged_model(candidate.model_id).tags["mlflow.modelVersions"]
    assert shown == '[{"name": "songpop", "version": 1}]'
    (entry,) = history(store, SETTINGS)
    assert (entry.event, entry.version, entry.when) == ("promote", 1, "2023-11-14T22:13:20+00:00")


def test_a_better_one_takes_over_and_is_given_back(store, tmp_path) -> None:
    promote(store, SETTINGS, logged_candidate(store, tmp_path, "first"), JUDGE)
    promotion = promote(store, SETTINGS, logged_candidate(store, tmp_path, "second"), JUDGE)
    assert (promotion.version, promotion.previous, champion_version(store)) == (2, 1, "2")
    back = rollback(store, SETTINGS)
    assert (back.version, back.previous, champion_version(store)) == (1, 2, "1")
    assert [(e.event, e.version, e.previous) for e in history(store, SETTINGS)] == [
        ("promote", 1, None), ("promote", 2, 1), ("rollback", 1, 2),
    ]  # fmt: skip
    assert history(store, SETTINGS)[1].reason == "log loss 0.2500 against 0.3000 on 500 sealed rows (opened 1 time)"
    with pytest.raises(GateError, match="no earlier champion"):
        rollback(store, SETTINGS)


def test_a_worse_one_is_refused_and_leaves_no_trace(store, tmp_path) -> None:
    promote(store, SETTINGS, logged_candidate(store, tmp_path, "first"), JUDGE)
    with pytest.raises(GateError, match="worse than songpop version 1"):
        promote(store, SETTINGS, logged_candidate(store, tmp_path, "third"), JUDGE)
    assert len(store.client.search_model_versions("name = 'songpop'")) == 1
    assert champion_version(store) == "1"


def test_the_same_model_twice(store, tmp_path) -> None:
    candidate = logged_candidate(store, tmp_path, "first")
    promote(store, SETTINGS, candidate, JUDGE)
    again = promote(store, SETTINGS, candidate, JUDGE)
    assert (again.is_new, again.version) == (False, 1)
    assert len(history(store, SETTINGS)) == 1


def test_real_songs_take_over_from_generated_ones_and_never_give_way(store, tmp_path) -> None:
    promote(store, SETTINGS, logged_candidate(store, tmp_path, "first", is_generated=True), JUDGE)
    promotion = promote(store, SETTINGS, logged_candidate(store, tmp_path, "third"), JUDGE)  # the worst of the three
    assert (promotion.version, promotion.comparison) == (2, None)
    assert history(store, SETTINGS)[1].reason == "version 1 knew generated songs only"
    with pytest.raises(GateError, match=r"generated songs, but songpop version 2 knows real ones \(songs.csv\)"):
        promote(store, SETTINGS, logged_candidate(store, tmp_path, "second", is_generated=True), JUDGE)
    assert champion_version(store) == "2"


def test_one_model_under_two_names(store, tmp_path) -> None:
    candidate = logged_candidate(store, tmp_path, "first")
    for name in ("songpop", "another"):
        promote(store, RegistrySettings(model=name), candidate, JUDGE)
    shown = json.loads(store.client.get_logged_model(candidate.model_id).tags["mlflow.modelVersions"])
    assert shown == [{"name": "songpop", "version": 1}, {"name": "another", "version": 1}]


def test_a_former_champion_keeps_its_version(store, tmp_path) -> None:
    first = logged_candidate(store, tmp_path, "first")
    promote(store, SETTINGS, first, JUDGE)
    promote(store, SETTINGS, logged_candidate(store, tmp_path, "second"), JUDGE)
    rollback(store, SETTINGS)
    assert promote(store, SETTINGS, sweep_candidate(store, "second"), JUDGE).version == 2


def sweep_candidate(store, name: str):
    return candidate_of(store, sweep_of(store, name))


def test_an_unfinished_sweep(store) -> None:
    start_sweep(store, "first").finish("KILLED")
    with pytest.raises(GateError, match=r"'first' has no finished model.*KILLED.*the command that began it goes on"):
        sweep_candidate(store, "first")


@pytest.mark.parametrize(
    ("facts", "message"), [({"leaks": ("Track Score",)}, "give the label away"), ({"test": {}}, "no test metrics")]
)
def test_refused_before_anything_is_written(facts, message, store, tmp_path) -> None:
    candidate = logged_candidate(store, tmp_path, "first", **facts)
    with pytest.raises(GateError, match=message):
        promote(store, SETTINGS, candidate, JUDGE)
    assert not store.client.search_registered_models()
    assert history(store, SETTINGS) == ()


def test_a_changed_artifact_gets_no_version(store, tmp_path) -> None:
    candidate = logged_candidate(store, tmp_path, "first")
    (file,) = (store.root / "artifacts").rglob("model.keras")
    file.write_text("weights of some")
    with pytest.raises(ArtifactError, match="not the one that was logged"):
        promote(store, SETTINGS, candidate, JUDGE)
    assert not store.client.search_registered_models()


def test_too_few_comparable_rows(store, tmp_path) -> None:
    promote(store, SETTINGS, logged_candidate(store, tmp_path, "first"), JUDGE)
    with pytest.raises(GateError, match="only 7 are new to songpop version 1"):
        promote(store, SETTINGS, logged_candidate(store, tmp_path, "second"), FixedJudge({"first": 1, "second": 0}, 7))


def test_another_table(store, tmp_path) -> None:
    class OtherTable(FixedJudge):
        def compare(self, champion, candidate):
            raise DataError("These columns are missing: ['Streams'].")

    promote(store, SETTINGS, logged_candidate(store, tmp_path, "first"), JUDGE)
    with pytest.raises(GateError, match=r"cannot be compared.*'Streams'.*registry.model=NAME"):
        promote(store, SETTINGS, logged_candidate(store, tmp_path, "second"), OtherTable({}))


def test_a_deleted_champion_is_given_back(store, tmp_path) -> None:
    for name in ("first", "second"):
        promote(store, SETTINGS, logged_candidate(store, tmp_path, name), JUDGE)
    store.client.delete_model_version("songpop", "2")
    back = rollback(store, SETTINGS)
    assert (back.version, back.previous, back.skipped) == (1, None, (2,))
    assert champion_version(store) == "1"


def test_rollback_checks_the_files(store, tmp_path) -> None:
    first = logged_candidate(store, tmp_path, "first")
    promote(store, SETTINGS, first, JUDGE)
    promote(store, SETTINGS, logged_candidate(store, tmp_path, "second"), JUDGE)
    next(f for f in (store.root / "artifacts").rglob("model.keras") if "first" in f.read_text()).unlink()
    with pytest.raises(ArtifactError, match="is missing"):
        rollback(store, SETTINGS)
    assert champion_version(store) == "2"


def test_rollback_without_a_registry(store) -> None:
    with pytest.raises(GateError, match="no earlier champion of 'songpop'"):
        rollback(store, SETTINGS)
