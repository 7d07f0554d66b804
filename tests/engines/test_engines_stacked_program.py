"""Stacks: what is traced, whose turn it is, what is filled up. What they compute is tested beside the kernel's."""

from dataclasses import replace

from engine_suite import SPEC, small_task, spec_with

from songpop.contracts import TrialSpec
from songpop.engines.population import Population
from songpop.engines.stacked_program import StackedProgram


def stacked() -> Population:
    return Population(small_task(), StackedProgram(small_task(), is_compiled=False))


def traces_after(population: Population, *specs: TrialSpec) -> int:
    population.add(list(specs))
    population.train()
    population.settle(frozenset())
    return population.n_traces


def test_nothing_is_traced_for_a_trial_whose_signature_is_known() -> None:
    population = stacked()
    for number in range(6):
        specs = [replace(SPEC, trial=number, n_epochs=1, seed=number)] * (1 if number else 3)
        assert traces_after(population, *specs) == 2  # one to train, one to measure
    # The batch is an axis of free length.
    assert traces_after(population, replace(spec_with(batch_size=32), trial=9, n_epochs=1)) == 2
    assert traces_after(population, replace(spec_with(widths="4-4"), trial=9, n_epochs=1)) == 4


def test_stacks_take_turns_an_epoch_at_a_time() -> None:
    population = stacked()
    population.add([SPEC, replace(spec_with(widths="16-8"), trial=7), replace(spec_with(batch_size=33), trial=8)])
    turns = []
    for _ in range(6):
        turns.append([report.trial for report in population.train()])
        population.settle(frozenset())
    assert turns == [[3], [7], [8]] * 2
    population = stacked()
    population.add([SPEC, replace(SPEC, trial=1), replace(SPEC, trial=2)])
    population.train()
    assert population.filled_share == 3 / 4  # a stack of three is computed as one of four
