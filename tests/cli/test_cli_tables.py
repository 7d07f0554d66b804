"""The tables: which cells, which are missing, in which order."""

import io
import json
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console
from rich.table import Table

from songpop.cli.tables import (
    published_table,
    runs_table,
    sweeps_table,
    titled_table,
    train_table,
    trainings_table,
    tuners_table,
)
from songpop.evaluation.stats import Interval, t_interval
from songpop.published import PUBLISHED
from songpop.tracking.records import LeaderRow, SweepRecord
from songpop.tracking.trainings import TrainedRow


def lines_of(table: Table, width: int = 200) -> list[str]:
    console = Console(file=io.StringIO(), width=width, markup=False)
    console.print(table)
    return str(console.file.getvalue()).splitlines()  # type: ignore[attr-defined]


def cells_of(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("│┃").replace("┃", "│").split("│")]


def model(name: str, intervals: dict[str, Interval], **published: float) -> Any:
    return SimpleNamespace(model=name, intervals=intervals, published=published, mean_epochs=41.6, n_failed=1)


@pytest.fixture
def trained() -> list[str]:
    intervals = {"accuracy": t_interval([0.97, 0.98, 0.99]), "loss": t_interval([0.1])}
    protocol = SimpleNamespace(
        protocol="published",
        n_rows={"test": 1920},
        n_test_openings=1,
        models=[model("L2 as run", intervals, accuracy=0.9815), model("mine", {})],
    )
    return lines_of(train_table(protocol, 3))


def test_means_with_intervals_and_the_published_number_below(trained: list[str]) -> None:
    assert trained[0].startswith("published protocol, 1,920 test rows, 3 seeds")
    assert cells_of(trained[2])[:3] == ["model", "loss", "accuracy"]
    row = next(i for i, line in enumerate(trained) if "L2 as run" in line)
    assert cells_of(trained[row])[2] == "0.9800 ± 0.0248"  # t(0.975; 2) · 0.01 / √3
    assert cells_of(trained[row + 1])[2] == "(0.9815)"
    assert cells_of(trained[row])[-2:] == ["42", "1"]


def test_what_is_not_known_is_a_dash(trained: list[str]) -> None:
    row = next(line for line in trained if "L2 as run" in line)
    assert cells_of(row)[1] == "0.1000 ± –"  # one run has a mean and no interval
    assert cells_of(next(line for line in trained if "mine" in line))[1:6] == ["–"] * 5


def sweep(name: str, metrics: dict[str, float], **tags: str) -> SweepRecord:
    return SweepRecord(
        name=name, run_id=f"id-{name}", kind="sweep", status="FINISHED", started_at_s=0.0, tags=tags, metrics=metrics
    )


def test_a_leak_stands_in_the_table_of_sweeps() -> None:
    leaky = {"songpop.leaks": json.dumps(["Track Score"]), "songpop.protocol": "published"}
    lines = lines_of(
        sweeps_table([sweep("b", {"test_accuracy": 0.99, "test_log_loss": 0.02}, **leaky), sweep("a", {})], {"id-b": 3})
    )
    rows = [cells_of(line) for line in lines if line.startswith("│")]
    assert rows[0] == ["b", "–", "0.0200", "–", "99.0 %", "3"]
    assert rows[1][0] == "published, LEAK: Track Score"
    assert rows[2][0].endswith("finished")
    assert rows[3] == ["a", "–", "–", "–", "–", "0"]


def test_a_row_per_model_of_a_training() -> None:
    training = sweep("t", {}, **{"songpop.protocol": "honest"})
    rows = [
        TrainedRow(training=training, model="L2 as run", metrics={"accuracy": (0.9, 0.88, 0.92)}),
        TrainedRow(training=training, model="explodes"),
    ]
    lines = [cells_of(line) for line in lines_of(trainings_table(rows, {"id-t": 2})) if line.startswith("│")]
    assert lines[0] == ["t", "L2 as run", "–", "–", "0.9000", "2"]
    assert lines[1] == ["honest", "", "", "", "± 0.0200", ""]
    assert lines[3] == ["", "explodes", "–", "–", "–", ""]


@pytest.mark.parametrize("width", [80, 120])
def test_a_name_and_a_run_id_can_be_copied(width: int) -> None:
    run_id, name = "0123456789abcdef" * 2, "songs-published-full"
    trial = LeaderRow(trial=3, run_id=run_id, name="trial-003 l2 adam", state="complete", value=0.25)
    assert any(run_id in line for line in lines_of(runs_table("s", [trial]), width))
    assert any(name in line for line in lines_of(sweeps_table([sweep(name, {"test_roc_auc": 0.9})], {}), width))


def test_runs_can_be_found_again_by_their_id() -> None:
    trial = LeaderRow(
        trial=3, run_id="abc", name="trial-003 l2 adam", state="complete", value=0.25, metrics={"n_epochs": 12.0}
    )
    (row,) = (cells_of(line) for line in lines_of(runs_table("s", [trial])) if line.startswith("│"))
    assert row == ["trial-003 l2 adam", "0.2500", "–", "12", "abc"]


def test_a_published_sweep_stands_above_the_published_numbers() -> None:
    found = {"test_log_loss": 0.05, "test_accuracy": 0.99}
    rows = [cells_of(line) for line in lines_of(published_table(sweep("s", found), PUBLISHED)) if line.startswith("│")]
    assert rows[0] == ["s (loss without penalty)", "0.0500", "0.9900", "–", "–", "–"]
    assert rows[3] == ["published L2", "0.0649", "0.9815", "0.9830", "0.9809", "0.9820"]


def test_text_stands_left_and_numbers_right() -> None:
    table = titled_table("t", ("name", "n"), [("a", "1"), ("longer", "100")], n_left=1)
    assert [column.justify for column in table.columns] == ["left", "right"]


def test_searches_of_kerastuner_stand_beside_the_sweeps() -> None:
    search = SweepRecord(
        name="mine",
        run_id="a",
        kind="tuner",
        status="KILLED",
        started_at_s=0.0,
        params={"oracle": "OptunaOracle", "objective": "val_loss"},
        metrics={"best_score": 0.25},
    )
    shown = "\n".join(lines_of(tuners_table([search])))
    assert "interrupted" in shown
    assert all(word in shown for word in ("mine", "OptunaOracle", "val_loss", "0.2500"))
