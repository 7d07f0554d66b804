"""A CPU's program: one kernel for everything."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from engine_suite import SPEC, small_task, spec_with

from songpop.engines import kernels
from songpop.engines.fused import FusedProgram
from songpop.engines.population import Population


def test_one_kernel_serves_every_signature_in_one_group() -> None:
    population = Population(small_task(), FusedProgram(small_task()))
    others = [spec_with(widths="16-8"), spec_with(activation="gelu"), spec_with(batch_size=33)]
    population.add([SPEC, *(replace(spec, trial=10 + k) for k, spec in enumerate(others))])
    assert [report.trial for report in population.train()] == [3, 10, 11, 12]
    assert (population.n_traces, population.filled_share) == (0, 1.0)
    assert len(kernels.train_steps.signatures) == len(kernels.predict.signatures) == 1  # type: ignore[attr-defined]


def test_rows_that_cannot_be_written_to_are_copied() -> None:
    task = small_task()
    for array in (task.train.x, task.train.y, task.validation.x):
        array.flags.writeable = False
    population = Population(task, FusedProgram(task))
    population.add([SPEC])
    assert len(population.train()) == 1


@pytest.mark.parametrize("cut", [{"x": np.s_[:, 1:]}, {"y": np.s_[:-1]}])
def test_shapes_that_do_not_fit_are_refused(cut: dict[str, Any]) -> None:
    task = small_task()
    train = replace(task.train, **{name: getattr(task.train, name)[part] for name, part in cut.items()})
    with pytest.raises(ValueError, match="must fit together"):
        FusedProgram(replace(task, train=train))
