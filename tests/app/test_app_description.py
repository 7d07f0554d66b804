"""A sweep's description: the answer first, everything that it promises, harmless, and never longer than it may be."""

import re
from dataclasses import replace

import pytest
from stories import ATTEMPT, CHAMPION, FINALS, LEADERS, PASSED, RECORD, REFUSAL, recorded, story

from songpop.app.description import SweepStory, sweep_description
from songpop.tracking.notes import MAX_RUN_NOTE

EVIL = "a|b <script>alert(1)</script> `code` [here](http://evil.example) **bold**\n# head"


def lines(told: SweepStory) -> list[str]:
    return sweep_description(told).split("\n\n")


def test_the_answer_comes_first() -> None:
    won, margin, why, trust = lines(story())[:4]
    assert won.startswith("**Won:** trial 7, the mean of 3 models (none, ")
    assert "Test log loss 0.2988 (0.2788 to 0.3188), accuracy 87.6 % (85.6 % to 89.6 %)" in won
    assert "the runner-up (number 2 of the finals) is worse beyond luck: 0.0567 behind" in margin
    assert "better than majority class by 0.3943 log loss" in margin
    assert "**worse** than gradient boosting by 0.0500 log loss" in margin
    assert why == "**Why:** the lowest mean."
    assert "no column gives the label away; 918 sealed test rows, opened 2 times so far" in trust
    assert "chosen over 3 seeds; the search's best looked 0.0120 better than it is; gates: passed" in trust
    assert "registered as [songpop version 4](#/models/songpop/versions/4) (now champion)" in trust


@pytest.mark.parametrize(
    "part",
    [
        "**Finals:** validation log loss over 3 resamples ([their runs](#/experiments/1/runs/fe34))",
        "**Sealed test rows** (918), 95 % intervals",
        "**Gates** of [songpop](#/models/songpop) on 2026-01-02: passed",
        "**Leaderboard** of the search (of 20 complete, 9 pruned, 1 failed)",
        "[trial 0](#/experiments/1/runs/r0)",
        "l2 0.000123, adamw 0.001",
        "`songpop reproduce sweep=songs-honest-full`",
        "a run failed",
    ],
)
def test_everything_is_in_it(part: str) -> None:
    assert part in sweep_description(story())


def test_a_refusal_is_told_with_what_was_found() -> None:
    text = sweep_description(story(attempt=REFUSAL, versions=()))
    assert "gates: refused by baselines" in text
    assert re.search(r"\| baselines\W+\| \*\*refused\*\*\W+\| Worse than &#60;b&#62;boosting&#60;&#47;b&#62;", text)
    assert text.index("| baselines") < text.index("| size")


def test_before_a_promotion() -> None:
    text = sweep_description(story(attempt=None, versions=()))
    assert "not examined by the gates yet" in text
    assert "**Gates**" not in text


def test_a_leak_stands_above_everything() -> None:
    tags = {**RECORD.tags, "songpop.leaks": '["Track Score"]'}
    text = sweep_description(recorded(tags=tags))
    assert text.startswith("LEAK: Track Score gives the label away")
    assert "columns that give the label away were allowed" in text


@pytest.mark.parametrize(
    ("status", "told"),
    [("KILLED", "was interrupted"), ("FAILED", "has failed"), ("FINISHED", "has ended without one")],
)
def test_no_winner(status: str, told: str) -> None:
    record = replace(RECORD, status=status)
    text = sweep_description(story(record=record, champion=None, finals=None, attempt=None))
    assert text.startswith(f"**No winner yet.** The sweep {told}.")
    assert "**Leaderboard**" in text


def test_without_finals() -> None:
    text = sweep_description(story(finals=None, finals_run_id=None))
    assert "the mean of 3 models, of the search's best trial" in text
    assert "chosen over 1 seed;" in text


def test_the_published_number_stands_beside_a_published_champion() -> None:
    text = sweep_description(recorded(params={**RECORD.params, "protocol": "published"}))
    assert "accuracy -10.5 points from the 98.2 % of the published winner, one run" in text


def test_pictures_and_the_report_where_they_are_there() -> None:
    text = sweep_description(story(pictures={"figures/x.png": "a picture"}, report="report/report.html"))
    assert "![a picture](get-artifact?path=figures/x.png&run_uuid=ab12)" in text
    assert "[the report](get-artifact?path=report/report.html&run_uuid=ab12)" in text


def test_a_strangers_words_stay_words() -> None:
    tags = {**RECORD.tags, "songpop.leaks": f'["{EVIL[:40]}"]', "songpop.label": EVIL}
    record = replace(RECORD, name=EVIL, tags=tags)
    gate = replace(PASSED, sentence=EVIL, name=EVIL)
    evil = replace(ATTEMPT, gates=(gate,), model=EVIL, verdict=EVIL)
    champion = replace(CHAMPION, reason=EVIL, baselines={EVIL: {"log_loss": 0.5}})
    text = sweep_description(story(record=record, attempt=evil, champion=champion))
    without_code = re.sub(r"`[^`]*`", "", text)  # code shows everything as it stands
    assert "<" not in without_code
    assert "http://" not in without_code
    assert "**bold**" not in without_code
    assert "\n# head" not in text


@pytest.mark.parametrize(("n_leaders", "n_finalists"), [(10, 3), (200, 60)])
def test_it_is_never_longer_than_mlflow_takes(n_leaders: int, n_finalists: int) -> None:
    names = {f"a parameter of no small name {i}": "x" * 40 for i in range(3)}
    leaders = tuple(replace(LEADERS[0], trial=i, run_id="c" * 32) for i in range(n_leaders))
    finalists = tuple(
        replace(FINALS.finalists[0], contestant=replace(FINALS.finalists[0].contestant, suggested=names))
        for _ in range(n_finalists)
    )
    gates = tuple(replace(PASSED, sentence="word " * 60) for _ in range(14))
    told = story(leaders=leaders, finals=replace(FINALS, finalists=finalists), attempt=replace(ATTEMPT, gates=gates))
    text = sweep_description(told)
    assert len(text) <= MAX_RUN_NOTE
    assert text.startswith("**Won:**")
    assert "**How to go on**" in text
    assert text.count("[trial ") >= 3
