"""What descriptions have in common: settings at a glance, numbers with their intervals."""

import pytest
from stories import CHAMPION, CONTESTANTS

from songpop.app.phrases import (
    against_baselines,
    at_a_glance,
    sealed_table,
    summary,
    with_interval,
)
from songpop.contracts import Params
from songpop.search.finals import Contestant, Member, Origin


@pytest.mark.parametrize(
    ("params", "told"),
    [
        (
            {"regularization": "none", "optimizer": "sgd", "learning_rate": 0.1, "schedule": "step"},
            "none, sgd 0.1, step",
        ),
        ({"regularization": "l2", "l2": "0.000123456", "optimizer": "adam"}, "l2 0.000123, adam &#63;, &#63;"),
        ({"regularization": "l1_l2", "l1": 1e-6, "l2": 0.1}, "l1&#95;l2 1e-06 0.1, &#63; &#63;, &#63;"),
    ],
)
def test_settings_at_a_glance(params: dict[str, object], told: str) -> None:
    assert at_a_glance(params) == told


def test_an_ensemble_is_told_by_its_members() -> None:
    members = (Member(params=Params(), n_votes=2), Member(params=Params(widths="4"), n_votes=1))
    told = {"mean of": "trial 1 (2 votes), trial 2 (1 vote)"}
    one = Contestant(origin=Origin.ensemble, params=Params(), suggested=told, members=members)
    assert summary(one) == "trial 1 (2 votes), trial 2 (1 vote)"
    assert summary(CONTESTANTS[0]).startswith("none, adam 0.001")


def test_numbers_have_intervals() -> None:
    assert with_interval(CHAMPION, "roc_auc") == "0.9512 (0.9312 to 0.9712)"
    assert with_interval(CHAMPION, "roc_auc", at_threshold=True) == ""
    assert with_interval(CHAMPION, "accuracy", at_threshold=True) == "88.0 % (86.0 % to 90.0 %)"
    assert sealed_table(CHAMPION).count("\n") == 4
    assert sealed_table(CHAMPION, 1).count("\n") == 2


def test_baselines() -> None:
    assert list(against_baselines(CHAMPION)) == [
        "better than majority class by 0.3943 log loss",
        "**worse** than gradient boosting by 0.0500 log loss",
    ]
