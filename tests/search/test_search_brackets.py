from typing import Any

import pytest
from search_fakes import SPACE

from songpop.search.advice import Round
from songpop.search.brackets import Brackets
from songpop.search.kerastuner_runtime import keras_tuner
from songpop.search.kerastuner_space import hyperparameters


def oracle_of(n_epochs: int = 9) -> Any:
    objective = keras_tuner.Objective("val_log_loss", "min")
    return keras_tuner.oracles.HyperbandOracle(
        objective, max_epochs=n_epochs, hyperband_iterations=0, seed=1, hyperparameters=hyperparameters(SPACE)
    )


def place(**changed: int | None) -> Round:
    values: dict[str, Any] = {"iteration": 0, "bracket": 2, "number": 0, "pause_at": 1, "goes_on_from": None}
    return Round(reduction_factor=3, **{**values, **changed})


def test_what_the_oracle_suggests_has_its_place() -> None:
    oracle = oracle_of()
    answer = oracle.populate_space("0")
    assert Brackets(oracle, 3).round_of(0, answer["values"]) == place()


def test_what_was_noted_is_told_to_the_oracle_once() -> None:
    oracle = oracle_of()
    brackets = Brackets(oracle, 3)
    brackets.restore()
    assert oracle.get_state()["brackets"] == [{"bracket_num": 2, "rounds": [[], [], []]}]
    brackets.note(0, place())
    brackets.note(4, place())
    brackets.note(5, place(number=1, pause_at=3, goes_on_from=4))
    brackets.note(6, place(bracket=1, pause_at=3))
    brackets.note(7, place(bracket=1, pause_at=3, iteration=1))
    brackets.restore()
    state = oracle.get_state()
    assert (state["current_iteration"], state["current_bracket"]) == (1, 1)
    assert [bracket["bracket_num"] for bracket in state["brackets"]] == [2, 1, 1]
    first, second, third = (bracket["rounds"] for bracket in state["brackets"])
    assert first == [[{"past_id": None, "id": "0"}, {"past_id": None, "id": "4"}], [{"past_id": "4", "id": "5"}], []]
    assert (second, third) == ([[{"past_id": None, "id": "6"}], []], [[{"past_id": None, "id": "7"}], []])


def test_places_of_another_factor_are_left_out() -> None:
    oracle = oracle_of()
    brackets = Brackets(oracle, 2)
    brackets.note(0, place())
    brackets.restore()
    assert oracle.get_state()["brackets"] == [{"bracket_num": 2, "rounds": [[], [], []]}]


def test_a_trial_that_the_oracle_does_not_know_is_an_error() -> None:
    with pytest.raises(KeyError, match="trial 9 must be in a first round"):
        Brackets(oracle_of(), 3).round_of(9, {"tuner/round": 0, "tuner/epochs": 1})
