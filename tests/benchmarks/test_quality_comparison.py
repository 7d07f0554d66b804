import math

import numpy as np
import pytest
from comparison import Answer, grouped, lines_of, paired_tests

from songpop.evaluation.resampled import paired_p_value

N = 200


def answer(method: str, seed: int, noise: float, split: str = "stratified") -> Answer:
    """Return an answer that is the worse the larger `noise` is; the test rows of two seeds overlap."""
    rows = np.arange(50 * (seed % 10), 50 * (seed % 10) + N)
    truth = np.random.default_rng(0).integers(0, 2, size=1_000).astype(np.int8)[rows]
    draw = np.random.default_rng([seed, len(method)]).normal(size=N)
    return Answer(
        method=method, split=split, seed=seed, row_keys=rows.astype(np.uint64), label=truth,
        probability=1 / (1 + np.exp(-(4.0 * truth - 2.0 + noise * draw))), test_ratio=0.25, seconds=1.0,
    )  # fmt: skip


@pytest.fixture
def answers() -> list[Answer]:
    noises = {"songpop": 0.5, "twin": 0.5, "worse": 3.0}
    return [answer(method, seed, noise) for method, noise in noises.items() for seed in range(5)]


def test_untouched_seeds_are_a_group_of_their_own() -> None:
    found = grouped([answer("a", 1000, 1.0), answer("a", 0, 1.0), answer("a", 0, 1.0, "by_artist")], "songpop")
    assert list(found) == ["by_artist", "stratified", "stratified, untouched"]


def test_peers_that_were_told_the_rates_are_another_question() -> None:
    told = [answer(method, 0, 1.0) for method in ("songpop", "a", "a_rates", "b_only_rates")]
    found = grouped([*told, answer("songpop", 1000, 1.0), answer("a", 1000, 1.0)], "songpop")
    assert {group: {one.method for one in members} for group, members in found.items()} == {
        "stratified": {"songpop", "a"},
        "stratified, peers told songpop's rates": {"songpop", "a_rates", "b_only_rates"},
        "stratified, untouched": {"songpop", "a"},
    }


def test_lines_are_in_the_order_of_their_log_loss(answers: list[Answer]) -> None:
    lines = lines_of(answers)
    assert [line.seeds for line in lines] == [(0, 1, 2, 3, 4)] * 3
    assert lines[-1].method == "worse"
    for line in lines:
        assert line.metrics["log_loss"].mean == pytest.approx(np.mean(line.values["log_loss"]))
        assert line.metrics["log_loss"].low < line.metrics["log_loss"].mean < line.metrics["log_loss"].high


def test_the_worse_peer_is_found_and_the_twin_is_not(answers: list[Answer]) -> None:
    tests = {test.peer: test for test in paired_tests(answers, "songpop")}
    assert list(tests) == ["twin", "worse"]
    assert tests["worse"].verdict == "better"
    assert tests["worse"].rows.high < 0
    assert tests["worse"].rows.n == N + 4 * 50  # a row in several test parts counts once
    assert tests["twin"].verdict == "not told apart"


def test_p_values_are_corrected_for_the_number_of_peers(answers: list[Answer]) -> None:
    values = {line.method: line.values["log_loss"] for line in lines_of(answers)}
    raw = paired_p_value(values["songpop"], values["worse"], 0.25)
    found = next(test for test in paired_tests(answers, "songpop") if test.peer == "worse")
    assert found.p_value["log_loss"] == pytest.approx(2 * raw)


def test_only_shared_splits_are_compared(answers: list[Answer]) -> None:
    some = [one for one in answers if one.method == "songpop" or one.seed < 2]
    assert [test.n_splits for test in paired_tests(some, "songpop")] == [2, 2]
    assert paired_tests([one for one in answers if one.method != "songpop"], "songpop") == []


def test_one_split_alone_is_judged_by_its_rows(answers: list[Answer]) -> None:
    tests = {test.peer: test for test in paired_tests([one for one in answers if one.seed == 0], "songpop")}
    assert math.isnan(tests["worse"].p_value["log_loss"])
    assert tests["worse"].verdict == "better"
