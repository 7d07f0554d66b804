"""Which rows a spec means; and that engines train on them."""

from dataclasses import replace

import numpy as np
import pytest
from engine_suite import SPEC, run_all, small_task

from songpop.contracts import Engine, Task
from songpop.engines.keras_fit import KerasEngine
from songpop.engines.pool import PoolEngine
from songpop.engines.population import InProcessEngine
from songpop.engines.resamples import task_of


def with_resamples() -> Task:
    """The small task; its resamples are its rows in other parts."""
    task = small_task()
    half = len(task.train.y) // 2
    parts = [(task.train, slice(0, half)), (task.train, slice(half, None))]
    cuts = [replace(part, x=part.x[rows], y=part.y[rows]) for part, rows in parts]
    resamples = (Task(train=cuts[0], validation=cuts[1]), Task(train=cuts[1], validation=cuts[0]))
    return replace(task, resamples=resamples)


def test_none_means_the_tasks_own_parts() -> None:
    task = with_resamples()
    assert task_of(task, SPEC) is task
    assert task_of(task, replace(SPEC, resample=1)) is task.resamples[1]


@pytest.mark.parametrize("number", [-1, 2])
def test_an_unknown_resample_is_a_bug(number: int) -> None:
    with pytest.raises(ValueError, match="has no resample"):
        task_of(with_resamples(), replace(SPEC, resample=number))


@pytest.mark.parametrize("make", [KerasEngine, lambda task: InProcessEngine(task, 4)])
def test_engines_train_on_the_resample_that_a_spec_names(make: object) -> None:
    task = with_resamples()
    specs = [replace(SPEC, trial=n, resample=resample) for n, resample in enumerate((None, 0, 1))]
    together = run_all(make(task), specs)  # type: ignore[operator]
    for spec in specs:
        alone = task_of(task, spec)
        (result,) = run_all(make(alone), [replace(spec, resample=None)]).values()  # type: ignore[operator]
        found = together[spec.trial]
        assert len(found.val_predictions) == len(alone.validation.y)  # type: ignore[arg-type]
        assert found.value == result.value
        assert all(np.array_equal(a, b) for a, b in zip(found.weights or (), result.weights or (), strict=True))


@pytest.mark.slow
def test_workers_train_on_resamples_too() -> None:
    task = with_resamples()
    specs = [replace(SPEC, trial=n, resample=n % 2) for n in range(6)]
    engine: Engine = PoolEngine(task, n_workers=2, n_slots=2, trial_timeout_s=60)
    found, expected = run_all(engine, specs), run_all(InProcessEngine(task, 6), specs)
    assert {n: result.value for n, result in found.items()} == {n: result.value for n, result in expected.items()}


@pytest.mark.parametrize("make", [KerasEngine, lambda task: InProcessEngine(task, 4)])
def test_engines_give_a_network_the_features_that_it_asks_for(make: object) -> None:
    task = replace(small_task(), blocks={"logs": (0, 2), "rates": (2, small_task().train.x.shape[1])})
    specs = [replace(SPEC, trial=n, params=replace(SPEC.params, inputs=i)) for n, i in enumerate(("all", "rates"))]
    together = run_all(make(task), specs)  # type: ignore[operator]
    alone = replace(task, train=replace(task.train, x=np.ascontiguousarray(task.train.x[:, 2:])))
    alone = replace(alone, validation=replace(task.validation, x=np.ascontiguousarray(task.validation.x[:, 2:])))
    (expected,) = run_all(make(alone), [replace(SPEC, trial=1)]).values()  # type: ignore[operator]
    assert together[1].value == expected.value != together[0].value
