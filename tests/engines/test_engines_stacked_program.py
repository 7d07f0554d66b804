"""Stacks: what is traced, whose turn it is, what is filled up. What they compute is tested beside the kernel's."""

from dataclasses import fields, replace

import pytest
from engine_suite import COCKTAIL, PARAMS, SPEC, run_all, same, small_task, spec_with

from songpop.contracts import Params, TrialSpec
from songpop.engines import stacked_program
from songpop.engines.fused import FusedProgram
from songpop.engines.population import InProcessEngine, Population
from songpop.engines.stacked_program import StackedProgram
from songpop.space.legal import OF_PART


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


@pytest.mark.parametrize("name", COCKTAIL)
def test_what_a_stack_lacks_is_trained_by_the_kernel_to_the_last_bit(name: str) -> None:
    """Beside a trial that the stack serves, and of the same signature."""
    asking = replace(spec_with(**{name: COCKTAIL[name]}), trial=7)
    program = StackedProgram(small_task(), is_compiled=False)
    assert program.serves(SPEC.params)
    assert not program.serves(asking.params)
    together = run_all(InProcessEngine(small_task(), 4, program), [SPEC, asking])
    kernel, stack = (
        run_all(InProcessEngine(small_task(), 4, make(small_task())), [spec])[spec.trial]
        for make, spec in ((FusedProgram, asking), (lambda task: StackedProgram(task, is_compiled=False), SPEC))
    )
    assert same(kernel, together[7])
    assert same(stack, together[3])


def test_a_parameter_that_nobody_taught_the_stack_is_not_served() -> None:
    """Whatever field is added to `Params`: only those that are named are the stack's."""
    program = StackedProgram(small_task(), is_compiled=False)
    unknown = {field.name for field in fields(Params)} - stacked_program._KNOWN
    assert unknown == {*COCKTAIL, *OF_PART}
    assert {field.name for field in fields(Params)} >= stacked_program._KNOWN
    assert program.serves(replace(PARAMS, optimizer="sgd", momentum=0.5, schedule="step", dropout_first=0.2))
