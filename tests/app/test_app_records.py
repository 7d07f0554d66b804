"""Records as JSON: nothing that json.dumps refuses, and nothing that is not JSON."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from songpop.app.records import BestTrial, as_json


class Colour(Enum):
    RED = "red"


@dataclass(frozen=True, kw_only=True)
class Inner:
    value: float
    place: Path = Path("a/b")


@dataclass(frozen=True, kw_only=True)
class Outer:
    inner: tuple[Inner, ...]
    by_name: Mapping[Any, Any]
    study: Any = field(default=None, metadata={"json": False})


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (math.nan, None),
        (math.inf, None),
        (-math.inf, None),
        (np.float32("nan"), None),
        (np.float64(0.5), 0.5),
        (np.int64(3), 3),
        (np.bool_(True), True),
        (Colour.RED, "red"),
        (Path("x") / "y.csv", "x/y.csv"),
        ((1, (2.5, None)), [1, [2.5, None]]),
        (MappingProxyType({1: math.nan, "b": (Colour.RED,)}), {"1": None, "b": ["red"]}),
        ("NaN", "NaN"),
        (True, True),
        (None, None),
    ],
)
def test_values(value: Any, plain: Any) -> None:
    told = as_json(value)
    assert told == plain
    assert type(told) is type(plain)
    assert json.loads(json.dumps(told, allow_nan=False)) == plain


def test_records_inside_records() -> None:
    record = Outer(inner=(Inner(value=math.nan), Inner(value=1.0)), by_name={"best": Inner(value=2.0)})
    inner = [{"value": None, "place": "a/b"}, {"value": 1.0, "place": "a/b"}]
    assert as_json(record) == {"inner": inner, "by_name": {"best": {"value": 2.0, "place": "a/b"}}}


def test_a_field_can_stay_out() -> None:
    assert "study" not in as_json(Outer(inner=(), by_name={}, study=object()))


def test_a_class_is_no_record() -> None:
    assert as_json(BestTrial) is BestTrial


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.floats(width=32).map(np.float32)


@settings(max_examples=50, deadline=None)
@given(st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.integers(), inner)))
def test_whatever_it_holds_json_takes_it(value: Any) -> None:
    json.dumps(as_json(value), allow_nan=False)
