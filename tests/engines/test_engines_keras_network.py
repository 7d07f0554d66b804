from dataclasses import replace

import numpy as np
import pytest
from engine_suite import N_FEATURES, N_ROWS, SPEC, small_task, spec_with

from songpop.engines.batch_order import epoch_order
from songpop.engines.keras_network import batches, compiled, n_steps
from songpop.models.runtime import keras


@pytest.mark.parametrize(("n_before", "pause_at", "epochs"), [(0, None, range(4)), (1, 3, range(1, 3))])
def test_every_epoch_has_each_row_once_in_the_trial_s_order(n_before: int, pause_at: int | None, epochs: range) -> None:
    train, spec = small_task().train, replace(SPEC, pause_at=pause_at)
    found = [(x.numpy(), y.numpy()) for x, y in batches(train, spec, n_before)]
    assert len(found) == len(epochs) * n_steps(spec, train)
    for place, epoch in enumerate(epochs):
        part = found[place * n_steps(spec, train) :][: n_steps(spec, train)]
        order = epoch_order(spec.seed, epoch, N_ROWS)
        np.testing.assert_array_equal(np.concatenate([x for x, _ in part]), train.x[order])
        np.testing.assert_array_equal(np.concatenate([y for _, y in part])[:, 0], train.y[order])


def test_mixed_rows_lie_between_two() -> None:
    train = small_task().train
    x, y = next(iter(batches(train, spec_with(mixup=0.4), 0)))
    assert x.shape == (64, N_FEATURES)
    assert set(np.unique(np.round(y.numpy(), 6))) - {0.0, 1.0}


def test_metrics_are_measured_beside_the_loss() -> None:
    network = compiled(SPEC, small_task(), [keras.metrics.BinaryAccuracy(name="accuracy")])
    task = small_task()
    found = network.evaluate(task.validation.x, task.validation.y, return_dict=True, verbose=0)
    assert set(found) == {"loss", "accuracy"}
