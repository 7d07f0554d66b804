"""Promotion, rollback and history on a real registry, with models that are one line of text."""

import json
from pathlib import Path

import pytest
from trials import FixedJudge, logged_candidate, sweep_of

from songpop.errors import ArtifactError, DataError, GateError, RefusedError
from songpop.settings import GateSettings, RegistrySettings
from songpop.tracking.candidate import candidate_of, version_of
from songpop.tracking.champion import champion_of
from songpop.tracking.gates import MODEL_GATES
from songpop.tracking.registry import chronicle, history, rollback
from songpop.tracking.registry import promote as promote_candidate
from songpop.tracking.runs import start_sweep

SETTINGS = RegistrySettings()
JUDGE = FixedJudge({"first": 0.30, "second": 0.25, "third": 0.40})


HARMS = {
    "changed": lambda file: file.write_text("weights of some"),
    "truncated": lambda file: file.write_bytes(file.read_bytes()[:5]),
    "emptied": lambda file: file.write_bytes(b""),
    "half-written": lambda file: file.write_bytes(file.read_bytes()[:8] + bytes(8)),
    "missing": lambda file: file.unlink(),
}


def promote(store, settings, candidate, judge, **more):
    return promote_candidate(store, settings, GateSettings(), candidate, judge, **more)


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


def test_a_worse_one_is_refused_and_leaves_no_version_but_an_entry(store, tmp_path) -> None:
    promote(store, SETTINGS, logged_candidate(store, tmp_path, "first"), JUDGE)
    with pytest.raises(RefusedError, match="worse than songpop version 1") as refused:
        promote(store, SETTINGS, logged_candidate(store, tmp_path, "third"), JUDGE)
    assert [gate.name for gate in refused.value.gates if not gate.is_passed] == ["champion"]
    assert len(store.client.search_model_versions("name = 'songpop'")) == 1
    assert champion_version(store) == "1"
    entry = history(store, SETTINGS)[1]
    assert (entry.event, entry.version, entry.previous, entry.sweep) == ("refuse", None, 1, "third")
    assert (entry.n_test_openings, entry.gates["champion"].is_passed) == (1, False)
    assert entry.reason.startswith("refused by champion: The candidate is worse than songpop version 1")
    told = chronicle(store, SETTINGS)
    assert [(term.version, term.until) for term in told.terms] == [(1, None)]
    assert (told.champion, told.note) == (1, None)


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
def test_a_first_refusal_is_kept_though_there_is_no_version(facts, message, store, tmp_path) -> None:
    candidate = logged_candidate(store, tmp_path, "first", **facts)
    with pytest.raises(RefusedError, match=message):
        promote(store, SETTINGS, candidate, JUDGE)
    assert not store.client.search_model_versions("name = 'songpop'")
    (entry,) = history(store, SETTINGS)
    assert (entry.event, entry.version, entry.previous) == ("refuse", None, None)
    with pytest.raises(GateError, match="no champion yet: gates refused"):
        champion_of(store, SETTINGS)
    with pytest.raises(GateError, match="no earlier champion"):
        rollback(store, SETTINGS)
    promote(store, SETTINGS, logged_candidate(store, tmp_path, "second"), JUDGE)
    assert champion_version(store) == "1"


@pytest.mark.parametrize("harm", HARMS.values(), ids=HARMS.keys())
def test_a_damaged_artifact_gets_no_version_and_is_not_loaded(harm, store, tmp_path) -> None:
    candidate = logged_candidate(store, tmp_path, "first")
    (file,) = (store.root / "artifacts").rglob("model.keras")
    harm(file)
    with pytest.raises(RefusedError, match=r"model\.keras is (missing|not the one that was logged)") as refused:
        promote(store, SETTINGS, candidate, JUDGE)
    assert [gate.name for gate in refused.value.gates if not gate.is_passed] == ["digest", *MODEL_GATES]
    assert "was not loaded" in refused.value.gates[-4].sentence
    assert not store.client.search_model_versions("name = 'songpop'")


def test_the_champion_that_is_promoted_again_is_looked_at_all_the_same(store, tmp_path) -> None:
    candidate = logged_candidate(store, tmp_path, "first")
    promote(store, SETTINGS, candidate, JUDGE)
    next((store.root / "artifacts").rglob("model.keras")).write_text("others")
    with pytest.raises(ArtifactError, match=r"model\.keras is not the one that was logged"):
        promote(store, SETTINGS, candidate, JUDGE)


def test_a_damaged_champion_is_not_replaced_unseen(store, tmp_path) -> None:
    promote(store, SETTINGS, logged_candidate(store, tmp_path, "first"), JUDGE)
    next((store.root / "artifacts").rglob("model.keras")).write_text("others")
    with pytest.raises(RefusedError, match=r"not the one that was logged.*songpop rollback.*refused: champion"):
        promote(store, SETTINGS, logged_candidate(store, tmp_path, "second"), JUDGE)


