"""What a configuration fixes is not searched, and takes with it what can then never exist."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from songpop.contracts import Params
from songpop.settings import ParamKind, ParamSettings
from songpop.space import FixedParam, Space, pin


def entry(kind: str, **keys: Any) -> ParamSettings:
    return ParamSettings(kind=ParamKind(kind), **keys)


SPACE = Space.from_settings(
    {
        "optimizer": entry("choice", choices=["adam", "sgd", "rmsprop"]),
        "momentum": entry("float", low=0.0, high=0.9, step=0.3, when={"optimizer": ["sgd"]}),
        "schedule": entry("choice", choices=["constant", "step", "cosine"], when={"optimizer": ["adam", "sgd"]}),
        "step_every": entry("int", low=5, high=9, when={"schedule": "step", "optimizer": "sgd"}),
        "batch_size": entry("choice", choices=[32, 64], when={"schedule": ["constant", "step"]}),
        "activation": entry("fixed", value="relu"),
    }
)
CASES: list[tuple[dict[str, Any], dict[str, Any], list[str]]] = [
    ({"optimizer": "adam"}, {"optimizer": "adam"}, ["momentum", "step_every"]),
    ({"optimizer": "rmsprop"}, {"optimizer": "rmsprop"}, ["momentum", "schedule", "step_every", "batch_size"]),
    ({"optimizer": "nadam"}, {"optimizer": "nadam"}, ["momentum", "schedule", "step_every", "batch_size"]),
    ({"schedule": "step"}, {"schedule": "step"}, []),
    ({"batch_size": 7}, {"batch_size": 7}, []),
    ({"activation": "silu"}, {"activation": "silu"}, []),
    ({"widths": "8-4"}, {}, []),  # not part of the space
]


@pytest.mark.parametrize(("values", "fixed", "gone"), CASES)
def test_what_is_named_is_fixed(values: dict[str, Any], fixed: dict[str, Any], gone: list[str]) -> None:
    pinned = pin(SPACE, values)
    assert [name for name in SPACE.order if name not in pinned.by_name] == gone
    for name, value in fixed.items():
        assert pinned.by_name[name] == FixedParam(name=name, value=value)
    assert (pinned.digest == SPACE.digest) is (not fixed)


def test_a_fixed_value_holds_also_where_the_parameter_did_not_exist() -> None:
    pinned = pin(SPACE, {"batch_size": 7})
    params = pinned.to_params({"optimizer": "rmsprop"}, Params(batch_size=7))
    assert (params.optimizer, params.batch_size) == ("rmsprop", 7)


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "optimizer": st.sampled_from(["adam", "sgd", "rmsprop", "nadam"]),
            "schedule": st.sampled_from(["constant", "step", "cosine", "plateau"]),
            "batch_size": st.integers(1, 99),
            "widths": st.just("8"),
        },
    )
)
def test_each_remaining_parameter_occurs_and_each_configuration_has_the_fixed_values(values: dict[str, Any]) -> None:
    pinned = pin(SPACE, values)
    configurations = list(pinned.configurations())
    assert {name for one in configurations for name in one} == set(pinned.order)
    for one in configurations:
        assert {name: value for name, value in values.items() if name in SPACE.by_name}.items() <= one.items()
