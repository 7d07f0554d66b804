"""Order and axes: what is ranked by what, and where a trial lies."""

from dataclasses import replace

import numpy as np
import pytest
from made import BARE, REPORT

from songpop.report.scales import is_wide, ranked_parameters, scale_of, strength


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
    assert is_wide(np.array([1e-5, 1e-2]))
    assert not is_wide(np.array([0.1, 0.5]))
    assert not is_wide(np.array([0.0, 100.0]))


def test_three_trials_on_a_line_do_not_come_first() -> None:
    some = [one.number for one in REPORT.complete[:3]]
    few = tuple(
        replace(one, params={**one.params, "decay_to": one.value}) if one.number in some else one for one in BARE.trials
    )
    assert ranked_parameters(replace(BARE, trials=few))[0] != "decay_to"
