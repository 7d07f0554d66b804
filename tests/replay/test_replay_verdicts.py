"""How far two numbers are apart, and how that is said."""

import math

import pytest

from songpop.replay.verdicts import Difference


@pytest.mark.parametrize(
    ("stored", "now", "size"),
    [
        (0.5, 0.5, 0.0),
        (0.5, 0.25, 0.25),
        (None, 0.5, math.inf),
        (0.5, None, math.inf),
        (0.5, math.nan, math.inf),
        (math.inf, math.inf, 0.0),
        (math.inf, 1.0, math.inf),
    ],
)
def test_how_far_apart(stored: float | None, now: float | None, size: float) -> None:
    assert Difference(metric="loss", epoch=1, stored=stored, now=now).size == size


@pytest.mark.parametrize(
    ("difference", "words"),
    [
        (Difference(metric="val_loss", epoch=3, stored=0.5, now=0.501), "val_loss of epoch 3: stored 0.5, now 0.501"),
        (Difference(metric="n_epochs", epoch=0, stored=9.0, now=None), "n_epochs: stored 9, not measured now"),
        (Difference(metric="loss", epoch=9, stored=None, now=0.1), "loss of epoch 9: not stored, now 0.1"),
    ],
)
def test_in_words(difference: Difference, words: str) -> None:
    assert difference.told() == words
