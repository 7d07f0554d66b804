"""Number by number, or as one of several seeds: what counts as the same."""

import subprocess
import sys
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from replay_records import changed, numbers

from songpop.replay.comparison import compare_numbers, compare_seeds
from songpop.tracking.records import StoredNumber

STORED = numbers()


def compared(stored: Sequence[StoredNumber], now: Sequence[StoredNumber], tolerance: float = 1e-4) -> str:
    """The first difference in words; "" if there is none."""
    found = compare_numbers(stored, now, tolerance=tolerance, n_epochs=3)
    return found.first.told() if found.first else ""


def test_the_same_numbers_are_the_same_and_all_but_time_is_compared() -> None:
    found = compare_numbers(STORED, changed(STORED, "wall_s", 0, 99.0), tolerance=0.0, n_epochs=3)
    assert found.first is None
    assert found.largest is not None
    assert (found.largest.size, found.n_numbers) == (0.0, len(STORED) - 1)


@pytest.mark.parametrize("one", [one for one in STORED if one.metric != "wall_s"], ids=lambda one: one.metric)
@pytest.mark.parametrize("by", [1e-3, -1e-3])
def test_each_number_that_is_changed_by_a_thousandth_is_named(one: StoredNumber, by: float) -> None:
    told = compared(changed(STORED, one.metric, one.step, by), STORED)
    assert told.startswith(
        one.metric + (f" of epoch {one.step}" if one.step and not one.metric.startswith("best_") else "")
    )
    assert f"stored {one.value + by:.9g}" in told
    assert f"now {one.value:.9g}" in told
    assert compared(STORED, changed(STORED, one.metric, one.step, by))
    assert compared(changed(STORED, one.metric, one.step, by / 20), STORED) == ""


def test_the_first_epoch_is_named_and_the_largest_difference_is_told() -> None:
    now = changed(changed(STORED, "val_loss", 3, 0.5), "loss", 2, 0.01)
    now = changed(now, "best_val_log_loss", 1, 0.02)
    found = compare_numbers(STORED, now, tolerance=1e-4, n_epochs=3)
    assert found.first is not None
    assert found.largest is not None
    assert (found.first.metric, found.first.epoch) == ("loss", 2)
    assert (found.largest.metric, found.largest.epoch) == ("val_loss", 3)


@pytest.mark.parametrize(
    ("stored", "now", "words"),
    [
        (STORED, numbers(2), "learning_rate of epoch 3: stored 0.43, not measured now"),
        (numbers(2), STORED, "learning_rate of epoch 3: not stored, now 0.43"),
        (STORED, numbers(best=None), "best_epoch: stored 1, not measured now"),
        ([*STORED, StoredNumber(metric="loss", step=2, value=0.9)], STORED, "loss of epoch 2: stored 0.9, now 0.42"),
    ],
    ids=["shorter", "longer", "failed", "stored twice"],
)
def test_numbers_that_only_one_of_them_has(
    stored: Sequence[StoredNumber], now: Sequence[StoredNumber], words: str
) -> None:
    assert compared(stored, now) == words


@pytest.mark.parametrize("metric", ["test_accuracy", "note", "wall_s"])
def test_what_was_written_to_a_run_later_is_passed_over(metric: str) -> None:
    assert compared([*STORED, StoredNumber(metric=metric, step=0, value=0.9)], STORED) == ""


@given(
    st.floats(-1e6, 1e6, width=32),
    st.floats(0.0, 1.0),
    st.sampled_from(["loss", "val_log_loss", "best_val_log_loss"]),
)
def test_the_tolerance_is_absolute_up_to_the_rounding_of_float32(value: float, by: float, metric: str) -> None:
    stored = [StoredNumber(metric=metric, step=1, value=value)]
    now = [StoredNumber(metric=metric, step=1, value=value + by)]
    apart = abs(now[0].value - value)
    if apart <= 1e-4:
        assert compared(stored, now) == ""
    if apart > max(1e-4, 5e-7 * abs(value)):
        assert compared(stored, now) != ""
    assert compared(stored, now) == "" or apart > 1e-4


# ── seeds ───────────────────────────────────────────────────────────────────────────────────────────────────


def against(stored: float | None, others: Sequence[float | None], level: float = 0.99) -> str:
    return compare_seeds(stored, others, tolerance=1e-4, level=level)


@pytest.mark.parametrize(
    ("stored", "others", "words"),
    [
        (0.43, [0.40, 0.42, 0.44, 0.41], ""),
        (0.90, [0.40, 0.42, 0.44, 0.41], "stored 0.9, outside of the 99 % prediction interval of 4 other seeds"),
        (0.10, [0.40, 0.42, 0.44, None], "of 3 other seeds"),
        (0.6932, [0.69315] * 4, ""),  # all seeds guess alike
        (0.70, [0.69315] * 4, "outside"),
        (None, [0.40, None, 0.44], ""),
        (None, [0.40, 0.42], "the trial failed, but none of 2 other seeds does"),
        (0.43, [0.40, None, None], "stored 0.43, but 2 of 3 other seeds fail"),
    ],
)
def test_one_of_their_kind(stored: float | None, others: list[float | None], words: str) -> None:
    told = against(stored, others)
    assert (told == "") == (words == "")
    assert words in told


def test_a_sound_trial_is_called_drifted_as_seldom_as_the_level_says() -> None:
    rng = np.random.default_rng(0)
    alarms = [bool(against(float(rng.normal(0.4, 0.01)), rng.normal(0.4, 0.01, 10).tolist(), 0.9)) for _ in range(800)]
    assert np.mean(alarms) == pytest.approx(0.1, abs=0.03)


def test_it_needs_no_mlflow_and_no_engine() -> None:
    code = "import sys, songpop.replay.comparison; print(sorted({'mlflow', 'tensorflow', 'numba'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
