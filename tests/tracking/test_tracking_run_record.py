"""A sweep's record is complete or names what is missing."""

import pytest
from trials import RECORD_FILES, RECORD_TAGS, finished_trial

from songpop.tracking.gates import run_gates
from songpop.tracking.run_record import check_record
from songpop.tracking.runs import start_sweep


def checked(store, *, without: str = "", environment: str | None = None, member_without: str = ""):
    files = {name: told for name, told in RECORD_FILES.items() if name != without}
    if environment is not None:
        files["environment.json"] = environment
    tags = {name: told for name, told in RECORD_TAGS.items() if name != without}
    run = start_sweep(store, "s", tags=tags, artifacts=files)
    child = run.record(finished_trial(0), {})
    if member_without:
        store.client.delete_tag(child, member_without)
    return check_record(store, run.run_id, [child])


def test_complete(store) -> None:
    found = checked(store)
    assert (found.is_passed, found.value, found.bound) == (True, 0, 0)


@pytest.mark.parametrize(
    ("without", "words"),
    [
        ("config.yaml", "missing the settings (config.yaml). Sweep again"),
        ("space.json", "missing the space (space.json, its digest). Sweep again"),
        ("songpop.space", "missing the space"),
        ("songpop.table", "missing the table's digest"),
        ("split.npz", "missing the split"),
        ("songpop.split", "missing the split"),
        ("songpop.search_seed", "missing the seeds"),
        ("songpop.split_seed", "missing the seeds"),
        ("environment.json", "missing the commit (environment.json), the lock's digest (environment.json)"),
    ],
)
def test_what_is_missing_is_named(without: str, words: str, store) -> None:
    found = checked(store, without=without)
    assert not found.is_passed
    assert words in found.sentence


def test_a_winner_without_its_configuration(store) -> None:
    assert "missing the winner's configuration" in checked(store, member_without="songpop.spec").sentence


@pytest.mark.parametrize(
    ("environment", "n_missing"),
    [
        ('{"commit": null, "lock_digest": null, "packages": {"songpop": "0.1"}}', 0),  # an installed wheel
        ('{"commit": null, "lock_digest": "ab", "packages": {"songpop": "0.1"}}', 0),  # an unpacked archive
        ('{"commit": null, "lock_digest": "ab", "packages": {}}', 1),
        ("{}", 2),
        ("[]", 2),
    ],
)
def test_an_installed_version_stands_for_commit_and_lock(environment: str, n_missing: int, store) -> None:
    assert checked(store, environment=environment).value == n_missing


def test_a_damaged_record_is_a_refusal(store) -> None:
    (gate,) = run_gates({"record": lambda: checked(store, environment="not JSON")})
    assert not gate.is_passed
    assert gate.sentence.startswith("The gate record failed: JSONDecodeError")
