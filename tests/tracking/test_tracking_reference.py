"""Whom a candidate is held against: the champion, or the last good version where that was deleted."""

import pytest
from racing import SETTINGS
from trials import FixedJudge, logged_candidate

from songpop.settings import GateSettings
from songpop.tracking.reference import good_facts, reference_of
from songpop.tracking.registry import promote
from songpop.tracking.standing import standing

JUDGE = FixedJudge({"a": 0.5, "b": 0.4, "c": 0.3})


@pytest.fixture
def three(store, tmp_path):
    """Three champions, one after the other."""
    for name in "abc":
        promote(store, SETTINGS, GateSettings(), logged_candidate(store, tmp_path, name), JUDGE)
    return store


def damage(store, name: str) -> None:
    next(f for f in (store.root / "artifacts").rglob("model.keras") if f.read_text() == f"weights of {name}").unlink()


@pytest.mark.parametrize(
    ("deleted", "damaged", "expected", "why"),
    [
        ([], "", "3", ""),
        ([], "c", "3", ""),  # the comparison refuses, and a rollback is the way out
        (["3"], "", "2", "version 3 was deleted"),
        (["3"], "b", "1", "version 3 was deleted"),
        (["alias"], "", "3", "the alias of version 3 was deleted"),
        (["3", "2"], "", "1", "version 3 was deleted"),
        (["3", "2", "1"], "", None, "no champion was left: Version 3 was deleted. Version 2 was deleted. Version 1"),
    ],
)
def test_reference(deleted: list[str], damaged: str, expected: str | None, why: str, three) -> None:
    for one in deleted:
        if one == "alias":
            three.client.delete_registered_model_alias("songpop", "champion")
        else:
            three.client.delete_model_version("songpop", one)
    if damaged:
        damage(three, damaged)
    found = reference_of(three, SETTINGS, standing(three, SETTINGS))
    assert (found.version.version if found.version else None) == (int(expected) if expected else None)
    assert found.why.startswith(why)
    assert bool(found.why) == bool(why)


def test_before_the_first_champion(store) -> None:
    found = reference_of(store, SETTINGS, standing(store, SETTINGS))
    assert (found.version, found.why) == (None, "there was no champion")


def test_what_is_no_good_is_noted(three) -> None:
    damage(three, "a")
    three.client.delete_model_version("songpop", "2")
    lost: dict[int, str] = {}
    assert [good_facts(three, SETTINGS, number, lost) is not None for number in (1, 2, 3)] == [False, False, True]
    assert lost[1].startswith("Version 1 is damaged: The model file")
    assert lost[2] == "Version 2 was deleted."
