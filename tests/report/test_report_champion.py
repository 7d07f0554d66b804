"""The champion on its sealed rows: the numbers beside the pictures are those of scikit-learn and of the one look."""

from dataclasses import replace

import numpy as np
import pytest
from made import BARE, REPORT
from sklearn.metrics import precision_score, recall_score

from songpop.report.champion import calibration, confusion, precision_recall, roc, threshold
from songpop.report.records import Absence, Picture, Sealed

DRAW = [confusion, roc, precision_recall, calibration, threshold]


@pytest.mark.parametrize("draw", DRAW)
def test_each_is_drawn_with_its_numbers(draw) -> None:
    found = draw(REPORT)
    assert isinstance(found, Picture)
    assert all(len(row) == len(found.columns) for row in found.rows)


@pytest.mark.parametrize("draw", DRAW)
def test_the_rows_are_not_opened_again_for_a_picture(draw) -> None:
    found = draw(BARE)
    assert isinstance(found, Absence)
    assert "not opened again" in found.reason


def test_the_confusion_matrix_counts_all_rows() -> None:
    found = confusion(REPORT)
    assert isinstance(found, Picture)
    for row in found.rows:
        assert sum(int(cell) for cell in row[1:]) == 200


def test_the_threshold_curve_is_precision_and_recall() -> None:
    found = threshold(REPORT)
    assert isinstance(found, Picture)
    assert REPORT.sealed is not None
    label, chance = REPORT.sealed.label, REPORT.sealed.chance
    for bound, precision, recall, _ in found.rows:
        called = chance > float(bound)
        assert float(precision) == pytest.approx(precision_score(label, called), abs=1e-3)
        assert float(recall) == pytest.approx(recall_score(label, called), abs=1e-3)


def test_a_chance_on_the_edge_of_a_bin_is_counted_where_it_is_drawn() -> None:
    sealed = Sealed(label=np.array([1, 0, 1, 0], np.int8), chance=np.array([0.5, 0.45, 0.9, 0.2]))
    found = calibration(replace(REPORT, sealed=sealed))
    assert isinstance(found, Picture)
    assert found.rows == (("0.200", "0.000", "1"), ("0.475", "0.500", "2"), ("0.900", "1.000", "1"))


def test_calibration_counts_the_rows_of_each_bin() -> None:
    found = calibration(REPORT)
    assert isinstance(found, Picture)
    assert sum(int(row[2]) for row in found.rows) == 200
    assert np.isfinite([float(row[1]) for row in found.rows]).all()
