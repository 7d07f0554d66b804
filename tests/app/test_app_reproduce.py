"""Tracked trials trained again from their records alone: what is the same, what has drifted, what is missing.

Two records are made once: a sweep on a file, with trials that were complete and pruned, and a training on a data frame,
with a model that fails. Each test that changes something changes a copy.
"""

import json
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from copies import copied
from quick import LEAN, Notebook

import songpop
from songpop.app.records import SweepOutcome, as_json
from songpop.app.reproduce import ReproduceOutcome, reproduce
from songpop.app.train import TrainOutcome
from songpop.compose import recorded_settings
from songpop.errors import GateError, SettingsError
from songpop.replay.verdicts import Replay, Rule, Verdict
from songpop.settings import EngineKind, EngineSettings, PathSettings, ReproduceSettings, TrackingSettings

FAILS = """# @package _global_
train:
  epochs: 3
  models:
    plain:
      params: {widths: "8", learning_rate: 0.01, dropout_first: 0.2}
    explodes:
      params: {widths: "8", optimizer: sgd, learning_rate: 1.0e+30}
"""
IN_PROCESS = {"engine": "population", "engine__n_workers": 0}


@pytest.fixture(scope="module")
def made(songs: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the records: `mlruns`, and the table `songs.csv`."""
    folder = tmp_path_factory.mktemp("replay")
    songs.to_csv(folder / "songs.csv", index=False, encoding="latin-1", errors="replace")
    return folder


@pytest.fixture(scope="module")
def swept(made: Path) -> SweepOutcome:
    outcome: SweepOutcome = songpop.sweep(
        data="songs", data__path=str(made / "songs.csv"), search__name="s", search__n_trials=8, train__epochs=4,
        pruner="median", pruner__min_epochs=2, pruner__n_startup_trials=2, paths__root=str(made / "mlruns"), **LEAN,
        **IN_PROCESS,
    )  # fmt: skip
    return outcome


@pytest.fixture(scope="module")
def trained(songs: pd.DataFrame, made: Path) -> TrainOutcome:
    (made / "experiment").mkdir()
    (made / "experiment" / "mine.yaml").write_text(FAILS)
    outcome = songpop.train(
        songs, experiment="mine", train__n_seeds=2, config_dir=made, paths__root=str(made / "mlruns"), **LEAN,
        **IN_PROCESS,
    )  # fmt: skip
    assert isinstance(outcome, TrainOutcome)
    return outcome


@pytest.fixture
def own(made: Path, swept: SweepOutcome, trained: TrainOutcome, tmp_path: Path) -> Path:
    """A copy of the store, files and all, for a test that changes it."""
    root = copied(made / "mlruns", tmp_path / "mlruns")
    execute(root, "UPDATE runs SET artifact_uri = replace(artifact_uri, ?, ?)", str(made / "mlruns"), str(root))
    return root


def execute(root: Path, sql: str, *values: object) -> int:
    with sqlite3.connect(root / "mlflow.db") as connection:
        return connection.execute(sql, values).rowcount


def tried(root: Path, frame: pd.DataFrame | None = None, **keys: Any) -> ReproduceOutcome:
    settings = ReproduceSettings(
        **{"engine": EngineSettings(n_workers=0), "n_seeds": 4, **keys},
        paths=PathSettings(root=str(root)),
        tracking=TrackingSettings(uri=f"sqlite:///{root / 'mlflow.db'}"),
    )
    return reproduce(settings, recorded_settings, frame=frame)


def one(root: Path, run_id: str, **keys: Any) -> Replay:
    (found,) = tried(root, run=run_id, **keys).replays
    return found


def best(swept: SweepOutcome) -> str:
    assert swept.best is not None
    return swept.best.run_id


# ── nothing was changed ─────────────────────────────────────────────────────────────────────────────────────


def test_all_trials_of_a_sweep_are_the_same_to_the_last_bit(made: Path, swept: SweepOutcome) -> None:
    assert swept.n_complete >= 2
    assert swept.n_pruned >= 2
    found = tried(made / "mlruns", sweep="s", tolerance=0.0)
    assert (found.n_runs, found.n_same, found.n_drifted, found.n_not_reproducible) == (8, 8, 0, 0)
    assert [replay.trial for replay in found.replays] == list(range(8))
    assert {(replay.rule, replay.sweep) for replay in found.replays} == {(Rule.NUMBERS, "s")}
    assert {replay.largest.size for replay in found.replays if replay.largest} == {0.0}
    assert sum(replay.n_numbers for replay in found.replays) > 5 * swept.n_epochs
    assert found.replays[0].remarks == ()


def test_a_training_with_a_model_that_fails(made: Path, songs: pd.DataFrame, trained: TrainOutcome) -> None:
    found = tried(made / "mlruns", songs, sweep="train-sample-honest-mine")
    assert (found.n_runs, found.n_same) == (4, 4)
    models = {model.model: model for model in trained.protocols[0].models}
    assert models["explodes"].n_failed == 2
    (failed,) = tried(made / "mlruns", songs, run=models["explodes"].run_ids[0]).replays
    assert (failed.verdict, failed.run) == (Verdict.SAME, "explodes, seed 0")


def test_some_are_taken_at_random_and_the_same_ones_again(made: Path, swept: SweepOutcome) -> None:
    def chosen(seed: int) -> list[int]:
        found = tried(made / "mlruns", sweep="s", n_runs=3, seed=seed, table="/nowhere.csv")
        return [replay.trial for replay in found.replays if replay.trial is not None]

    assert chosen(0) == chosen(0) == sorted(set(chosen(0)))
    assert len({tuple(chosen(seed)) for seed in range(5)}) > 1


def test_nothing_is_written_and_no_test_row_is_looked_at(made: Path, swept: SweepOutcome) -> None:
    before = [(path, path.stat().st_size) for path in sorted((made / "mlruns" / "artifacts").rglob("*"))]
    n_tags = execute(made / "mlruns", "UPDATE tags SET value = value")
    assert one(made / "mlruns", best(swept)).verdict is Verdict.SAME
    assert [(path, path.stat().st_size) for path in sorted((made / "mlruns" / "artifacts").rglob("*"))] == before
    assert execute(made / "mlruns", "UPDATE tags SET value = value") == n_tags


def test_by_the_python_function_and_as_json(made: Path, swept: SweepOutcome, trained: TrainOutcome) -> None:
    notebook = Notebook()
    found = songpop.reproduce(
        run=[best(swept), trained.protocols[0].models[0].run_ids[0]], paths__root=str(made / "mlruns"),
        listener=notebook, **IN_PROCESS,
    )  # fmt: skip
    assert notebook.finished == [1, 2]
    assert "trained on a data frame" not in notebook.notes[0]
    told = json.loads(json.dumps(as_json(found)))
    assert [replay["verdict"] for replay in told["replays"]] == ["same", "not reproducible"]
    assert "it was a data frame of which no file is known" in told["replays"][1]["why"][0]
    assert told["n_same"] == 1


@pytest.mark.slow
def test_in_worker_processes_and_by_keras(made: Path, swept: SweepOutcome) -> None:
    assert tried(made / "mlruns", sweep="s", engine=None).n_same == 8
    (found,) = tried(made / "mlruns", run=best(swept), engine=EngineSettings(kind=EngineKind.keras)).replays
    assert found.verdict is Verdict.SAME
    assert "engine population, now keras" in found.remarks


# ── the table ───────────────────────────────────────────────────────────────────────────────────────────────


def test_one_changed_row_has_drifted_and_names_the_data(made: Path, swept: SweepOutcome, tmp_path: Path) -> None:
    lines = (made / "songs.csv").read_text("latin-1").splitlines()
    cells = lines[400].split(",")
    lines[400] = ",".join(cell.replace("1", "2") if cell.isdigit() else cell for cell in cells)
    assert lines[400] != ",".join(cells)
    changed = tmp_path / "changed.csv"
    changed.write_text("\n".join(lines), "latin-1")
    found = tried(made / "mlruns", sweep="s", table=str(changed))
    assert found.n_drifted == 8
    for replay in found.replays:
        assert replay.why[0].startswith(f"the table {changed} has the digest ")
        assert (replay.rule, replay.n_numbers) == (Rule.NONE, 0)  # nothing was trained: it could not be the same


def test_a_table_that_moved(made: Path, own: Path, swept: SweepOutcome, tmp_path: Path) -> None:
    moved = tmp_path / "moved.csv"
    shutil.copy(made / "songs.csv", moved)
    for config in own.rglob("config.yaml"):
        config.write_text(config.read_text().replace(str(made), "/nowhere"))
    gone = one(own, best(swept))
    assert gone.verdict is Verdict.NOT_REPRODUCIBLE
    assert gone.why == ("missing: the table: there is no file /nowhere/songs.csv. Say where it lies now: table=FILE",)
    assert one(own, best(swept), table=str(moved)).verdict is Verdict.SAME
    assert tried(own, pd.read_csv(moved, encoding="latin-1", dtype=str), run=best(swept)).n_same == 1


def test_a_table_that_can_no_longer_be_read(made: Path, swept: SweepOutcome, tmp_path: Path) -> None:
    (tmp_path / "cut.csv").write_bytes((made / "songs.csv").read_bytes()[:50_000])
    found = one(made / "mlruns", best(swept), table=str(tmp_path / "cut.csv"))
    assert found.verdict is Verdict.DRIFTED
    assert "is no longer what the record describes" in found.why[0]


def test_a_data_frame_without_a_file(made: Path, songs: pd.DataFrame, trained: TrainOutcome, tmp_path: Path) -> None:
    run_id = trained.protocols[0].models[0].run_ids[0]
    assert one(made / "mlruns", run_id).verdict is Verdict.NOT_REPRODUCIBLE
    songs.to_csv(tmp_path / "frame.csv", index=False)
    assert one(made / "mlruns", run_id, table=str(tmp_path / "frame.csv")).verdict is Verdict.SAME


# ── the record ──────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("table", "metric", "step", "words"),
    [
        ("metrics", "val_log_loss", 2, "val_log_loss of epoch 2: stored"),
        ("metrics", "loss", 1, "loss of epoch 1: stored"),
        ("latest_metrics", "best_val_roc_auc", None, "best_val_roc_auc"),
        ("metrics", "learning_rate", 1, "learning_rate of epoch 1: stored"),
    ],
)
def test_a_stored_number_that_was_changed_by_a_thousandth_is_named(
    table: str, metric: str, step: int | None, words: str, own: Path, swept: SweepOutcome
) -> None:
    sql = f"UPDATE {table} SET value = value + 0.001 WHERE run_uuid = ? AND key = ? AND step = coalesce(?, step)"
    assert execute(own, sql, best(swept), metric, step) == 1
    found = tried(own, sweep="s")
    assert (found.n_same, found.n_drifted) == (7, 1)
    (drifted,) = (replay for replay in found.replays if replay.verdict is Verdict.DRIFTED)
    assert drifted.run_id == best(swept)
    assert drifted.why[0].startswith(words)
    assert drifted.largest is not None
    assert drifted.largest.size == pytest.approx(0.001)


def without_file(name: str) -> Callable[[Path, str], None]:
    def change(root: Path, _: str) -> None:
        for file in root.rglob(name):
            file.unlink()

    return change


def statement(sql: str) -> Callable[[Path, str], None]:
    def change(root: Path, run_id: str) -> None:
        assert execute(root, sql, run_id)

    return change


def damaged_config(root: Path, _: str) -> None:
    for file in root.rglob("config.yaml"):
        file.write_text("data: {columns: {counst: []}}\n")


MISSING: dict[str, tuple[Callable[[Path, str], None], str]] = {
    "split": (without_file("split.npz"), "missing: the file split.npz of its sweep"),
    "config": (without_file("config.yaml"), "missing: the file config.yaml of its sweep"),
    "another config": (damaged_config, "a file config.yaml of its sweep that this version understands"),
    "spec": (
        statement("DELETE FROM tags WHERE run_uuid = ? AND key = 'songpop.spec'"),
        "missing: the tag songpop.spec",
    ),
    "engine": (
        statement("UPDATE tags SET value = 'abacus' WHERE run_uuid = ? AND key = 'songpop.engine'"),
        "missing: an engine that this version has ('abacus')",
    ),
    "epoch": (
        statement("DELETE FROM metrics WHERE run_uuid = ? AND key = 'val_loss' AND step = 2"),
        "missing: the number val_loss of epoch 2",
    ),
    "sweep": (
        statement("UPDATE tags SET value = 'gone' WHERE run_uuid = ? AND key = 'mlflow.parentRunId'"),
        "missing: the run of its sweep (gone)",
    ),
}


@pytest.mark.parametrize(("change", "words"), MISSING.values(), ids=MISSING.keys())
def test_a_missing_part_is_named(
    change: Callable[[Path, str], None], words: str, own: Path, swept: SweepOutcome
) -> None:
    change(own, best(swept))
    found = one(own, best(swept))
    assert found.verdict is Verdict.NOT_REPRODUCIBLE
    assert words in found.why[0]


def test_another_split_has_drifted(own: Path, swept: SweepOutcome) -> None:
    execute(own, "UPDATE tags SET value = 'stratified ffff' WHERE run_uuid = ? AND key = 'songpop.split'", best(swept))
    found = one(own, best(swept))
    assert found.verdict is Verdict.DRIFTED
    assert "the file split.npz has the digest" in found.why[0]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            "UPDATE params SET value = '7.5' WHERE run_uuid = ? AND key = 'learning_rate'",
            "learning_rate of its run is 7.5,",
        ),
        ("DELETE FROM params WHERE run_uuid = ? AND key = 'optimizer'", "optimizer of its run is not there, its tag"),
    ],
    ids=["falsified", "deleted"],
)
def test_a_run_that_shows_other_params_than_it_was_trained_with_is_not_the_same(
    change: str, words: str, own: Path, swept: SweepOutcome
) -> None:
    assert execute(own, change, best(swept)) == 1
    found = one(own, best(swept))
    assert found.verdict is Verdict.DRIFTED
    assert words in found.why[0]
    assert found.n_numbers == 0


def test_what_is_not_as_it_was_is_told_as_a_remark_or_as_a_cause(own: Path, swept: SweepOutcome) -> None:
    for file in own.rglob("environments/*.json"):
        told = json.loads(file.read_text())
        told["packages"]["keras"] = "3.14.0"
        file.write_text(json.dumps(told))
    words = f"keras 3.14.0, now {json.loads(next(own.rglob('environment.json')).read_text())['packages']['keras']}"
    same = one(own, best(swept))
    assert (same.verdict, same.remarks, same.causes) == (Verdict.SAME, (words,), ())
    execute(own, "UPDATE metrics SET value = value * 1.1 WHERE run_uuid = ? AND key = 'val_loss'", best(swept))
    drifted = one(own, best(swept))
    assert (drifted.verdict, drifted.remarks, drifted.causes) == (Verdict.DRIFTED, (), (words,))


# ── another machine ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("added", "verdict", "rule"),
    [(0.0, Verdict.SAME, Rule.NUMBERS), (0.001, Verdict.SAME, Rule.SEEDS), (9.0, Verdict.DRIFTED, Rule.SEEDS)],
)
def test_on_another_class_of_machine_it_is_one_of_several_seeds(
    added: float, verdict: Verdict, rule: Rule, own: Path, swept: SweepOutcome
) -> None:
    sql = "UPDATE tags SET value = 'vax' WHERE run_uuid = ? AND key = 'songpop.machine'"
    execute(own, sql, best(swept))
    for table in ("metrics", "latest_metrics"):
        sql = f"UPDATE {table} SET value = value + ? WHERE run_uuid = ? AND key = 'best_val_log_loss'"
        execute(own, sql, added, best(swept))
    found = one(own, best(swept))
    assert (found.verdict, found.rule) == (verdict, rule)
    assert any(told.startswith("machine vax, now ") for told in (*found.remarks, *found.causes))
    assert (verdict is Verdict.SAME) == (not found.why)


def test_a_record_of_an_older_songpop_is_compared_strictly(own: Path, swept: SweepOutcome) -> None:
    sql = "DELETE FROM tags WHERE run_uuid = ? AND key IN ('songpop.machine', 'songpop.n_slots', 'songpop.environment')"
    assert execute(own, sql, best(swept)) == 3
    found = one(own, best(swept))
    assert (found.verdict, found.rule) == (Verdict.SAME, Rule.NUMBERS)
    assert "names neither slots nor machine" in found.remarks[-1]


# ── what is refused ─────────────────────────────────────────────────────────────────────────────────────────


def test_what_cannot_be_meant(made: Path, swept: SweepOutcome) -> None:
    with pytest.raises(GateError, match="holds no run 'abc'"):
        tried(made / "mlruns", run=["abc", best(swept)])
    with pytest.raises(GateError, match="one of a trial, but it is that of a whole sweep"):
        tried(made / "mlruns", run=swept.parent_run_id)
    with pytest.raises(SettingsError, match="`n_seeds` must be at least 2"):
        tried(made / "mlruns", n_seeds=1)
