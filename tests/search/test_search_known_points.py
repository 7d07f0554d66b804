import logging
from typing import Any

import pytest
from search_fakes import FOUR, SPACE, entry

from songpop.compose import compose_settings
from songpop.errors import SpaceError
from songpop.search.known_points import usable_points
from songpop.settings import SweepSettings
from songpop.space import Space


@pytest.mark.parametrize(
    ("point", "why"),
    [
        ({"learning_rate": 1e-3}, None),
        ({"regularization": "l2", "l2": 1e-3}, None),
        ({}, None),
        ({"learning_rate": 9}, "learning_rate=9 lies outside the space"),
        ({"regularization": "l1"}, "regularization='l1' lies outside"),
        ({"l2": 1e-3}, "l2=0.001 does not exist under the point's other values"),
        ({"l2": 1e-3, "regularization": "none"}, "l2=0.001 does not exist"),
    ],
)
def test_points_outside_are_skipped_aloud(
    point: dict[str, Any], why: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        usable = usable_points(SPACE, [point])
    assert usable == ([point] if why is None else [])
    assert (why or "") in caplog.text


def test_a_misspelt_parameter_is_refused() -> None:
    with pytest.raises(SpaceError, match=r"search.known_points\[1\].batchsize` .* Did you mean `batch_size`"):
        usable_points(FOUR, [{}, {"batchsize": 32}])


def test_a_parent_with_one_value_need_not_be_named() -> None:
    space = Space.from_settings(
        {
            "regularization": entry("fixed", value="l2"),
            "l2": entry("float", low=0.0, high=1.0, when={"regularization": "l2"}),
        }
    )
    assert usable_points(space, [{"l2": 0.5}]) == [{"l2": 0.5}]


@pytest.mark.parametrize(("name", "n_points"), [("full", 6), ("cocktail", 8), ("published", 5), ("grid", 0)])
def test_known_points_come_with_their_space(name: str, n_points: int, caplog: pytest.LogCaptureFixture) -> None:
    settings = compose_settings("sweep", [f"space={name}"])
    assert isinstance(settings, SweepSettings)
    with caplog.at_level(logging.WARNING):
        usable = usable_points(Space.from_settings(settings.space), settings.search.known_points)
    assert len(usable) == n_points
    assert not caplog.text
