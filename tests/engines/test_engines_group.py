"""A trial's result depends on its spec and the data: not on neighbours, seats, refills, or how an epoch is cut."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from engine_suite import COCKTAIL, SPEC, run_all, same, small_task, spec_with

from songpop.contracts import Params, TrialResult, TrialSpec, TrialState
from songpop.engines import fused as fused_program
from songpop.engines import stacked_program
from songpop.engines.fused import FusedProgram
from songpop.engines.population import InProcessEngine
from songpop.engines.program import Program
from songpop.engines.stacked_program import StackedProgram

# Unequal in everything that varies from slot to slot.
OTHERS = [
    replace(spec_with(optimizer="sgd", momentum=0.9), trial=0),
    replace(spec_with(optimizer="nadam", regularization="l1_l2", dropout_first=0.0), trial=1, n_epochs=2),
    replace(spec_with(schedule="plateau", learning_rate=0.1), trial=2, patience=1, n_epochs=9),
    replace(spec_with(optimizer="adamw", weight_decay=0.1, first_regularized=1), trial=4, n_epochs=1),
    replace(spec_with(optimizer="rmsprop", schedule="cosine"), trial=5, seed=9),
    replace(spec_with(dropout_first=0.9), trial=6, n_epochs=7),
    replace(spec_with(widths="16-8"), trial=7),  # another signature: in turns with the others
    replace(spec_with(batch_size=33), trial=8),
    replace(spec_with(**COCKTAIL), trial=9),
    replace(spec_with(optimizer="adamw", batch_size=33, **COCKTAIL), trial=10),
]


def fused() -> Program:
    return FusedProgram(small_task())


def stacked() -> Program:
    return StackedProgram(small_task(), is_compiled=False)


PROGRAMS = pytest.mark.parametrize("program", [fused, stacked])


def run(program: Callable[[], Program], n_slots: int, specs: list[TrialSpec]) -> dict[int, TrialResult]:
    return run_all(InProcessEngine(small_task(), n_slots, program()), specs)


@PROGRAMS
def test_alone_among_others_and_after_a_refill(program: Callable[[], Program]) -> None:
    specs = [*OTHERS, SPEC]
    alone = {spec.trial: run(program, 1, [spec])[spec.trial] for spec in specs}
    together = run(program, 16, specs)
    refilled = run(program, 3, specs[::-1])
    for trial, result in alone.items():
        assert same(result, together[trial])
        assert same(result, refilled[trial])


@PROGRAMS
@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_a_trial_that_diverges_fails_alone(program: Callable[[], Program], activation: str) -> None:
    bad = replace(spec_with(optimizer="sgd", learning_rate=1e30, activation=activation), trial=99)
    together = run(program, 8, [OTHERS[0], bad, SPEC])
    assert together[99].state is TrialState.FAILED
    for spec in (OTHERS[0], SPEC):
        assert same(run(program, 8, [spec])[spec.trial], together[spec.trial])


@PROGRAMS
def test_it_does_not_matter_how_an_epoch_is_cut(
    program: Callable[[], Program], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A million rows are trained in many calls and measured in pieces."""
    specs = [OTHERS[0], SPEC, OTHERS[-1]]
    whole = run(program, 4, specs)
    monkeypatch.setattr(fused_program, "_MAX_CALL_ROWS", 1)
    monkeypatch.setattr(stacked_program, "_MAX_CALL_BYTES", 1)
    monkeypatch.setattr(stacked_program, "_PREDICT_CELLS", 1)
    cut = run(program, 4, specs)
    for k in whole:
        assert cut[k].metrics == whole[k].metrics
        np.testing.assert_array_equal(cut[k].val_predictions, whole[k].val_predictions)
        values = [[r.metrics["val_log_loss"] for r in one[k].history] for one in (cut, whole)]
        assert values[0] == values[1]


def test_both_programs_train_the_same() -> None:
    """Dropout, penalties, short batches: one epoch, so that rounding has not grown."""
    specs = [replace(spec, n_epochs=1) for spec in [*OTHERS, SPEC]]
    one, other = run(fused, 16, specs), run(stacked, 16, specs)
    for spec in specs:
        a, b = one[spec.trial].history[0].metrics, other[spec.trial].history[0].metrics
        assert a["loss"] == pytest.approx(b["loss"], abs=1e-5)
        assert a["val_loss"] == pytest.approx(b["val_loss"], abs=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize(
    "drawn",
    [
        {"dropout_first": 0.4, "dropout_later": 0.2},
        {"dropout_input": 0.3, "input_noise": 0.5},
        {"input_noise": 1.0, "mixup": 0.4, "label_smoothing": 0.1},
    ],
    ids=str,
)
def test_with_what_is_drawn_the_means_over_seeds_are_keras_means(drawn: dict[str, float]) -> None:
    from songpop.engines.keras_fit import KerasEngine

    params = Params(widths="32-16", learning_rate=3e-3, batch_size=32, **drawn)
    specs = [TrialSpec(trial=k, params=params, seed=k, n_epochs=8, patience=None) for k in range(20)]
    values = []
    for engine in (InProcessEngine(small_task(), 20), KerasEngine(small_task())):
        results = run_all(engine, specs)
        values.append(
            np.array([[results[k].metrics["val_log_loss"], results[k].history[-1].metrics["loss"]] for k in range(20)])
        )
    spread = np.sqrt((values[0].var(axis=0, ddof=1) + values[1].var(axis=0, ddof=1)) / 20)
    assert (np.abs(values[0].mean(axis=0) - values[1].mean(axis=0)) < 2.5 * spread).all()
