"""Numbers as captions write them."""

import math

import pytest

from songpop.report.wording import duration, interval, number, plural, settings_of, share


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (number(0.12345), "0.1235"),
        (number(math.nan), "–"),
        (number(None), "–"),
        (share(0.5), "50.0 %"),
        (interval(0.5, 0.4, 0.6, 2), "0.50 (0.40 to 0.60)"),
        (interval(0.5, math.nan, 0.6), "0.5000"),
        (duration(None), "–"),
        (duration(3.14), "3.1 s"),
        (duration(59.6), "60 s"),
        (duration(600), "10.0 min"),
        (duration(9_000), "2.5 h"),
        (plural(1, "trial"), "1 trial"),
        (plural(1_200, "trial"), "1,200 trials"),
        (
            settings_of({"inputs": "all", "optimizer": "adam", "l2": 0.00123, "regularization": "none"}),
            "inputs=all adam l2=0.00123 regularization=none",
        ),
        (
            settings_of({"batch_size": 1024.0, "step_every": 5, "dropout": 0.0}),
            "batch_size=1024 step_every=5 dropout=0",
        ),
    ],
)
def test_words(found: str, expected: str) -> None:
    assert found == expected
