import pytest

from songpop.contracts import Params, TrialSpec
from songpop.engines.slots import Occupancy, Slots


def spec(trial: int) -> TrialSpec:
    return TrialSpec(trial=trial, params=Params(), seed=trial, n_epochs=1, patience=None)


def seated(slots: Slots, *trials: int) -> list[int]:
    return [slots.seat(spec(trial), 0.0) for trial in trials]


def test_a_trial_goes_to_the_worker_with_the_fewest() -> None:
    slots = Slots(n_workers=2, n_slots=3)
    assert seated(slots, 0, 1, 2) == [0, 1, 0]
    slots.free(0, 0, 1.0)
    slots.free(0, 2, 1.0)
    assert seated(slots, 3, 4, 5) == [0, 0, 1]
    assert slots.n_held == 4


def test_trials_are_taken_once_in_their_order() -> None:
    slots = Slots(1, 4)
    seated(slots, 5, 3)
    assert [one.trial for one in slots.take(0)] == [5, 3]
    assert slots.take(0) == ()
    assert slots.n_seated(0) == 2


def test_no_seat_without_a_free_one() -> None:
    slots = Slots(2, 1)
    seated(slots, 0, 1)
    assert not slots.has_free
    with pytest.raises(ValueError, match="free seat"):
        seated(slots, 2)
    slots.free(0, 0, 1.0)
    assert seated(slots, 2) == [0]


def test_a_lost_worker_s_trials_are_tried_once_more() -> None:
    slots = Slots(2, 2)
    assert seated(slots, 0, 1, 2) == [0, 1, 0]
    assert slots.lose(0, 1.0) == ()
    slots.free(1, 1, 1.0)
    assert (slots.n_held, slots.has_work) == (0, True)
    again = slots.next_again()
    assert again is not None
    assert again.trial == 0
    assert seated(slots, 3, 0) == [0, 1]
    second = slots.next_again()
    assert second is not None
    assert second.trial == 2
    assert slots.next_again() is None
    assert [one.trial for one in slots.lose(1, 2.0)] == [0]


def test_occupancy_is_held_time_over_all_time() -> None:
    slots = Slots(1, 2)
    slots.seat(spec(0), 10.0)
    slots.seat(spec(1), 12.0)
    slots.free(0, 0, 14.0)
    occupancy = slots.occupancy(18.0)
    assert occupancy.share == pytest.approx((2 * 1 + 2 * 2 + 4 * 1) / (2 * 8))
    assert [n for _, n in occupancy.changes] == [1, 2, 1]
    slots.free(0, 1, 18.0)
    assert slots.occupancy(99.0).share == occupancy.share  # nothing was there to be seated any more
    assert Occupancy(n_seats=2, changes=(), end_s=1.0).share == 0.0
