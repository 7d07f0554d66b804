"""What the runs of finals and of trainings say of themselves."""

from dataclasses import replace

import pytest
from stories import FINALS, RECORD, story

from songpop.app.side_notes import finals_note, training_note
from songpop.tracking.notes import MAX_RUN_NOTE
from songpop.tracking.records import SweepRecord
from songpop.tracking.trainings import TrainedRow

NAN = float("nan")
METRICS = {"accuracy": (0.981, 0.97, 0.99), "log_loss": (0.1, NAN, NAN)}


def training(protocol: str, **tags: str) -> SweepRecord:
    params = {"data": "songs", "protocol": protocol, "split": "published", "n_seeds": "2"}
    return replace(RECORD, name="train-songs", kind="train", params=params, tags={**RECORD.tags, **tags})


def test_the_finals_lead_to_their_sweep() -> None:
    text = finals_note(story())
    assert "[songs-honest-full](#/experiments/1/runs/ab12)" in text
    assert "Won: number 1: " in text
    assert "They were not ended." in finals_note(story(finals=None))
    assert "Nobody won" in finals_note(story(finals=replace(FINALS, winner=None)))


@pytest.mark.parametrize(("protocol", "n_columns"), [("published", 5), ("honest", 4)])
def test_a_training_has_a_row_per_model(protocol: str, n_columns: int) -> None:
    record = training(protocol)
    rows = [TrainedRow(training=record, model=name, metrics=METRICS) for name in ("L2 as run", "a|b")]
    text = training_note(record, rows, 3)
    assert "each over 2 seeds" in text
    assert "opened 3 times so far" in text
    line = next(line for line in text.splitlines() if line.startswith("| L2 as run"))
    assert "98.1 % (97.0 % to 99.0 %)" in line
    assert "0.1000\u2002" in line
    assert line.count("|") == n_columns + 1
    assert ("98.2 %" in line.rpartition("0.1000")[2]) == (protocol == "published")
    assert "a&#124;b" in text


def test_a_leaky_training_of_many_models() -> None:
    record = training("published", **{"songpop.leaks": '["Track Score"]'})
    rows = [TrainedRow(training=record, model=f"model {i} {'x' * 300}", metrics=METRICS) for i in range(40)]
    text = training_note(record, rows, 1)
    assert text.startswith("LEAK: Track Score")
    assert len(text) <= MAX_RUN_NOTE
