"""The tables that a sweep ends with: finals with intervals, every sealed metric at two thresholds."""

from dataclasses import replace
from typing import Any

import pytest
from outcomes import CHAMPION, FINALS
from rich.console import Console

from songpop.cli.outcome_tables import champion_lines, finals_lines, finals_table, importance_line, sealed_table


def text_of(table: Any) -> str:
    console = Console(width=120)
    with console.capture() as capture:
        console.print(table)
    return capture.get()


@pytest.mark.parametrize(
    "words",
    [
        "Finals of s: mean over 3 resamples ± 95 %",
        "1 ≈",
        "2 ◀",  # within noise, and smaller
        "0.3000 ±",
        "0.2880",  # in the search
        "champion",
        "trial 7",
        "a run failed",
    ],
)
def test_the_finals(words: str) -> None:
    assert words in text_of(finals_table("s", FINALS))


def test_a_narrow_terminal_keeps_what_decides() -> None:
    wide, narrow = ([str(column.header) for column in finals_table("s", FINALS, width).columns] for width in (100, 80))
    assert narrow == ["#", "from", "val log loss", "behind\n(p)", "settings"]
    assert set(narrow) < set(wide)


def test_the_finals_in_sentences() -> None:
    first, second = finals_lines(FINALS)
    assert first.startswith("Number 2 wins: within one standard error of the lowest mean (0.0010 behind")
    assert "90 weights against 900" in first
    assert second == "The search's best looked 0.0120 better than it is."
    assert finals_lines(replace(FINALS, winner=None)) == [
        "The finals have no winner: each finalist had a run that failed."
    ]


def test_nothing_better_was_found_where_the_champions_configuration_wins() -> None:
    winner = FINALS.finalists[FINALS.winner]
    same = replace(winner, contestant=replace(winner.contestant, is_champion=True))
    again = replace(FINALS, finalists=tuple(same if one is winner else one for one in FINALS.finalists))
    told = "It is the present champion's configuration: this search found nothing better."
    assert told in finals_lines(again)
    assert told not in finals_lines(FINALS)


@pytest.mark.parametrize(
    ("shrinkage", "words"), [(-0.02, "looked 0.0200 worse than it is"), (0.01, "looked 0.0100 better"), (None, None)]
)
def test_shrinkage(shrinkage: float | None, words: str | None) -> None:
    lines = finals_lines(replace(FINALS, shrinkage=shrinkage))
    assert len(lines) == (1 if words is None else 2)
    assert words is None or words in lines[1]


@pytest.mark.parametrize(
    "words",
    [
        "1,234 sealed test rows, opened 2 times",
        "above 0.5",
        "above 0.432",
        "87.6 % (85.6 % to 89.6 %)",
        "88.0 % (86.0 % to 90.0 %)",
        "0.2988 (0.2788 to 0.3188)",
    ],
)
def test_the_sealed_rows(words: str) -> None:
    assert words in text_of(sealed_table(CHAMPION))


def test_one_opening_is_one_time() -> None:
    assert "opened 1 time:" in text_of(sealed_table(replace(CHAMPION, n_test_openings=1)))


def test_what_the_champion_is_and_what_simpler_methods_reach() -> None:
    assert champion_lines(CHAMPION) == [
        "The champion is the mean of 2 models. Log loss of simpler methods, trained on the same rows: majority class "
        "0.6931, logistic regression 0.5412."
    ]
    assert "is one model" in champion_lines(replace(CHAMPION, n_models=1))[0]


def test_a_simpler_method_that_is_better_is_named() -> None:
    loss = CHAMPION.test["log_loss"]
    better = {"gradient boosting": {"log_loss": loss - 0.05}, "majority class": {"log_loss": 0.69}}
    (_, line) = champion_lines(replace(CHAMPION, baselines=better))
    assert line.startswith("Gradient boosting is better by 0.0500: ")


def test_what_mattered_in_one_line() -> None:
    assert importance_line({}) == ""
    shares = {"learning_rate": 0.5, **{f"p{k}": 0.1 for k in range(5)}}
    line = importance_line(shares)
    assert "learning_rate 50.0 %, p0 10.0 %" in line
    assert "p4" not in line
