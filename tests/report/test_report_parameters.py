"""Parameters: what is drawn of which, and in which order."""

from dataclasses import replace

import pytest
from made import BARE, EMPTY, REPORT, trials

from songpop.report.parameters import contours, importance, parallel, slices
from songpop.report.records import Absence, Picture


def test_importance_needs_many_trials() -> None:
    found = importance(BARE)
    assert isinstance(found, Absence)
    assert "Fewer than 50 trials are complete" in found.reason
    drawn = importance(REPORT)
    assert isinstance(drawn, Picture)
    assert drawn.finding == "By PED-ANOVA: learning_rate 70.0 %, l2 25.0 %, optimizer 4.0 %."
    assert len(drawn.rows) == 4


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
        reason="No two numeric parameters with 4 values or more varied together, and not along one line, in 12 "
        "complete trials."
    )


def test_one_value_everywhere_is_no_picture() -> None:
    same = tuple(replace(trial, params={"widths": "64-32"}) for trial in REPORT.trials)
    assert isinstance(slices(replace(REPORT, trials=same)), Absence)


def test_contours_look_beyond_the_first_parameters() -> None:
    """Each of the first five was searched by a few trials alone; the last two by all."""
    rare = ["decay_to", "cosine_to", "step_factor", "momentum", "weight_decay"]
    some = tuple(
        replace(one, params={rare[k % 5]: 0.1 * k, "learning_rate": one.params["learning_rate"], "dropout": 0.01 * k})
        for k, one in enumerate(REPORT.complete)
    )
    importances = {name: 0.9 / (k + 1) for k, name in enumerate(rare)}
    found = contours(replace(REPORT, trials=some, importances=importances))
    assert isinstance(found, Picture)
    assert [row[0] for row in found.rows] == ["dropout and learning_rate"]


@pytest.mark.parametrize(("n", "n_columns"), [(60, 3), (200, 4)])
def test_a_best_tenth_of_few_trials_is_not_told(n: int, n_columns: int) -> None:
    found = slices(replace(REPORT, trials=trials(n)))
    assert isinstance(found, Picture)
    assert len(found.columns) == len(found.rows[0]) == n_columns
    assert ("best tenth" in found.finding) == (n_columns == 4)


def test_the_best_line_is_drawn_last_and_thick() -> None:
    found = parallel(REPORT)
    assert isinstance(found, Picture)
    (lines,) = found.figure.axes[0].collections
    widths = list(lines.get_linewidths())
    assert widths == sorted(widths)
    assert widths[0] < widths[-1]
