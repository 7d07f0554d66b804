from typing import Any

import pytest

from songpop.errors import SpaceError
from songpop.settings import ParamKind, ParamSettings
from songpop.space import Space
from songpop.space.conditions import parents_first


def choice(*choices: Any, when: dict[str, Any] | None = None) -> ParamSettings:
    return ParamSettings(kind=ParamKind.choice, choices=list(choices), when=when or {})


def test_parents_come_first_and_the_rest_stays_in_place() -> None:
    space = {
        "l2": choice(0.1, 0.2, when={"regularization": "l2"}),
        "widths": choice("64"),
        "regularization": choice("l2", "none", when={"optimizer": "adam"}),
        "optimizer": choice("adam", "sgd"),
    }
    assert parents_first(space) == ("optimizer", "regularization", "l2", "widths")


@pytest.mark.parametrize(
    ("space", "message"),
    [
        ({"l2": choice(0.1, when={"regularisation": "l2"})}, "parent `regularisation`, which is not part of the space"),
        ({"l2": choice(0.1, when={"regularization": "l2"})}, "Or add space.regularization with kind fixed"),
        ({"l2": choice(0.1, when={"l2": 0.1})}, "must not run in a circle, but `space` has l2 -> l2"),
        (
            {"l1": choice(0.1, when={"l2": 0.1}), "l2": choice(0.1, when={"l1": 0.1})},
            "must not run in a circle, but `space` has",
        ),
        (
            {"l2": choice(0.1, when={"optimizer": "nadam"}), "optimizer": choice("adam", "sgd")},
            r"`space.l2.when.optimizer` waits for 'nadam', but `space.optimizer` never has this value",
        ),
        (
            {"l2": choice(0.1, when={"optimizer": "adm"}), "optimizer": choice("adam", "sgd")},
            r"`space.l2.when.optimizer` must be a known optimizer",
        ),
        (
            {"l2": choice(0.1, when={"optimizer": []}), "optimizer": choice("adam", "sgd")},
            r"`space.l2.when.optimizer` must hold at least one value",
        ),
        (
            {
                "optimizer": choice("adam", "sgd"),
                "schedule": choice("step", "cosine", when={"optimizer": "adam"}),
                "l2": choice(0.1, when={"schedule": "step", "optimizer": "sgd"}),
            },
            r"`space.l2.when` can never hold: .* asks `optimizer` for two different values",
        ),
    ],
)
def test_contradictions(space: dict[str, ParamSettings], message: str) -> None:
    with pytest.raises(SpaceError, match=message):
        Space.from_settings(space)


def test_a_number_may_be_a_parent() -> None:
    space = Space.from_settings(
        {
            "first_regularized": ParamSettings(kind=ParamKind.int, low=0, high=2),
            "l2": choice(0.1, 0.2, when={"first_regularized": [1, 2]}),
        }
    )
    assert space.n_grid == 1 + 2 * 2
