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


def test_the_best_penalty_is_that_of_the_lowest_number() -> None:
    best = {"l1": 9.5, "l2": 10.2}  # as text the other way round
    some = [
        replace(one, state="complete", value=best[kind], params={"regularization": kind, kind: 0.001})
        for one, kind in zip(REPORT.trials, best, strict=False)
    ]
    found = paths(replace(REPORT, trials=tuple(some)))
    assert isinstance(found, Picture)
    assert found.finding == "The best with a penalty is l1 by fixed at lambda 0.001: 9.5000."


def test_equal_medians_are_called_equal() -> None:
    some = [
        replace(one, state="complete", value=0.3, params={"optimizer": ("adam", "rmsprop")[k % 2]})
        for k, one in enumerate(REPORT.trials)
    ]
    found = optimizers(replace(REPORT, trials=tuple(some)))
    assert isinstance(found, Picture)
    assert found.finding.startswith("Their trials are equal on the median (0.3000 by Adam, 0.3000 by RMSprop; ")


def test_too_few_to_compare() -> None:
    few = tuple(one for one in REPORT.trials if one.params["optimizer"] != "rmsprop")
    found = optimizers(replace(REPORT, trials=few))
    assert isinstance(found, Picture)
    assert "too few to compare" in found.finding


@pytest.mark.parametrize("draw", [paths, optimizers])
def test_without_trials(draw) -> None:
    assert isinstance(draw(EMPTY), Absence)
