"""Models of several searches on the same resamples: who is behind, and where that may be luck."""

import numpy as np
import pytest

from songpop.errors import DataError
from songpop.evaluation.resampled import paired_p_value
from songpop.evaluation.rivals import behind_the_best

RATIO = 0.25
BEST = (0.30, 0.32, 0.29, 0.31, 0.30)
WORSE = tuple(np.add(BEST, [0.050, 0.052, 0.049, 0.051, 0.050]))
NEAR = tuple(np.add(BEST, [0.02, -0.02, 0.01, -0.01, 0.005]))


def test_a_clear_difference_is_beyond_luck_and_a_small_one_is_not() -> None:
    first, worse, near = behind_the_best([BEST, WORSE, NEAR], RATIO)
    assert first is None
    assert worse is not None
    assert near is not None
    assert (worse.is_beyond_luck, near.is_beyond_luck) == (True, False)
    assert worse.difference == pytest.approx(0.0504)
    assert worse.p_value == pytest.approx(2 * paired_p_value(WORSE, BEST, RATIO))  # Holm: two tests


def test_of_unequal_numbers_the_first_resamples_are_compared() -> None:
    _, found = behind_the_best([BEST, WORSE[:3]], RATIO)
    assert found is not None
    assert (found.n_resamples, found.p_value) == (3, paired_p_value(WORSE[:3], BEST[:3], RATIO))


def test_one_resample_proves_nothing() -> None:
    _, found = behind_the_best([BEST, WORSE[:1]], RATIO)
    assert found is not None
    assert (found.p_value, found.is_beyond_luck) == (1.0, False)


def test_nobody_and_one_alone() -> None:
    assert behind_the_best([], RATIO) == ()
    assert behind_the_best([BEST], RATIO) == (None,)


def test_what_is_no_number_is_refused() -> None:
    with pytest.raises(DataError, match="all finite"):
        behind_the_best([BEST, (0.1, float("nan"))], RATIO)
