"""The published claims on made-up runs: each verdict can hold, and can fail."""

import math
from collections.abc import Mapping, Sequence

import pytest

from songpop.compose import compose_settings
from songpop.published import MODELS, PUBLISHED, VARIANTS, judge
from songpop.settings import SweepSettings

LEARNS, WINS, LEADS = "all three models learn", "L2 with RMSprop wins", "L2 is about 3.44 % better"
AS_CLAIMED = {"vanilla": (0.949, 0.948, 0.950), "L1": (0.970, 0.972, 0.971), "L2": (0.981, 0.982, 0.983)}
NAN = math.nan
Trio = dict[tuple[str, str], dict[str, list[float]]]


def trio(accuracy: Mapping[str, Sequence[float]]) -> Trio:
    return {("published", f"{model} as run"): {"accuracy": [*values]} for model, values in accuracy.items()}


def verdicts(accuracy: Mapping[str, Sequence[float]]) -> dict[str, bool]:
    judged = judge(trio(accuracy), {}, {"published": 0.51})
    return {
        name: verdict.holds for verdict in judged for name in (LEARNS, WINS, LEADS) if verdict.claim.startswith(name)
    }


# ── the numbers of the table ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("metric", "values", "published", "holds"),
    [
        ("accuracy", [0.97, 0.98, 0.99], 0.9815, True),
        ("accuracy", [0.97, 0.98, 0.99], 0.80, False),
        ("loss", [0.10, 0.11, 0.12], 0.1102, True),
        ("loss", [0.60, 0.61, 0.62], 0.0649, False),
        ("accuracy", [0.5, 0.9, 0.99], 1.01, False),  # an interval of shares ends at 1
        ("loss", [0.5, 1.5, 1.0], 1.2, True),  # one of losses does not
        ("accuracy", [0.98, NAN, 0.98], 0.98, True),  # of the runs that did not fail
        ("accuracy", [0.98, NAN, NAN], 0.98, False),  # one run holds no claim
    ],
)
def test_a_number_holds_where_a_further_run_may_reach_it(
    metric: str, values: list[float], published: float, holds: bool
) -> None:
    runs = {("published", "L2 as run"): {metric: values}}
    (verdict,) = judge(runs, {"L2 as run": {metric: published}}, {"published": 0.5})
    assert verdict.holds is holds
    assert verdict.claim == f"L2 as run: {metric} {published:.4f}"


def test_numbers_are_judged_under_their_own_protocol_only() -> None:
    runs = {("honest", "L2 as run"): {"accuracy": [0.98, 0.98]}}
    assert judge(runs, {"L2 as run": {"accuracy": 0.98}}, {"honest": 0.5}) == ()


# ── the order of the three models ───────────────────────────────────────────────────────────────────────────


def test_every_claim_can_hold() -> None:
    assert verdicts(AS_CLAIMED) == {LEARNS: True, WINS: True, LEADS: True}


@pytest.mark.parametrize(
    ("change", "fails"),
    [
        ({"L1": (0.970, 0.487, 0.971)}, {LEARNS}),  # one seed is a constant classifier
        ({"L1": (0.970, 0.985, 0.971)}, {WINS}),  # L1 is better once
        ({"L1": (0.970, 0.982, 0.971)}, {WINS}),  # a tie is no win
        ({"vanilla": (0.949, 0.990, 0.950)}, {WINS, LEADS}),  # the lead is negative once
        ({"vanilla": (0.979, 0.980, 0.981)}, {LEADS}),  # a lead of 0.2 %
        ({"vanilla": (0.749, 0.748, 0.750)}, {LEADS}),  # a lead of 31 %
        ({"L2": (0.981, NAN, 0.983)}, {LEARNS, WINS, LEADS}),  # a failed run did not lead
        ({"vanilla": (NAN, NAN, NAN)}, {LEARNS, WINS, LEADS}),
    ],
)
def test_every_claim_can_fail(change: dict[str, tuple[float, ...]], fails: set[str]) -> None:
    found = verdicts({**AS_CLAIMED, **change})
    assert {name for name, holds in found.items() if not holds} == fails


def test_models_are_compared_seed_by_seed() -> None:
    falling = {"vanilla": (0.90, 0.92, 0.94), "L1": (0.90, 0.92, 0.94), "L2": (0.93, 0.95, 0.97)}
    assert verdicts(falling)[WINS]
    assert not verdicts({**falling, "L2": (0.97, 0.95, 0.93)})[WINS]


@pytest.mark.parametrize(
    "runs",
    [
        trio({model: values for model, values in AS_CLAIMED.items() if model != "L1"}),
        trio({model: values[:1] for model, values in AS_CLAIMED.items()}),
        {},
    ],
    ids=["a model is missing", "one seed", "nothing"],
)
def test_without_three_models_and_two_seeds_nothing_is_said(runs: Trio) -> None:
    assert judge(runs, {}, {"published": 0.5}) == ()


def test_the_experiment_trains_what_is_judged() -> None:
    settings = compose_settings("train", ["experiment=published"])
    assert isinstance(settings, SweepSettings)
    assert set(settings.train.models) == {f"{model} {variant}" for model in MODELS for variant in VARIANTS}
    assert {model.claim for model in settings.train.models.values()} == set(PUBLISHED) == set(MODELS)
