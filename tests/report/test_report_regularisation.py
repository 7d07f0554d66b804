"""The published question: which penalty, how strong, Adam or RMSprop."""

from dataclasses import replace

import pytest
from made import BARE, EMPTY, REPORT

from songpop.report.records import Absence, Picture
from songpop.report.regularisation import optimizers, paths


def test_paths_by_type_and_optimizer() -> None:
    found = paths(REPORT)
    assert isinstance(found, Picture)
    assert {row[0] for row in found.rows} == {"l1", "l2", "l1_l2"}
    assert "The best without a penalty has" in found.finding


def test_a_space_without_a_penalty_has_no_path() -> None:
    without = tuple(replace(one, params={**one.params, "regularization": "none"}) for one in REPORT.trials)
    assert isinstance(paths(replace(REPORT, trials=without)), Absence)


def test_adam_against_rmsprop_with_its_caution() -> None:
    found = optimizers(REPORT)
    assert isinstance(found, Picture)
    assert "Mann-Whitney p = " in found.finding
    assert "A search's trials are no experiment" in found.finding
    assert "In the finals the best with Adam has 0.0500, with RMSprop 0.0600." in found.finding
    assert "In the finals" not in optimizers(BARE).finding  # type: ignore[union-attr]


def test_too_few_to_compare() -> None:
    few = tuple(one for one in REPORT.trials if one.params["optimizer"] != "rmsprop")
    found = optimizers(replace(REPORT, trials=few))
    assert isinstance(found, Picture)
    assert "too few to compare" in found.finding


@pytest.mark.parametrize("draw", [paths, optimizers])
def test_without_trials(draw) -> None:
    assert isinstance(draw(EMPTY), Absence)
