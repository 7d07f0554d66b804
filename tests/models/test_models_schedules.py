import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from songpop.contracts import Params
from songpop.errors import SettingsError
from songpop.models.schedules import SCHEDULES, learning_rates, start_plateau, step_plateau

R = Params(learning_rate=1.0)


@pytest.mark.parametrize(
    ("params", "n_epochs", "expected"),
    [
        (replace(R, schedule="constant"), 3, [1, 1, 1]),
        (replace(R, schedule="step", step_every=2, step_factor=0.5), 5, [1, 1, 0.5, 0.5, 0.25]),
        (replace(R, schedule="exponential", decay_to=0.01), 3, [1, 0.1, 0.01]),
        (replace(R, schedule="exponential", decay_to=0.01), 1, [1]),
        (replace(R, schedule="cosine", cosine_to=0.2), 3, [1, 0.6, 0.2]),
        (replace(R, schedule="cosine"), 1, [1]),
        (replace(R, schedule="warmup_cosine", warmup_epochs=1), 4, [0.5, 1, 0.5, 0]),
        (replace(R, schedule="warmup_cosine", warmup_epochs=0), 3, [1, 0.5, 0]),
        (replace(R, schedule="warmup_cosine", warmup_epochs=3), 2, [0.25, 0.5]),
    ],
)
def test_rates(params: Params, n_epochs: int, expected: list[float]) -> None:
    assert learning_rates(params, n_epochs) == pytest.approx(expected)


@given(
    name=st.sampled_from(sorted(SCHEDULES)),
    n_epochs=st.integers(1, 200),
    rate=st.floats(1e-6, 1.0),
    warmup_epochs=st.integers(0, 20),
)
def test_no_rate_is_negative_or_above_the_first(name: str, n_epochs: int, rate: float, warmup_epochs: int) -> None:
    params = Params(learning_rate=rate, schedule=name, warmup_epochs=warmup_epochs)
    rates = learning_rates(params, n_epochs)
    assert rates.shape == (n_epochs,)
    assert rates.min() >= 0
    assert rates.max() <= rate * (1 + 1e-12)


def test_plateau_drops_after_patience_and_counts_anew() -> None:
    params = Params(learning_rate=1.0, schedule="plateau", plateau_patience=2, plateau_factor=0.5)
    state, rates = start_plateau(params), []
    for watched in (3.0, 2.0, 2.0, 2.5, 2.1, 1.0, 1.0, 1.0):
        state = step_plateau(params, state, watched)
        rates.append(state.learning_rate)
    assert rates == [1.0, 1.0, 1.0, 0.5, 0.5, 0.5, 0.5, 0.25]
    assert state.best == 1.0


def test_plateau_is_pure() -> None:
    state = start_plateau(R)
    assert step_plateau(R, state, 1.0) == step_plateau(R, state, 1.0)
    assert state.best == math.inf


@pytest.mark.parametrize("name", ["linear", "plateau"])
def test_unknown_in_advance(name: str) -> None:
    with pytest.raises(SettingsError, match=r"`schedule` must be one of \['constant'.*'plateau'"):
        learning_rates(Params(schedule=name), 3)


def test_rates_are_what_numpy_calls_floats() -> None:
    assert learning_rates(Params(), 2).dtype == np.float64
