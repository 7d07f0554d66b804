"""Each gate refuses with its own sentence, and lets pass what it should."""

import math
from dataclasses import replace

import pytest
from trials import FACTS

from songpop.errors import GateError
from songpop.settings import RegistrySettings
from songpop.tracking.gates import Comparison, refuse_leaks, refuse_untested, refuse_worse

LEAKY = replace(FACTS, leaks=("Track Score", "A + B"))


@pytest.mark.parametrize(
    ("allowed", "message"),
    [
        ({}, r"give the label away: Track Score, A \+ B.*registry.allowed_leaks"),
        ({"songpop": ["Track Score"]}, r"give the label away: A \+ B\."),
        ({"other": ["Track Score", "A + B"]}, "give the label away: Track Score"),
    ],
)
def test_leaks_that_are_not_allowed(allowed: dict[str, list[str]], message: str) -> None:
    with pytest.raises(GateError, match=message):
        refuse_leaks(LEAKY, RegistrySettings(allowed_leaks=allowed))


def test_leaks_that_are_allowed_for_this_model() -> None:
    refuse_leaks(FACTS, RegistrySettings())
    refuse_leaks(LEAKY, RegistrySettings(model="leaky", allowed_leaks={"leaky": ["A + B", "Track Score", "C"]}))


@pytest.mark.parametrize("test", [{}, {"accuracy": 0.9}, {"log_loss": math.nan}])
def test_untested(test: dict[str, float]) -> None:
    with pytest.raises(GateError, match="no test metrics"):
        refuse_untested(replace(FACTS, test=test))


@pytest.mark.parametrize(
    ("n_rows", "champion", "candidate", "message"),
    [
        (500, 0.30, 0.31, r"worse than songpop version 3: log loss 0.3100 against 0.3000 on 500 sealed rows"),
        (500, 0.30, math.nan, "worse than"),
        (99, 0.30, 0.20, r"at least 100 sealed rows.*of the candidate's 920 only 99 are new.*min_comparable_rows"),
        (0, math.nan, math.nan, "only 0 are new"),
    ],
)
def test_worse_or_not_comparable(n_rows: int, champion: float, candidate: float, message: str) -> None:
    comparison = Comparison(n_sealed=920, n_rows=n_rows, champion_log_loss=champion, candidate_log_loss=candidate)
    with pytest.raises(GateError, match=message):
        refuse_worse(comparison, "songpop version 3", RegistrySettings())


@pytest.mark.parametrize("candidate", [0.3, 0.1])
def test_as_good_or_better(candidate: float) -> None:
    comparison = Comparison(n_sealed=920, n_rows=100, champion_log_loss=0.3, candidate_log_loss=candidate)
    refuse_worse(comparison, "songpop version 3", RegistrySettings())
