from dataclasses import FrozenInstanceError, asdict

import pytest

from songpop.search.advice import Advice, Round


def test_a_whole_trial_is_in_no_round() -> None:
    assert Advice(values={"l2": 0.1}).round is None


def test_rounds_are_records_that_json_takes() -> None:
    place = Round(iteration=0, bracket=2, number=1, reduction_factor=3, pause_at=4, goes_on_from=7)
    assert Round(**asdict(place)) == place
    with pytest.raises(FrozenInstanceError):
        place.pause_at = 5  # type: ignore[misc]
