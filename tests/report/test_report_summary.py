"""The head of the page: what won, by how much, on what, and whether to trust it."""

from dataclasses import replace

import pytest
from made import BARE, EMPTY, REPORT

from songpop.published import PUBLISHED
from songpop.report.records import Report, Verdict
from songpop.report.summary import summary_of


def told(report: Report) -> dict[str, str]:
    return {fact.name: fact.words for fact in summary_of(report).facts}


def test_a_finished_sweep() -> None:
    assert summary_of(REPORT).headline == "Log loss 0.310 (0.290 to 0.330) and accuracy 88.0 % on 200 sealed rows"
    facts = told(REPORT)
    assert "the mean of 5 models" in facts["What won"]
    assert "champion 0.310, logistic regression 0.400" in facts["By how much"]
    assert "640 train, 160 validation, 200 test rows" in facts["On which data"]
    assert "trained 5 times" in facts["Can it be trusted"]
    assert "looked at 1 time " in facts["Can it be trusted"]
    assert facts["Gates"] == "All 1 passed."
    assert "60 trials by tpe" in facts["Search"]
    assert summary_of(REPORT).warnings == ()


def test_a_sweep_without_a_champion() -> None:
    assert summary_of(BARE).headline.startswith("Best so far: ")
    assert summary_of(EMPTY).headline == "No champion yet"
    assert "chosen by one seed" in told(BARE)["Can it be trusted"]
    assert "Nobody has asked" in told(BARE)["Gates"]


def test_a_refusal_is_told_with_its_sentence() -> None:
    refused = Verdict(is_passed=False, gates=(("size", False, "It has 90 MB."), ("leaks", True, "None.")))
    assert told(replace(REPORT, verdict=refused))["Gates"] == "Refused by size (It has 90 MB.)"


@pytest.mark.parametrize(
    ("changes", "words"), [({"leaks": ("Track Score",)}, "LEAK: Track Score"), ({"is_generated": True}, "do not exist")]
)
def test_warnings(changes: dict[str, object], words: str) -> None:
    (warning,) = summary_of(replace(REPORT, **changes)).warnings  # type: ignore[arg-type]
    assert words in warning


def test_the_published_numbers_stand_beside() -> None:
    assert "published were vanilla 94.9 %" in told(replace(REPORT, published=PUBLISHED))["By how much"]