def test_every_gate_is_told_though_one_breaks(store, tmp_path) -> None:
    class Broken(FixedJudge):
        def check(self, gate, folder, settings):
            if gate == "calibration":
                raise ZeroDivisionError("float division by zero")
            return super().check(gate, folder, settings)

    candidate = logged_candidate(store, tmp_path, "first", leaks=("Track Score",))
    with pytest.raises(RefusedError, match=r"2 of 14 gates refused: leaks, calibration") as refused:
        promote(store, SETTINGS, candidate, Broken({}))
    told = {gate.name: gate.sentence for gate in refused.value.gates}
    assert told["calibration"] == "The gate calibration failed: ZeroDivisionError, float division by zero."
    assert list(told) == [
        "leaks",
        "record",
        "tested",
        "seeds",
        "digest",
        *MODEL_GATES,
        "question",
        "generated",
        "champion",
    ]


def test_verdicts_are_kept_with_sweep_model_version_and_ledger(store, tmp_path) -> None:
    promote(store, SETTINGS, logged_candidate(store, tmp_path, "first"), JUDGE)
    third = logged_candidate(store, tmp_path, "third")
    for _ in range(2):
        with pytest.raises(RefusedError):
            promote(store, SETTINGS, third, JUDGE)
    assert store.client.get_logged_model(third.model_id).tags["songpop.gates"] == "refused by champion"
    assert store.client.get_model_version("songpop", "1").tags["songpop.gates"] == "passed"
    files = [item.path for item in store.client.list_artifacts(third.parent_run_id, "gates")]
    assert [file[:11] for file in sorted(files)] == ["gates/0001-", "gates/0002-"]
    document = json.loads(Path(store.client.download_artifacts(third.parent_run_id, files[0])).read_text())
    assert (document["verdict"], len(document["gates"])) == ("refused by champion", 14)
    assert document["gates"][-1]["bound"] == 0.02
    first, *_ = history(store, SETTINGS)
    assert list(first.gates) == [gate["name"] for gate in document["gates"]]
    assert first.run_id == store.client.get_model_version("songpop", "1").run_id


def test_time_never_goes_back(store, tmp_path) -> None:
    promote(store, SETTINGS, logged_candidate(store, tmp_path, "first"), JUDGE, clock=lambda: 2e9)
    promote(store, SETTINGS, logged_candidate(store, tmp_path, "second"), JUDGE, clock=clock)  # years before
    told = chronicle(store, SETTINGS)
    assert [(term.version, term.since[:4], term.until and term.until[:4]) for term in told.terms] == [
        (1, "2033", "2033"), (2, "2033", None),
    ]  # fmt: skip


def test_an_alias_moved_by_hand_is_told_and_is_who_counts(store, tmp_path) -> None:
    judge = FixedJudge({"first": 0.30, "second": 0.25, "third": 0.28})
    first, second = (logged_candidate(store, tmp_path, name) for name in ("first", "second"))
    for candidate in (first, second):
        promote(store, SETTINGS, candidate, judge)
    store.client.set_registered_model_alias("songpop", "champion", "1")
    assert "points to version 1, by the ledger's last move to version 2" in str(chronicle(store, SETTINGS).note)
    assert promote(store, SETTINGS, logged_candidate(store, tmp_path, "third"), judge).previous == 1
    assert chronicle(store, SETTINGS).note is None
    store.client.set_registered_model_alias("songpop", "champion", "2")
    again = promote(store, SETTINGS, second, judge)  # what stands there by hand has passed no gate
    assert (again.version, again.previous, again.is_new, len(again.gates)) == (2, 2, True, 14)
    assert chronicle(store, SETTINGS).note is None
    store.client.delete_registered_model_alias("songpop", "champion")
    assert "points to nothing: its version 2" in str(chronicle(store, SETTINGS).note)


def test_other_aliases_have_terms_of_their_own(store, tmp_path) -> None:
    promote(store, SETTINGS, logged_candidate(store, tmp_path, "first"), JUDGE)
    challenger = RegistrySettings(alias="challenger")
    promote(store, challenger, logged_candidate(store, tmp_path, "third"), JUDGE)
    assert [term.version for term in chronicle(store, SETTINGS).terms] == [1]
    assert [term.version for term in chronicle(store, challenger).terms] == [2]
    with pytest.raises(GateError, match="no earlier champion"):
        rollback(store, challenger)
    with pytest.raises(GateError, match=r"no champion yet\. Run: songpop sweep"):  # and nobody refused one
        champion_of(store, RegistrySettings(alias="staging"))


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
    assert history(store, SETTINGS)[-1].reason == "the champion's version was deleted; skipped version 2"
    store.client.delete_registered_model_alias("songpop", "champion")
    assert rollback(store, SETTINGS).version == 1
    assert history(store, SETTINGS)[-1].reason == "the champion's alias was deleted"


