"""Parameters: what is drawn of which, and in which order."""

from dataclasses import replace

import pytest
from made import BARE, EMPTY, REPORT

from songpop.report.parameters import (
    contours,
    importance,
    is_wide,
    parallel,
    ranked_parameters,
    scale_of,
    slices,
    strength,
)
from songpop.report.records import Absence, Picture


def test_importance_needs_many_trials() -> None:
    found = importance(BARE)
    assert isinstance(found, Absence)
    assert "Fewer than 50 trials are complete" in found.reason
    drawn = importance(REPORT)
    assert isinstance(drawn, Picture)
    assert drawn.finding == "By PED-ANOVA: learning_rate 70.0 %, l2 25.0 %, optimizer 4.0 %."
    assert len(drawn.rows) == 4


def test_the_order_is_importance_else_rank_correlation() -> None:
    assert ranked_parameters(REPORT)[:3] == ["learning_rate", "l2", "optimizer"]
    assert ranked_parameters(BARE)[-1] == "widths"  # one value alone explains nothing
    assert strength("widths", REPORT.complete) == 0
    assert 0 < strength("learning_rate", REPORT.complete) <= 1


def test_each_trial_has_its_place_on_an_axis() -> None:
    places, ends = scale_of("learning_rate", REPORT.complete)
    assert min(places.values()) == 0
    assert max(places.values()) == pytest.approx(1)
    assert len(ends) == 2
    options, words = scale_of("optimizer", REPORT.complete)
    assert set(options.values()) == {0.0, 0.5, 1.0}
    assert [word for _, word in words] == ["adam", "nadam", "rmsprop"]


def test_what_spans_decades_is_logarithmic() -> None:
    import numpy as np

    assert is_wide(np.array([1e-5, 1e-2]))
    assert not is_wide(np.array([0.1, 0.5]))
    assert not is_wide(np.array([0.0, 100.0]))


@pytest.mark.parametrize("draw", [parallel, slices, contours])
def test_pictures(draw) -> None:
    found = draw(REPORT)
    assert isinstance(found, Picture)
    assert found.rows
    for gid, told in found.titles.items():
        assert all(words.startswith("trial ") for words in told), gid


@pytest.mark.parametrize("draw", [parallel, slices, contours])
def test_without_trials(draw) -> None:
    assert isinstance(draw(EMPTY), Absence)


def test_points_on_a_line_are_no_surface() -> None:
    """Either parameter varies alone, and both have another one's company: with each other they lie on a line."""
    line = {"l2": lambda k: 1e-3 * k, "dropout": lambda k: 0.01 * k, "learning_rate": lambda k: 0.05}
    some = [replace(one, params={n: f(k + 1) for n, f in line.items()}) for k, one in enumerate(REPORT.complete[:13])]
    alone = [replace(one, params={"learning_rate": 0.01 * k}) for k, one in enumerate(some)]
    found = contours(replace(REPORT, trials=(*some, *alone)))
    assert found == Absence(
        reason="No two numeric parameters varied together, and not along one line, in 12 complete trials."
    )


def test_one_value_everywhere_is_no_picture() -> None:
    same = tuple(replace(trial, params={"widths": "64-32"}) for trial in REPORT.trials)
    assert isinstance(slices(replace(REPORT, trials=same)), Absence)
