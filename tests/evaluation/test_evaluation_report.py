"""The report on sealed rows: the same numbers as the metrics, intervals around them, a threshold that was chosen."""

from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_curve

from songpop.evaluation.metrics import binary_metrics
from songpop.evaluation.report import DECIDED, chosen_threshold, report_of


def rows(n: int = 300, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    y = rng.integers(2, size=n)
    return y, np.clip(0.4 + 0.3 * (y - 0.5) + 0.15 * rng.normal(size=n), 0.01, 0.99)


def test_numbers_are_those_of_the_metrics_and_lie_in_their_intervals() -> None:
    y, chance = rows()
    report = report_of(y, chance, 0.4, np.random.default_rng(1), n_draws=200)
    assert report.metrics == asdict(binary_metrics(y, chance))
    assert set(report.at_threshold) == set(DECIDED)
    assert report.at_threshold["recall"] == binary_metrics(y, chance, 0.4).recall
    assert report.threshold == 0.4
    for name, (low, high) in report.intervals.items():
        assert low < report.metrics[name] < high, name


def test_the_interval_of_a_small_calibration_error_holds_it() -> None:
    chance = np.random.default_rng(0).random(400)
    y = (np.random.default_rng(5).random(400) < chance).astype(int)  # perfectly calibrated: each error is noise
    report = report_of(y, chance, 0.5, np.random.default_rng(1), n_draws=200)
    low, high = report.intervals["calibration_error"]
    assert 0 <= low <= report.metrics["calibration_error"] <= high < 0.1


def test_more_rows_narrow_the_interval() -> None:
    few, many = (
        report_of(*rows(n), 0.5, np.random.default_rng(1), n_draws=100).intervals["log_loss"] for n in (100, 1600)
    )
    assert many[1] - many[0] < (few[1] - few[0]) / 2


def test_the_same_draws_give_the_same_intervals() -> None:
    y, chance = rows(80)
    first, second = (report_of(y, chance, 0.5, np.random.default_rng(7), n_draws=20) for _ in range(2))
    assert first == second


def test_one_class_leaves_undefined_what_is_undefined() -> None:
    report = report_of(np.ones(20), np.linspace(0.1, 0.9, 20), 0.5, np.random.default_rng(0), n_draws=10)
    assert np.isnan(report.metrics["roc_auc"])
    assert np.isnan(report.intervals["roc_auc"]).all()


def test_the_threshold_is_youdens() -> None:
    y, chance = rows(500)
    threshold = chosen_threshold(y, chance)
    false, true, _ = roc_curve(y, chance)
    found = binary_metrics(y, chance, threshold)
    assert found.recall + found.specificity - 1 == pytest.approx((true - false).max())


@pytest.mark.parametrize(
    ("y", "chance", "threshold"),
    [
        ([0, 1], [0.2, 0.6], 0.4),  # the middle
        ([1, 1], [0.2, 0.6], 0.5),  # one class
        ([0, 1], [0.3, 0.3], 0.5),  # nothing to cut
    ],
)
def test_small_cases(y: list[int], chance: list[float], threshold: float) -> None:
    assert chosen_threshold(y, chance) == pytest.approx(threshold)


@given(st.lists(st.tuples(st.booleans(), st.floats(0, 1)), min_size=1, max_size=40))
def test_no_other_threshold_gains_more(pairs: list[tuple[bool, float]]) -> None:
    y, chance = np.array([a for a, _ in pairs], dtype=float), np.array([b for _, b in pairs])
    if len(set(y)) < 2 or len(set(chance)) < 2:
        return

    def gain(at: float) -> float:
        found = binary_metrics(y, chance, at)
        return found.recall + found.specificity

    inner = sorted(set(chance))[:-1]
    assert gain(chosen_threshold(y, chance)) >= max(map(gain, inner)) - 1e-9