@pytest.mark.parametrize("delete", ["alias", "version"])
def test_where_the_champion_was_deleted_the_last_good_one_is_the_measure(delete: str, store, tmp_path) -> None:
    judge = FixedJudge({"first": 0.30, "second": 0.25, "worse": 0.40, "between": 0.28})
    for name in ("first", "second"):
        promote(store, SETTINGS, logged_candidate(store, tmp_path, name), judge)
    if delete == "alias":
        store.client.delete_registered_model_alias("songpop", "champion")
    else:
        store.client.delete_model_version("songpop", "2")
    with pytest.raises(RefusedError, match=r"worse than songpop version [12]"):
        promote(store, SETTINGS, logged_candidate(store, tmp_path, "worse"), judge)
    if delete == "version":
        told = promote(store, SETTINGS, logged_candidate(store, tmp_path, "between"), judge)
        assert (told.previous, told.against) == (None, 1)
        assert "compared with version 1, since version 2 was deleted" in history(store, SETTINGS)[-1].reason


def test_the_way_out_where_the_only_champion_is_damaged(store, tmp_path) -> None:
    promote(store, SETTINGS, logged_candidate(store, tmp_path, "first"), JUDGE)
    file_of(store, "first").write_text("weights of")
    second = logged_candidate(store, tmp_path, "second")
    with pytest.raises(RefusedError, match="go back: songpop rollback"):
        promote(store, SETTINGS, second, JUDGE)
    with pytest.raises(GateError, match=r"Version 1 is damaged.*Delete version 1 .*, then promote another sweep"):
        rollback(store, SETTINGS)
    store.client.delete_model_version("songpop", "1")
    assert promote(store, SETTINGS, second, JUDGE).version == 2
    assert history(store, SETTINGS)[-1].reason == "no champion was left: Version 1 was deleted"


def file_of(store, name: str) -> Path:
    return next(f for f in (store.root / "artifacts").rglob("model.keras") if f.read_text() == f"weights of {name}")


def test_rollback_checks_the_files(store, tmp_path) -> None:
    first = logged_candidate(store, tmp_path, "first")
    promote(store, SETTINGS, first, JUDGE)
    promote(store, SETTINGS, logged_candidate(store, tmp_path, "second"), JUDGE)
    file_of(store, "first").unlink()
    with pytest.raises(GateError, match=r"no earlier champion.*Version 1 is damaged.*is missing.*promote another"):
        rollback(store, SETTINGS)
    assert champion_version(store) == "2"


def test_rollback_passes_over_what_is_deleted_or_damaged_and_names_it(store, tmp_path) -> None:
    judge = FixedJudge({"a": 0.5, "b": 0.4, "c": 0.3, "d": 0.2})
    for name in "abcd":
        promote(store, SETTINGS, logged_candidate(store, tmp_path, name), judge)
    file_of(store, "c").write_text("weights of")
    store.client.delete_model_version("songpop", "2")
    back = rollback(store, SETTINGS)
    assert (back.version, back.previous, back.skipped, champion_version(store)) == (1, 4, (3, 2), "1")
    assert "Version 3 is damaged: The model file" in back.why_skipped[0]
    assert back.why_skipped[1] == "Version 2 was deleted."
    assert history(store, SETTINGS)[-1].reason == "back from version 4; skipped version 3, version 2"


def test_rollback_without_a_registry(store) -> None:
    with pytest.raises(GateError, match="no earlier champion of 'songpop'"):
        rollback(store, SETTINGS)


def test_an_alias_moved_by_hand_while_the_gates_run_lets_them_run_again(store, tmp_path) -> None:
    class Interrupted(FixedJudge):
        """While it compares for the first time, a person moves the alias."""

        n_compared = 0

        def compare(self, champion, candidate):
            self.n_compared += 1
            if self.n_compared == 1:
                store.client.set_registered_model_alias("songpop", "champion", "2")
            return super().compare(champion, candidate)

    losses = {"first": 0.30, "second": 0.25, "third": 0.28}
    for name in ("first", "second"):
        promote(store, SETTINGS, logged_candidate(store, tmp_path, name), FixedJudge(losses))
    rollback(store, SETTINGS)
    judge = Interrupted(losses)
    with pytest.raises(RefusedError, match="worse than songpop version 2"):
        promote(store, SETTINGS, logged_candidate(store, tmp_path, "third"), judge)
    assert (judge.n_compared, champion_version(store)) == (2, "2")
    assert [entry.event for entry in history(store, SETTINGS)] == ["promote", "promote", "rollback", "refuse"]


def test_a_rollback_does_not_undo_a_promotion_that_it_has_not_seen(store, tmp_path, monkeypatch) -> None:
    for name in ("first", "second"):
        promote(store, SETTINGS, logged_candidate(store, tmp_path, name), JUDGE)
    version_of(store, "songpop", logged_candidate(store, tmp_path, "third"))
    read = store.client.get_model_version

    def meanwhile(model, version):
        if version == "1":  # the rollback looks at where it could go
            store.client.set_registered_model_alias("songpop", "champion", "3")
        return read(model, version)

    monkeypatch.setattr(store.client, "get_model_version", meanwhile)
    with pytest.raises(GateError, match=r"it was moved meanwhile\. Look at songpop history"):
        rollback(store, SETTINGS)
    assert champion_version(store) == "3"
    assert len(history(store, SETTINGS)) == 2
