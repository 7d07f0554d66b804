"""The verdict as a file: what comes back is what went in."""

import json
import math
from dataclasses import replace

import pytest

from songpop.app.finals_file import FINALS_FILE, document_of, finals_of, finals_of_sweep
from songpop.contracts import Params
from songpop.errors import ArtifactError
from songpop.search.finals import Contestant, Origin, verdict
from songpop.tracking.records import FINALS, SweepRecord

ENTERED = (
    Contestant(origin=Origin.search, params=Params(widths="8"), suggested={"widths": "8"}, trial=3, search_value=0.29),
    Contestant(origin=Origin.champion, params=Params()),
    Contestant(origin=Origin.known, params=Params(widths="4"), trial=0),
)


def test_there_and_back() -> None:
    values = {0: [0.3, 0.31], 1: [0.4, 0.41], 2: [0.5, math.nan]}
    finals = verdict(ENTERED, values, [10, 20, 5], 0.25, 0.05)
    found = finals_of(json.dumps(document_of(finals)))
    assert found.finalists[:2] == finals.finalists[:2]
    assert math.isnan(found.finalists[2].values[1])  # which is not equal to itself
    assert (found.winner, found.reason, found.shrinkage) == (finals.winner, finals.reason, finals.shrinkage)


def test_a_sweeps_finals_are_those_that_chose_its_model() -> None:
    held = verdict(ENTERED[:1], {0: [0.3, 0.31]}, [10], 0.25, 0.05)
    files = {FINALS_FILE: json.dumps(document_of(held)).encode()}
    sweep = SweepRecord(name="s", run_id="r", kind="sweep", status="FINISHED", started_at_s=0.0, tags={FINALS: "d"})
    assert finals_of_sweep(sweep, files) == held
    assert finals_of_sweep(replace(sweep, tags={FINALS: ""}), files) is None  # another champion was crowned since
    assert finals_of_sweep(sweep, {}) is None
    assert finals_of_sweep(sweep, {FINALS_FILE: b"\xff"}) is None


@pytest.mark.parametrize(
    "document", ["{}", '{"finalists": [{}]}', '{"finalists": [{"contestant": {"origin": "?"}}]}', '{"finalists"', "[]"]
)
def test_something_else_is_refused(document: str) -> None:
    with pytest.raises(ArtifactError, match="must be what songpop wrote"):
        finals_of(document)
