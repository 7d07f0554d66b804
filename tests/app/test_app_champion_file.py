"""A sweep's champion is believed only where its file is what was written."""

import json
from hashlib import sha256

import pytest

from songpop.app.champion_file import champion_of_sweep
from songpop.app.records import CHAMPION, CHAMPION_FILE, Champion, as_json
from songpop.tracking.records import SweepRecord

CHAMPION_OF_IT = Champion(
    kind="bag",
    n_models=2,
    run_ids=("a", "b"),
    votes=(1, 1),
    val_log_loss=0.3,
    reason="the lowest mean",
    test={"log_loss": 0.3},
    test_intervals={"log_loss": (0.2, 0.4)},
    threshold=0.5,
    test_at_threshold={"accuracy": 0.9},
    test_at_threshold_intervals={"accuracy": (0.8, 1.0)},
    n_test_rows=100,
    n_test_openings=1,
    baseline_accuracy=0.5,
    baselines={},
)
FIELDS = as_json(CHAMPION_OF_IT)


def found(content: bytes | None, written: bytes) -> Champion | None:
    tags = {CHAMPION: sha256(written).hexdigest()}
    sweep = SweepRecord(name="s", run_id="r", kind="sweep", status="FINISHED", started_at_s=0.0, tags=tags)
    return champion_of_sweep(sweep, {} if content is None else {CHAMPION_FILE: content})


def test_what_was_written_is_read() -> None:
    content = json.dumps(FIELDS).encode()
    assert found(content, content) == CHAMPION_OF_IT


@pytest.mark.parametrize("content", [None, json.dumps({**FIELDS, "threshold": 0.1}).encode()], ids=["lost", "changed"])
def test_anything_else_is_not(content: bytes | None) -> None:
    assert found(content, json.dumps(FIELDS).encode()) is None


@pytest.mark.parametrize("missing", ["votes", "baselines", "test_intervals"])
def test_one_of_another_version_is_left_out(missing: str) -> None:
    content = json.dumps({name: value for name, value in FIELDS.items() if name != missing}).encode()
    assert found(content, content) is None
