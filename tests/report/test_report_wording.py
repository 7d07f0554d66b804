"""What only a report writes."""

import pytest
from made import REPORT

from songpop.report.wording import duration, told_of


@pytest.mark.parametrize(
    ("seconds", "told"), [(None, "–"), (3.14, "3.1 s"), (59.6, "60 s"), (600, "10.0 min"), (9_000, "2.5 h")]
)
def test_durations(seconds: float | None, told: str) -> None:
    assert duration(seconds) == told


def test_a_mouse_is_told_the_settings() -> None:
    (told,) = told_of(REPORT.trials[:1])
    assert told.startswith("trial 0: 0.")
    assert "learning_rate=" in told
