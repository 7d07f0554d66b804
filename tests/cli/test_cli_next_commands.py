"""After a sweep nothing is proposed that the default gates must refuse; what would help is."""

from dataclasses import replace

from outcomes import LEAKY, SWEEP

from songpop.cli.hints import Hints
from songpop.cli.next_commands import after_sweep, finals_advice

HINTS = Hints()
assert SWEEP.finals is not None
FEW = replace(SWEEP, finals=replace(SWEEP.finals, n_resamples=2))
NONE = replace(SWEEP, finals=None)


def names(outcome: object) -> list[str]:
    return [command.split()[1] for command in after_sweep(outcome, HINTS)]


def test_with_finals_the_winner_can_be_promoted() -> None:
    assert names(SWEEP) == ["ui", "promote", "predict"]
    assert finals_advice(SWEEP) is None


def test_without_enough_seeds_finals_come_first() -> None:
    assert names(NONE) == names(FEW) == ["ui"]
    told = finals_advice(NONE)
    assert told is not None
    assert "chosen by 1 seed, and by default promote asks for 3 (gates.min_seeds)" in told
    assert "the same sweep command with finals=default holds" in told
    assert "chosen by 2 seeds" in str(finals_advice(FEW))
    assert "finals.n_seeds=3 or more" in str(finals_advice(FEW))


def test_the_gates_of_the_published_protocol_ask_for_one_seed() -> None:
    assert names(replace(LEAKY, finals=None)) == ["ui", "promote", "predict"]
    assert finals_advice(replace(LEAKY, finals=None)) is None
