"""Verdicts are added to a sweep's record, and stand on its model."""

import json
from pathlib import Path

import pytest
from trials import logged_candidate

from songpop.tracking.candidate import version_of
from songpop.tracking.gate_record import Attempt, last_attempt, record_attempt, record_version
from songpop.tracking.gates import Gate

PASSED = Gate(name="size", value=0.5, bound=50.0, is_passed=True, sentence="It has 0.50 MB.")
REFUSED = Gate(name="tested", value=float("nan"), bound=None, is_passed=False, sentence="No “metrics”.")
WHEN = "2026-01-01T00:00:00+00:00"


@pytest.fixture
def candidate(store, tmp_path):
    return logged_candidate(store, tmp_path, "first")


def test_each_attempt_has_a_file_of_its_own(store, candidate) -> None:
    places = [
        record_attempt(store, candidate, "songpop", "champion", WHEN, gates, 2)
        for gates in ([PASSED, REFUSED], [PASSED])
    ]
    assert [place[:11] for place in places] == ["gates/0001-", "gates/0002-"]
    first = json.loads(Path(store.client.download_artifacts(candidate.parent_run_id, places[0])).read_text("utf-8"))
    assert (first["verdict"], first["sweep"], first["when"]) == ("refused by tested", "first", WHEN)
    assert first["n_test_openings"] == 2
    assert first["gates"][1] == {
        "name": "tested", "value": None, "bound": None, "is_passed": False, "sentence": "No “metrics”.",
    }  # fmt: skip


def test_the_model_has_the_last_verdict_and_the_version_its_own(store, candidate) -> None:
    for gates in ([PASSED, REFUSED], [PASSED]):
        record_attempt(store, candidate, "songpop", "champion", WHEN, gates, 2)
    number = version_of(store, "songpop", candidate)
    record_version(store, "songpop", number, [PASSED, REFUSED], 2)
    tags = store.client.get_logged_model(candidate.model_id).tags
    assert (tags["songpop.gates"], json.loads(tags["songpop.gate_values"])) == ("passed", {"size": [0.5, 50.0, True]})
    told = store.client.get_model_version("songpop", str(number)).tags
    assert (told["songpop.gates"], told["songpop.n_test_openings"]) == ("refused by tested", "2")
    assert json.loads(told["songpop.gate_values"])["tested"] == [None, None, False]


def test_the_last_attempt_is_read_back(store, candidate) -> None:
    assert last_attempt(store, candidate.parent_run_id) is None
    for gates in ([PASSED, REFUSED], [PASSED]):
        record_attempt(store, candidate, "songpop", "champion", WHEN, gates, 2)
    told = last_attempt(store, candidate.parent_run_id)
    assert told == Attempt(model="songpop", alias="champion", when=WHEN, verdict="passed", gates=(PASSED,))


def test_an_attempt_that_cannot_be_read_is_none(store, candidate) -> None:
    place = record_attempt(store, candidate, "songpop", "champion", WHEN, [PASSED], 2)
    store.client.log_text(candidate.parent_run_id, "{", place)
    assert last_attempt(store, candidate.parent_run_id) is None
