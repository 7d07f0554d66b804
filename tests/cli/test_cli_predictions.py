"""A prediction on the screen: intervals, reasons, and what is unlike the champion's table."""

from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console

from songpop.cli.predictions import prediction_lines, songs_table
from songpop.scoring.drift import Drifted
from songpop.scoring.reasons import Reason

REASONS = (Reason(words="a new song (3 days)", is_against=False), Reason(words="no Views", is_against=True))
SONG = SimpleNamespace(rank=1, probability=0.912, low=0.8, high=0.99996, song="A – B", reasons=REASONS)


def outcome(**changes: Any) -> Any:
    values: dict[str, Any] = {
        "first": (SONG,),
        "unusable": {},
        "drift": (),
        "n_remarks": 0,
        "n_ahead": 0,
        "unreadable": (),
        "as_of": "2024-06-14",
        "leaks": (),
        "n_songs": 1_500,
        "n_high_potential": 700,
        "model": "songpop",
        "version": 3,
        "table": "songs.csv",
        "label": "Track Score > 29.9",
        "threshold": 0.433,
        "output": "out.csv",
    }
    return SimpleNamespace(**{**values, **changes})


DRIFTED = Drifted(
    column="Views",
    stability=0.3,
    edge=5.0,
    below=0.1,
    below_before=0.1,
    missing=0.6,
    missing_before=0.2,
    told="Views (60% missing instead of 20%)",
)


def test_each_song_has_its_interval_and_a_line_per_reason() -> None:
    shown = Console(width=80)
    with shown.capture() as captured:
        shown.print(songs_table(outcome()))
    text = captured.get()
    for words in ("0.912", "(0.800 to >0.999)", "A – B", "a new song (3 days)", "but no Views"):
        assert words in text, words


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "1,500 songs ranked by songpop version 3"),
        ({}, "a probability above 0.433; written to out.csv."),
        ({"unusable": {"Views": 1_200}}, "count as missing: Views 1,200."),
        ({"unreadable": ("Released",)}, "Do not trust these probabilities: most songs have no readable Released."),
        ({"n_ahead": 2}, "2 songs dated after 2024-06-14, the day that ages count from"),
        ({"n_remarks": 2}, "2 songs have cells that cannot be used"),
        ({"leaks": ("Score",)}, "LEAK: this champion was trained with Score"),
        ({"drift": (DRIFTED,)}, "Views (60% missing instead of 20%)."),
        ({"drift": (DRIFTED,) * 7}, "; and 2 more columns."),
    ],
)
def test_sentences(changes: dict[str, Any], words: str) -> None:
    assert words in " ".join(prediction_lines(outcome(**changes)))


def test_nothing_is_said_of_what_is_in_order() -> None:
    assert len(list(prediction_lines(outcome()))) == 1
