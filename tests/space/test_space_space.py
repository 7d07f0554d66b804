from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from omegaconf import OmegaConf

from songpop.contracts import Params
from songpop.errors import SpaceError
from songpop.settings import ParamKind, ParamSettings
from songpop.space import Space
from songpop.space.legal import OF_PART, OFF_AT_0, OFF_AT_NONE

CONF = Path(__file__).parents[2] / "conf" / "space"
BASE = Params(learning_rate=5e-3, l1=0.5, momentum=0.1)


def entry(kind: str, **keys: Any) -> ParamSettings:
    return ParamSettings(kind=ParamKind(kind), **keys)


def chained() -> dict[str, ParamSettings]:
    return {
        "regularization": entry("choice", choices=["none", "l1", "l2", "l1_l2"]),
        "l1": entry("float", low=1e-4, high=1e-2, log=True, n_grid=3, when={"regularization": ["l1", "l1_l2"]}),
        "l2": entry("float", low=1e-4, high=1e-2, log=True, n_grid=2, when={"regularization": ["l2", "l1_l2"]}),
        "optimizer": entry("choice", choices=["adam", "sgd"], when={"regularization": ["none", "l2"]}),
        "momentum": entry("float", low=0.0, high=0.8, step=0.4, when={"optimizer": "sgd"}),
        "schedule": entry("fixed", value="step"),
        "dropout_first": entry(
            "float", low=0.0, high=0.5, n_grid=2, when={"regularization": "l2", "optimizer": "adam"}
        ),
    }


SPACE = Space.from_settings(chained())
SHARES = st.lists(st.floats(0, 1, exclude_max=True), min_size=10, max_size=10)


def drawn(space: Space, shares: list[float]) -> dict[str, Any]:
    left = iter(shares * 3)
    return space.suggest(lambda param: param.at(next(left)))


@settings(deadline=None, max_examples=30)
@given(shares=SHARES)
def test_what_is_suggested_is_a_whole_configuration(shares: list[float]) -> None:
    values = drawn(SPACE, shares)
    assert SPACE.contains(values)
    assert SPACE.active(values) == tuple(values)
    assert ("momentum" in values) == (values.get("optimizer") == "sgd")
    params = SPACE.to_params(values, BASE)
    assert params.learning_rate == BASE.learning_rate
    assert all(getattr(params, name) == value for name, value in values.items())
    for name in SPACE.order:
        assert name in values or getattr(params, name) == getattr(BASE, name)


def test_a_child_of_an_inactive_parent_is_inactive() -> None:
    values = {"regularization": "l1", "l1": 1e-3, "optimizer": "sgd", "momentum": 0.4, "schedule": "step"}
    assert SPACE.active(values) == ("regularization", "l1", "schedule")
    assert not SPACE.contains(values)


def test_every_configuration_of_the_grid_stands_there_once() -> None:
    grid = list(SPACE.grid())
    params = {SPACE.to_params(values, BASE) for values in grid}
    # none: adam + sgd*3; l1: 3; l2: 2 * (adam*2 + sgd*3); l1_l2: 3*2
    assert len(grid) == len(params) == SPACE.n_grid == (1 + 3) + 3 + 2 * (2 + 3) + 6
    assert all(SPACE.contains(values) for values in grid)


def test_a_large_grid_is_counted_without_walking_it() -> None:
    numbers = ("l1", "l2", "learning_rate", "weight_decay", "decay_to", "cosine_to")
    space = Space.from_settings({name: entry("float", low=0.1, high=0.9, n_grid=50) for name in numbers})
    assert space.n_grid == 50**6


def test_finite_spaces_know_all_their_configurations() -> None:
    space = Space.from_settings(
        {"batch_size": entry("int", low=1, high=3), "optimizer": entry("choice", choices=["adam", "sgd"])}
    )
    assert space.is_finite
    assert len(list(space.configurations())) == 6
    assert not SPACE.is_finite
    with pytest.raises(SpaceError, match="continuous parameter"):
        SPACE.configurations()


