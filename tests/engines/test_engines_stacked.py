"""The stacked functions as a GPU runs them: compiled."""

from dataclasses import replace

import pytest
from engine_suite import SPEC, run_all, small_task, spec_with

from songpop.contracts import TrialSpec
from songpop.engines.fused import FusedProgram
from songpop.engines.population import InProcessEngine
from songpop.engines.stacked_program import StackedProgram
from songpop.models.gpu import has_gpu


@pytest.mark.slow
@pytest.mark.parametrize("spec", [SPEC, spec_with(dropout_first=0.0)])
def test_the_same_functions_run_compiled_as_on_a_gpu(spec: TrialSpec) -> None:
    task = small_task()
    plain, compiled = (
        run_all(InProcessEngine(task, 2, StackedProgram(task, is_compiled=is_compiled)), [spec])[spec.trial]
        for is_compiled in (False, True)
    )
    for name, value in plain.history[0].metrics.items():
        assert compiled.history[0].metrics[name] == pytest.approx(value, abs=1e-4)


@pytest.mark.skipif(not has_gpu(), reason="no GPU")
def test_a_gpu_trains_what_a_cpu_trains() -> None:
    on_gpu = run_all(InProcessEngine(small_task(), 64), [replace(SPEC, trial=k, seed=k) for k in range(64)])
    spec = replace(SPEC, trial=7, seed=7)
    on_cpu = run_all(InProcessEngine(small_task(), 1, FusedProgram(small_task())), [spec])
    assert on_gpu[7].value == pytest.approx(on_cpu[7].value, abs=1e-4)
