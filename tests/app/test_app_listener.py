"""Who watches a command: the terminal, a notebook, nobody."""

import inspect

import pandas as pd
import pytest
from quick import Notebook, sweep_settings

from songpop.app.listener import Listener, Silence
from songpop.app.prepare import prepare_ground
from songpop.cli.screen import Screen


@pytest.mark.parametrize("kind", [Screen, Silence, Notebook])
def test_whoever_listens_hears_the_same_words(kind: type) -> None:
    for name in ("note", "progress", "step"):
        asked = inspect.signature(getattr(Listener, name)).parameters
        assert list(inspect.signature(getattr(kind, name)).parameters) == list(asked)


def test_silence_says_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    Silence().note("a sentence")
    Silence().progress(None)  # type: ignore[arg-type]
    Silence().step("a trial", 1, 2)
    assert capfd.readouterr() == ("", "")


def test_reading_says_what_it_did(songs: pd.DataFrame) -> None:
    notebook = Notebook()
    prepare_ground(sweep_settings(), songs, notebook)
    assert notebook.notes[0].startswith("data frame: 800 rows read, 1 exact duplicates dropped")
    assert "left out, they hold the answer: All Time Rank · Track Score" in notebook.notes
    assert not [note for note in notebook.notes if "LEAK" in note]


def test_an_allowed_leak_is_said(songs: pd.DataFrame) -> None:
    notebook = Notebook()
    prepare_ground(sweep_settings(data__allowed_leaks=["Track Score"]), songs, notebook)
    assert notebook.notes[-1] == "LEAK, allowed by data.allowed_leaks: Track Score gives the label away."
