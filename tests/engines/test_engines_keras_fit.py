from dataclasses import replace

import numpy as np
import pytest
from engine_suite import N_FEATURES, N_ROWS, SPEC, EngineSuite, small_task, spec_with

from songpop.contracts import Engine, Task
from songpop.engines.keras_fit import KerasEngine
from songpop.models.mlp import build_network
from songpop.models.optimizers import build_optimizer
from songpop.models.runtime import keras


class TestKerasEngine(EngineSuite):
    fresh_process = (
        "import json\nfrom engine_suite import SPEC, history_of, run_all, small_task\n"
        "from songpop.engines.keras_fit import KerasEngine\n"
        "print(json.dumps(history_of(run_all(KerasEngine(small_task()), [SPEC])[3])))"
    )

    def make_engine(self, task: Task) -> Engine:
        return KerasEngine(task)

    def test_it_is_what_keras_does_with_arrays(self) -> None:
        """One batch per epoch and no dropout leave no randomness but the initial weights."""
        spec = spec_with(
            replace(SPEC, n_epochs=3, watch="val_loss"), batch_size=N_ROWS, dropout_first=0.0, dropout_later=0.0
        )
        history, task = self.run_one(spec).history, small_task()
        network = build_network(spec.params, N_FEATURES, spec.seed)
        network.compile(build_optimizer(spec.params), "binary_crossentropy", metrics=["accuracy"])
        plain = network.fit(
            task.train.x,
            task.train.y[:, None],
            batch_size=N_ROWS,
            epochs=3,
            verbose=0,
            validation_data=(task.validation.x, task.validation.y[:, None]),
        ).history
        for name in ("loss", "val_loss", "val_accuracy"):
            assert [r.metrics[name] for r in history] == pytest.approx(plain[name], rel=1e-4)

    def test_its_averages_are_those_that_keras_ends_with(self) -> None:
        """`fit` gives the network the optimizer's averages when it is done."""
        spec = spec_with(replace(SPEC, n_epochs=5), weight_average=0.7, clip_norm=0.1, label_smoothing=0.1)
        spec = spec_with(spec, batch_size=N_ROWS, dropout_first=0.0, dropout_later=0.0)
        result, task = self.run_one(spec), small_task()
        network = build_network(spec.params, N_FEATURES, spec.seed)
        loss = keras.losses.BinaryCrossentropy(label_smoothing=0.1)
        optimizer = keras.optimizers.Adam(1e-2, use_ema=True, ema_momentum=0.7, global_clipnorm=0.1)
        network.compile(optimizer, loss)
        history = network.fit(task.train.x, task.train.y[:, None], batch_size=N_ROWS, epochs=5, verbose=0).history
        assert [r.metrics["loss"] for r in result.history] == pytest.approx(history["loss"], rel=1e-4)
        assert result.weights is not None
        for mine, theirs in zip(result.weights, network.get_weights(), strict=True):
            np.testing.assert_allclose(mine, theirs, atol=1e-5)
