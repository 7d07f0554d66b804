from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from search_fakes import FOUR, SPACE, entry

from songpop.compose import compose_settings
from songpop.errors import SpaceError
from songpop.search.kerastuner_runtime import keras_tuner
from songpop.search.kerastuner_space import configuration, hyperparameters
from songpop.space import Space

NESTED = Space.from_settings(
    {
        "regularization": entry("choice", choices=["none", "l1", "l2"]),
        "l1": entry("float", low=1e-5, high=1e-1, log=True, n_grid=3, when={"regularization": "l1"}),
        "l2": entry("float", low=0.1, high=0.4, step=0.1, when={"regularization": "l2"}),
        "optimizer": entry("choice", choices=["adam", "sgd"], when={"regularization": ["l1", "l2"]}),
        "momentum": entry("float", low=0.0, high=0.9, n_grid=2, when={"optimizer": "sgd", "regularization": "l2"}),
        "batch_size": entry("int", low=16, high=512, log=True, n_grid=3),
        "warmup_epochs": entry("int", low=1, high=7, step=2),
        "schedule": entry("fixed", value="warmup_cosine"),
        "clip_norm": entry("choice", choices=[0.0, 0.5]),
    }
)
SPACES = {
    "nested": NESTED,
    "few": FOUR,
    **{
        name: Space.from_settings(compose_settings("sweep", [f"space={name}"]).space)  # type: ignore[union-attr]
        for name in ("full", "cocktail", "published", "grid", "best")
    },
}


def walked(space: Space, share_of: Any, *, is_grid: bool = False) -> dict[str, Any]:
    """Return KerasTuner's own values at a share of each parameter, as its oracles find them."""
    found = keras_tuner.HyperParameters()
    for hp in hyperparameters(space, is_grid=is_grid).space:
        found.merge([hp])
        if found.is_active(hp):
            found.values[hp.name] = hp.prob_to_value(share_of(hp.name))
    return dict(found.values)


@pytest.mark.parametrize("name", SPACES)
@settings(deadline=None, max_examples=30)
@given(data=st.data())
def test_what_kerastuner_finds_is_a_configuration_of_the_space(name: str, data: st.DataObject) -> None:
    space = SPACES[name]
    # Its Gaussian process also asks for the end of a range, where an integer would be one too large.
    values = walked(space, lambda _: data.draw(st.floats(0.0, 1.0)))
    found = configuration(space, values)
    assert space.contains(found)
    assert set(found) == set(values)
    assert all(type(value) in (int, float, str) for value in found.values())


def test_ladders_are_exact() -> None:
    shares = {"regularization": 0.99, "l2": 0.6}
    assert walked(NESTED, lambda name: shares.get(name, 0.0))["l2"] == 0.3


def test_a_grid_has_the_values_that_the_space_says() -> None:
    found = {hp.name: list(hp.values) for hp in hyperparameters(NESTED, is_grid=True).space}
    assert found == {param.name: list(param.grid()) for param in NESTED.params}


def test_a_continuous_parameter_has_no_grid() -> None:
    space = Space.from_settings({"dropout_first": entry("float", low=0.0, high=0.5)})
    with pytest.raises(SpaceError, match=r"`space\.dropout_first\.n_grid`"):
        hyperparameters(space, is_grid=True)


def test_a_value_that_is_missing_is_an_error() -> None:
    with pytest.raises(KeyError):
        configuration(SPACE, {"regularization": "none"})
