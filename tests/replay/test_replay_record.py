"""What a record must have, and which part is told to be missing."""

import json
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from replay_records import ENVIRONMENT, FILES, GROUND, SPEC, TAGS, numbers, split_file, trial_record

from songpop.contracts import TrialState
from songpop.replay.record import differing_params, environment_files, missing_parts, parts_of, recorded, trial_number
from songpop.space.legal import OF_PART, OFF_AT_0, OFF_AT_NONE
from songpop.tracking.records import StoredNumber, SweepFiles, TrialRecord


def test_a_whole_record_is_read() -> None:
    assert missing_parts(trial_record(), GROUND) == ()
    found = recorded(trial_record(), GROUND)
    assert (found.spec, found.state, found.n_epochs, found.best) == (SPEC, TrialState.COMPLETE, 3, 0.41)
    assert (found.engine, found.n_slots, found.machine) == ("population", 4, "x86_64 znver3 avx2 fma")
    assert (found.table, found.split, found.label) == ("ab" * 32, "cd" * 32, "Track Score > 29.9")
    assert found.environment == ENVIRONMENT


def test_what_older_records_lack_is_unknown_and_not_missing() -> None:
    old = trial_record(without="songpop.n_slots")
    old = replace(old, tags={key: value for key, value in old.tags.items() if key != "songpop.machine"})
    ground = SweepFiles(is_there=True, files={key: FILES[key] for key in ("config.yaml", "split.npz")})
    assert missing_parts(old, ground) == ()
    found = recorded(old, ground)
    assert (found.n_slots, found.machine, found.environment) == (None, None, {})


def test_a_spec_from_before_a_parameter_means_its_default() -> None:
    spec = json.loads(TAGS["songpop.spec"])
    for name in (*OFF_AT_0, *OFF_AT_NONE, *OF_PART):
        del spec["params"][name]
    found = recorded(trial_record(songpop_spec=json.dumps(spec)), GROUND)
    assert found.spec == SPEC


def test_a_trials_own_environment_comes_before_that_of_the_last_start() -> None:
    own = {**ENVIRONMENT, "packages": {"keras": "3.14.0"}}
    files = {**FILES, "environments/0123.json": json.dumps(own).encode()}
    record = trial_record(songpop_environment="0123", songpop_commit="abc")
    assert environment_files([record, trial_record()]) == ["environment.json", "environments/0123.json"]
    assert recorded(record, replace(GROUND, files=files)).environment == own
    without_file = recorded(record, GROUND).environment
    assert without_file == {**ENVIRONMENT, "commit": "abc"}


@pytest.mark.parametrize(
    ("record", "part"),
    [
        *((trial_record(without=tag), f"the tag {tag}") for tag in sorted(set(TAGS) - {
            "songpop.n_slots", "songpop.machine", "songpop.label", "songpop.sweep", "songpop.trial"})),
        (trial_record([one for one in numbers() if one.metric != "n_epochs"]), "the number n_epochs"),
        (trial_record([one for one in numbers() if one.metric != "best_val_log_loss"]), "the number best_val_log_loss"),
        (
            trial_record([one for one in numbers(9) if one.metric != "loss" or one.step < 3]),
            "the number loss of epoch 3, 4, 5 …",
        ),
        (trial_record([]), "the number n_epochs"),
        (trial_record(songpop_spec="{"), "a tag songpop.spec that this version understands"),
        (trial_record(songpop_spec='{"params": {}, "depth": 3}'), "a tag songpop.spec that this version understands"),
        (trial_record(songpop_spec="[1]"), "a tag songpop.spec that this version understands"),
        (trial_record(songpop_state="lost"), "a tag songpop.state that this version understands"),
        (replace(trial_record(), parent=""), "the run of its sweep"),
    ],
)  # fmt: skip
def test_a_part_that_is_missing_is_named(record: TrialRecord, part: str) -> None:
    (told,) = missing_parts(record, GROUND)
    assert told.startswith(part)


def test_params_that_are_not_those_of_the_spec_are_named() -> None:
    record = trial_record()
    assert differing_params(record) == ()
    rate = str(SPEC.params.learning_rate)
    false = replace(record, params={**record.params, "learning_rate": "7", "momentum": "7", "mine": "1"})
    assert differing_params(false) == (
        f"the param learning_rate of its run is 7, its tag songpop.spec has {rate}",
        f"the param momentum of its run is 7, its tag songpop.spec has {SPEC.params.momentum}",
    )
    (told,) = differing_params(replace(record, params={k: v for k, v in record.params.items() if k != "optimizer"}))
    assert told == "the param optimizer of its run is not there, its tag songpop.spec has rmsprop"


def test_a_parameter_that_an_older_record_did_not_know_differs_from_nothing() -> None:
    spec = json.loads(TAGS["songpop.spec"])
    del spec["params"]["learning_rate"]
    record = trial_record(songpop_spec=json.dumps(spec))
    params = {name: value for name, value in record.params.items() if name != "learning_rate"}
    assert differing_params(replace(record, params=params)) == ()


@pytest.mark.parametrize("name", ["config.yaml", "split.npz"])
def test_a_file_that_is_missing_is_named(name: str) -> None:
    files = {key: value for key, value in FILES.items() if key != name}
    assert missing_parts(trial_record(), replace(GROUND, files=files)) == (f"the file {name} of its sweep",)
    assert missing_parts(trial_record(), SweepFiles(is_there=False)) == ("the run of its sweep (p)",)


@pytest.mark.parametrize(
    ("message", "stored", "n_missing"),
    [
        ("epoch 1 ended with val_loss = nan", numbers(0, best=None), 0),
        ("its worker process ended with exit code -9; the one before died too", numbers(0, best=None), 1),
        ("epoch 3 ended with loss = inf", numbers(2, best=None), 0),
    ],
)
def test_a_trial_that_failed_by_its_numbers_can_be_compared(
    message: str, stored: Sequence[StoredNumber], n_missing: int
) -> None:
    record = trial_record(stored, songpop_state="failed", songpop_message=message)
    missing = missing_parts(record, GROUND)
    assert len(missing) == n_missing
    assert not missing or message in missing[0]


def test_the_parts_are_read_and_a_damaged_file_is_not() -> None:
    parts = parts_of(split_file())
    assert parts is not None
    train, _, test = parts
    assert np.array_equal(train, np.arange(6))
    assert test.dtype == np.int64
    assert test.tolist() == [8, 9]
    for damaged in (b"", b"nothing", split_file()[:100]):
        assert parts_of(damaged) is None


@pytest.mark.parametrize(("told", "number"), [("7", 7), ("", None), ("seven", None)])
def test_the_trials_number(told: str, number: int | None) -> None:
    assert trial_number(trial_record(songpop_trial=told)) == number
