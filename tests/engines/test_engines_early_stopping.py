import pytest

from songpop.engines.early_stopping import BestSoFar


@pytest.mark.parametrize(
    ("values", "best_epoch", "stops_at"),
    [
        ([3.0, 2.0, 1.0], 3, None),
        ([1.0, 2.0, 3.0], 1, 3),
        ([1.0, 1.0, 1.0], 1, 3),  # as good is no improvement
        ([2.0, 3.0, 1.0], 3, None),
        ([float("inf"), 1.0], 2, None),
    ],
)
def test_two_epochs_of_patience(values: list[float], best_epoch: int, stops_at: int | None) -> None:
    best, stopped = BestSoFar(), None
    for epoch, value in enumerate(values, 1):
        best = best.observe(epoch, value)
        if stopped is None and best.is_exhausted(epoch, patience=2):
            stopped = epoch
    assert (best.epoch, stopped) == (best_epoch, stops_at)


def test_no_patience_never_stops() -> None:
    assert not BestSoFar().observe(1, 1.0).is_exhausted(10_000, None)
