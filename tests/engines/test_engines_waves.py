"""Cosine and sine of turns against NumPy's, in float64."""

import numpy as np
import pytest
from numba import njit

from songpop.engines.waves import wave


@njit
def waves(turns):  # type: ignore[no-untyped-def]
    out = np.empty((2, len(turns)), np.float32)
    for i in range(len(turns)):
        out[0, i], out[1, i] = wave(turns[i])
    return out


@pytest.mark.parametrize("most", [1e-3, 1.0, 100.0, 1e5])
def test_they_are_right_wherever_a_turn_can_be_told(most: float) -> None:
    turns = np.linspace(-most, most, 100_001).astype(np.float32)
    angles = 2 * np.pi * turns.astype(np.float64)
    cosine, sine = waves(turns)
    np.testing.assert_allclose(cosine, np.cos(angles), atol=4e-7)
    np.testing.assert_allclose(sine, np.sin(angles), atol=4e-7)


@pytest.mark.parametrize("turns", [0.0, 0.25, 0.5, 0.75, -0.25, -0.5, 1.0, -7.5])
def test_quarters_are_exact_to_rounding(turns: float) -> None:
    cosine, sine = waves(np.array([turns], np.float32))[:, 0]
    np.testing.assert_allclose([cosine, sine], [np.cos(2 * np.pi * turns), np.sin(2 * np.pi * turns)], atol=1e-7)


@pytest.mark.parametrize("turns", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_stays_none(turns: float) -> None:
    assert np.isnan(waves(np.array([turns], np.float32))).all()
