from typing import Any

import optuna
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from songpop.errors import SettingsError
from songpop.kerastuner.suggestions import encoded, suggested
from songpop.search.distributions import GivenSampler
from songpop.search.kerastuner_runtime import keras_tuner


def hp_of(kind: str, **options: Any) -> Any:
    found = keras_tuner.HyperParameters()
    getattr(found, kind)("name", **options)
    return found.space[0]


HPS = {
    "choice": hp_of("Choice", values=["a", "b", "c"]),
    "numbers": hp_of("Choice", values=[1, 4, 16]),
    "boolean": hp_of("Boolean"),
    "fixed": hp_of("Fixed", value=7),
    "int": hp_of("Int", min_value=3, max_value=10),
    "int, step": hp_of("Int", min_value=3, max_value=10, step=3),
    "int, log": hp_of("Int", min_value=1, max_value=512, sampling="log"),
    "int, log, factor": hp_of("Int", min_value=2, max_value=70, step=2, sampling="log"),
    "int, reverse log": hp_of("Int", min_value=1, max_value=100, sampling="reverse_log"),
    "float": hp_of("Float", min_value=0.0, max_value=2.0),
    "float, step": hp_of("Float", min_value=0.1, max_value=0.75, step=0.2),
    "float, log": hp_of("Float", min_value=1e-5, max_value=1.0, sampling="log"),
    "float, log, factor": hp_of("Float", min_value=1e-3, max_value=5.0, step=10, sampling="log"),
    "float, reverse log": hp_of("Float", min_value=0.1, max_value=10.0, sampling="reverse_log"),
    "float, reverse log, factor": hp_of("Float", min_value=0.1, max_value=9.0, step=3, sampling="reverse_log"),
    "one": hp_of("Float", min_value=0.5, max_value=0.5),
}
LEGAL: dict[str, Any] = {
    "int, step": {3, 6, 9},
    "int, log, factor": {2, 4, 8, 16, 32, 64},
    "numbers": {1, 4, 16},
    "boolean": {True, False},
    "fixed": {7},
    "one": {0.5},
}


@pytest.mark.parametrize("name", HPS)
@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 2**32 - 1))
def test_suggestions_are_legal_and_can_be_given_again(name: str, seed: int) -> None:
    hp = HPS[name]
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=seed))
    value = suggested(study.ask(), "name", hp)
    assert value in LEGAL.get(name, {value})
    if hasattr(hp, "min_value"):
        assert hp.min_value - 1e-9 <= value <= hp.max_value + 1e-9
    assert type(value) is type(hp.default)
    given_sampler = GivenSampler()
    given_sampler.values = {"name": encoded(hp, value)}
    study.sampler = given_sampler
    assert suggested(study.ask(), "name", hp) == pytest.approx(value)


@pytest.mark.parametrize("name", ["int, log", "int, reverse log", "float, log", "float, reverse log"])
def test_logarithms_lie_at_the_end_that_kerastuner_means(name: str) -> None:
    hp = HPS[name]
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=1))
    values = sorted(suggested(study.ask(), "name", hp) for _ in range(201))
    expected = hp.prob_to_value(0.5)
    assert values[100] == pytest.approx(expected, rel=0.5)


def test_a_kind_of_one_s_own_is_refused() -> None:
    class Own(keras_tuner.engine.hyperparameters.HyperParameter):  # type: ignore[misc]
        pass

    with pytest.raises(SettingsError, match="must be one of Int, Float, Choice, Boolean, Fixed, but 'x' is a Own"):
        suggested(optuna.create_study().ask(), "x", Own("x"))
