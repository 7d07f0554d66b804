"""A sweep in one picture: a PNG, the same for the same records, and none of next to nothing."""

import io
import math

import pytest
from PIL import Image

from songpop.contracts import FinishedTrial, Params, TrialState
from songpop.report.overview import DPI, SIZE_INCHES, overview
from songpop.search.finals import Contestant, Finals, Origin, verdict


def trial(number: int, value: float, state: TrialState = TrialState.COMPLETE) -> FinishedTrial:
    return FinishedTrial(trial=number, state=state, suggested={}, value=value, n_epochs=3, best_epoch=2, run_id="r")


TRIALS = [trial(number, 0.5 - number / 100) for number in range(10)]
FEW = [trial(number, 0.5) for number in range(3)]
OTHERS = [trial(10, 0.7, TrialState.PRUNED), trial(11, math.nan, TrialState.FAILED)]


def finals(*values: list[float]) -> Finals:
    entered = [Contestant(origin=Origin.search, params=Params(), trial=place) for place in range(len(values))]
    return verdict(entered, dict(enumerate(values)), [9] * len(values), 0.25, 0.05)


@pytest.mark.parametrize(
    "held",
    [None, finals([0.3, 0.31, 0.29], [0.4, 0.41, 0.42], [0.5, math.nan, 0.5]), finals([math.nan, 0.3])],
    ids=["no finals", "finals", "finals without a winner"],
)
def test_a_picture(held: Finals | None) -> None:
    drawn = overview([*TRIALS, *OTHERS], held)
    assert drawn is not None
    assert drawn == overview([*TRIALS, *OTHERS], held)
    width, height = Image.open(io.BytesIO(drawn)).size
    assert (width, height) == tuple(round(DPI * side) for side in SIZE_INCHES)


def test_a_few_trials_need_no_picture() -> None:
    assert overview(FEW, None) is None


def test_trials_of_one_value() -> None:
    assert overview([trial(number, 0.5) for number in range(8)], None) is not None
