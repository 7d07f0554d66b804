"""The head of the page: what won, by how much, on what, and whether to trust it."""

from dataclasses import replace

import pytest
from made import BARE, EMPTY, FINALS, REPORT

from songpop.published import PUBLISHED
from songpop.report.records import Report, Verdict
from songpop.report.summary import summary_of
from songpop.search.finals import Origin


def told(report: Report) -> dict[str, str]:
    return {fact.name: fact.words for fact in summary_of(report).facts}


def test_a_finished_sweep() -> None:
    assert summary_of(REPORT).headline == "Log loss 0.310 (0.290 to 0.330) and accuracy 88.0 % on 200 sealed rows"
    facts = told(REPORT)
    assert facts["What won"] == "Trial 0, the mean of 5 models: l2=0.001. Why it: the lowest mean."
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


def test_a_simpler_method_that_is_better_is_told_at_once() -> None:
    assert REPORT.measured is not None
    baselines = {**REPORT.measured.baselines, "gradient boosting": {"log_loss": 0.25}}
    better = replace(REPORT, measured=replace(REPORT.measured, baselines=baselines))
    (warning,) = summary_of(better).warnings
    assert warning.startswith("Gradient boosting is better by 0.0600: this table may not need a Keras model")


def test_what_won_is_named() -> None:
    both = replace(FINALS.finalists[0].contestant, origin=Origin.ensemble, trial=None, suggested={"of": "trial 1, 2"})
    ensemble = replace(FINALS, finalists=(replace(FINALS.finalists[0], contestant=both),))
    assert told(replace(REPORT, finals=ensemble))["What won"].startswith(
        "The ensemble, the mean of 5 models: trial 1, 2."
    )
    assert REPORT.best is not None
    assert told(replace(REPORT, finals=None))["What won"].startswith(f"Trial {REPORT.best.number}, the mean")


def test_the_published_numbers_stand_beside() -> None:
    assert "published were vanilla 94.9 %" in told(replace(REPORT, published=PUBLISHED))["By how much"]