def test_single_values_are_not_asked_for() -> None:
    space = Space.from_settings(
        {"l1": entry("float", low=0.1, high=0.1), "optimizer": entry("choice", choices=["adam"]), **chained()}
    )
    asked: list[str] = []
    space.suggest(lambda param: asked.append(param.name) or param.at(0.0))  # type: ignore[func-returns-value]
    assert "schedule" not in asked
    assert "regularization" in asked


def other(name: str, kind: str, **keys: Any) -> dict[str, ParamSettings]:
    return chained() | {name: entry(kind, **keys)}


LAMBDA = {"low": 0.0001, "high": 0.01, "n_grid": 3}


@pytest.mark.parametrize(
    ("space", "is_same"),
    [
        (dict(reversed(chained().items())), True),
        (other("l1", "float", log=True, when={"regularization": ["l1_l2", "l1"]}, **LAMBDA), True),
        (other("momentum", "float", low=0, high=0.8, step=0.4, when={"optimizer": ["sgd"]}), True),
        (other("l1", "float", when={"regularization": ["l1", "l1_l2"]}, **LAMBDA), False),
        (other("momentum", "float", low=0, high=0.8, step=0.4, when={"optimizer": "adam"}), False),
        (other("schedule", "fixed", value="cosine"), False),
        (other("batch_size", "fixed", value=64), False),
    ],
)
def test_the_digest_sees_meaning_and_not_writing(space: dict[str, ParamSettings], is_same: bool) -> None:
    assert (Space.from_settings(space).digest == SPACE.digest) is is_same


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"regularisation": "none"}, "`regularisation` is not a parameter of the space. Did you mean `regularization`"),
        ({"regularization": "none"}, "`optimizer` must have a value in this configuration"),
        ({"regularization": "none", "optimizer": "adam", "l1": 1e-3}, "`l1` does not exist together with the other"),
        ({"regularization": "l1", "l1": 3.0}, "`l1` must lie inside `space.l1`, but it is 3.0"),
    ],
)
def test_configurations_that_are_none(values: dict[str, Any], message: str) -> None:
    assert not SPACE.contains(values)
    with pytest.raises(SpaceError, match=message):
        SPACE.to_params(values, BASE)


def test_an_empty_space_is_refused() -> None:
    with pytest.raises(SpaceError, match="must hold at least one parameter, but it is empty"):
        Space.from_settings({})


@cache
def named(name: str) -> Space:
    schema = OmegaConf.structured(ParamSettings)
    entries: Any = OmegaConf.load(CONF / f"{name}.yaml")
    typed = {key: OmegaConf.to_object(OmegaConf.merge(schema, value)) for key, value in entries.items()}
    return Space.from_settings(typed)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["published", "full", "cocktail", "grid"])
@settings(deadline=None, max_examples=30)
@given(shares=SHARES)
def test_the_spaces_of_the_configuration(name: str, shares: list[float]) -> None:
    space = named(name)
    assert space.contains(drawn(space, shares))


def test_the_full_space_has_at_most_six_programs() -> None:
    space = named("full")
    own = [param for param in space.params if param.name in ("widths", "activation", "batch_size")]
    assert len(own) == 3
    assert all(param.n_values != 1 for param in own)
    assert Space(tuple(own)).n_grid <= 6


def test_the_cocktail_is_the_full_space_and_more_and_can_be_without_any() -> None:
    full, cocktail = dict(named("full").by_name), dict(named("cocktail").by_name)
    widths = full.pop("widths")
    assert all(cocktail["widths"].contains(value) for value in widths.grid())
    assert {name: cocktail[name] for name in full} == full
    assert set(cocktail) - set(full) == {"widths", *OFF_AT_0, *OFF_AT_NONE, *OF_PART}
    assert all(cocktail[name].contains("none") for name in OFF_AT_NONE)
    assert all(cocktail[name].contains(0.0) for name in OFF_AT_0)


def test_the_grid_ends_in_a_sitting() -> None:
    assert 12 <= named("grid").n_grid <= 20
