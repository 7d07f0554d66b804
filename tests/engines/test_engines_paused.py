from dataclasses import dataclass, replace
from typing import Any

import pytest
from engine_suite import SPEC

from songpop.contracts import TrialSpec
from songpop.engines.life import TrialLife
from songpop.engines.paused import PausedTrials

PAUSED = replace(SPEC, trial=0, pause_at=2)
GOING_ON = replace(SPEC, trial=9, goes_on_from=0)


@dataclass(frozen=True)
class State:
    life: TrialLife


def kept(*specs: TrialSpec, n_kept: int = 10) -> PausedTrials[State]:
    paused = PausedTrials[State](n_kept)
    paused.put({spec.trial: State(TrialLife(spec)) for spec in specs})
    return paused


def test_a_state_is_taken_once() -> None:
    paused = kept(PAUSED)
    found = paused.take(GOING_ON)
    assert found is not None
    assert found.life.spec == PAUSED
    assert paused.take(GOING_ON) is None


def test_who_begins_takes_none() -> None:
    paused = kept(PAUSED)
    assert paused.take_all([replace(SPEC, trial=1), GOING_ON]).keys() == {9}


def test_only_the_latest_are_kept() -> None:
    paused = kept(*(replace(PAUSED, trial=trial) for trial in range(5)), n_kept=2)
    going_on = [replace(SPEC, trial=10 + trial, goes_on_from=trial) for trial in range(5)]
    assert paused.take_all(going_on).keys() == {13, 14}


@pytest.mark.parametrize(
    "other",
    [
        {"seed": 5},
        {"n_epochs": 30},
        {"patience": 2},
        {"watch": "val_loss"},
        {"resample": 1},
        {"params": replace(SPEC.params, l2=0.5)},
        {"pause_at": 2},
    ],
    ids=lambda other: next(iter(other)),
)
def test_the_state_of_another_training_is_none_to_go_on_from(other: dict[str, Any]) -> None:
    assert kept(PAUSED).take(replace(GOING_ON, **other)) is None
