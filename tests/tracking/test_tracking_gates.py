"""Each gate refuses with its own sentence, and lets pass what it should; all of them are run."""

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from trials import FACTS

from songpop.errors import GateError, RefusedError
from songpop.settings import GateSettings, RegistrySettings
from songpop.tracking.gates import (
    Comparison,
    Finding,
    check_comparison,
    check_generated,
    check_leaks,
    check_question,
    check_seeds,
    check_tested,
    refuse_if_any,
    run_gates,
)

LEAKY = replace(FACTS, leaks=("Track Score", "A + B"))
STRICT = GateSettings(champion_margin=0.0)


def refused(found: Finding) -> str:
    assert not found.is_passed
    return found.sentence


@pytest.mark.parametrize(
    ("allowed", "words", "n_leaks"),
    [
        ({}, "give the label away: Track Score, A + B. Sweep without them", 2),
        ({"songpop": ["Track Score"]}, "give the label away: A + B.", 1),
        ({"other": ["Track Score", "A + B"]}, "give the label away: Track Score", 2),
    ],
)
def test_leaks_that_are_not_allowed(allowed: dict[str, list[str]], words: str, n_leaks: int) -> None:
    found = check_leaks(LEAKY, RegistrySettings(allowed_leaks=allowed))
    assert words in refused(found)
    assert "registry.allowed_leaks" in found.sentence
    assert (found.value, found.bound) == (n_leaks, 0)


def test_leaks_that_are_allowed_for_this_model() -> None:
    assert check_leaks(FACTS, RegistrySettings()).is_passed
    found = check_leaks(LEAKY, RegistrySettings(model="leaky", allowed_leaks={"leaky": ["A + B", "Track Score", "C"]}))
    assert found.is_passed
    assert found.sentence == "Allowed for this model: Track Score, A + B."


@pytest.mark.parametrize("test", [{}, {"accuracy": 0.9}, {"log_loss": math.nan}])
def test_untested(test: dict[str, float]) -> None:
    assert "no test metrics" in refused(check_tested(replace(FACTS, test=test), 1))


def test_tested() -> None:
    found = check_tested(FACTS, 3)
    assert found.value == 0.3
    assert "opened 3 times, is 0.3000" in found.sentence
    assert "opened 1 time, is" in check_tested(FACTS, 1).sentence


@pytest.mark.parametrize(
    ("n_seeds", "bound", "is_passed"), [(1, 3, False), (2, 3, False), (3, 3, True), (10, 3, True), (1, 1, True)]
)
def test_a_configuration_that_was_chosen_by_luck(n_seeds: int, bound: int, is_passed: bool) -> None:
    found = check_seeds(replace(FACTS, n_seeds=n_seeds), GateSettings(min_seeds=bound))
    assert (found.is_passed, found.value, found.bound) == (is_passed, n_seeds, bound)
    assert ("finals=default" in found.sentence) is not is_passed


def test_another_question_and_generated_songs() -> None:
    other = replace(FACTS, label_rule="Streams above_median", label="Streams > 5")
    assert "songpop version 3 answers another question (Streams > 5)" in refused(
        check_question(FACTS, other, "songpop version 3")
    )
    assert check_question(FACTS, FACTS, "v").is_passed
    generated = replace(FACTS, is_generated=True)
    assert "knows real ones (songs.csv)" in refused(check_generated(generated, FACTS, "v"))
    assert all(check_generated(*pair, "v").is_passed for pair in ((FACTS, generated), (generated, generated)))


def comparison(candidate: float, champion: float, n_rows: int = 500, reach: float = 0.0) -> Comparison:
    middle = candidate - champion
    return Comparison(
        n_sealed=920,
        n_rows=n_rows,
        champion_log_loss=champion,
        candidate_log_loss=candidate,
        low=middle - reach,
        high=middle + reach,
    )


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (comparison(0.31, 0.30), "worse than songpop version 3: log loss 0.3100 against 0.3000 on 500 sealed rows"),
        (comparison(math.nan, 0.30), "worse than"),
        (comparison(0.30001, 0.30), "worse than"),  # within the margin, but a chain of such would lead downwards
        (comparison(0.295, 0.30, reach=0.03), "by more than gates.champion_margin (0.02)"),
        (comparison(0.20, 0.30, 99), "only 99 are new to songpop version 3"),
        (comparison(0.20, 0.30, 99), "lower gates.min_comparable_rows"),
        (comparison(math.nan, math.nan, 0), "only 0 are new"),
    ],
)
def test_worse_or_not_comparable(found: Comparison, words: str) -> None:
    assert words in refused(check_comparison(found, "songpop version 3", GateSettings()))


@pytest.mark.parametrize(
    ("found", "settings"),
    [
        (comparison(0.30, 0.30, 100), GateSettings()),
        (comparison(0.10, 0.30), STRICT),
        (comparison(0.295, 0.30, reach=0.02), GateSettings()),  # better on these rows; the luck is within the margin
    ],
)
def test_as_good_or_better(found: Comparison, settings: GateSettings) -> None:
    assert check_comparison(found, "songpop version 3", settings).is_passed


def test_the_same_model_again_is_no_better() -> None:
    found = check_comparison(comparison(0.30, 0.30, reach=0.0), "songpop version 3", STRICT)
    assert found.is_passed
    assert found.sentence.startswith("As good as songpop version 3, and no better: each probability is the same. Log")


def test_strict_lets_no_luck_pass() -> None:
    assert "may be worse" in refused(check_comparison(comparison(0.295, 0.30, reach=0.02), "v", STRICT))


@given(st.lists(st.floats(0.01, 1.0), min_size=1, max_size=30), st.floats(0.0, 1.0), st.floats(0.0, 0.5))
def test_no_chain_of_promotions_leads_downwards(losses: list[float], margin: float, reach: float) -> None:
    settings = GateSettings(champion_margin=margin)
    champion = first = losses[0]
    for loss in losses[1:]:
        if check_comparison(comparison(loss, champion, reach=reach), "v", settings).is_passed:
            champion = loss
    assert champion <= first


def test_all_are_run_and_an_exception_is_a_refusal() -> None:
    def broken() -> Finding:
        raise GateError("`this` must hold, but it does not.")

    def odd() -> Finding:
        raise RuntimeError

    good = Finding(is_passed=True, sentence="Well.", value=1.0, bound=2.0)
    gates = run_gates({"a": lambda: good, "b": broken, "c": odd, "d": lambda: good})
    assert [gate.is_passed for gate in gates] == [True, False, False, True]
    with pytest.raises(
        RefusedError, match=r"`this` must hold, but it does not\. \(2 of 4 gates refused: b, c\.\)"
    ) as told:
        refuse_if_any(gates)
    assert told.value.gates == gates
    refuse_if_any(gates[:1])


def test_an_interruption_is_none() -> None:
    def interrupted() -> Finding:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_gates({"a": interrupted})
