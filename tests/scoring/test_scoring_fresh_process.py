"""A model file is tried in a process that has no songpop, and whatever goes wrong there is one sentence."""

import os
from pathlib import Path

import numpy as np
import pytest

from songpop.errors import ArtifactError
from songpop.scoring.fresh_process import predict_elsewhere

ROWS = np.array([[1.0, 2.0, 0.0, 30.0], [np.nan] * 4], dtype=np.float32)


@pytest.mark.slow
def test_what_needs_songpop_does_not_load(tmp_path: Path) -> None:
    """A layer of a class that only songpop has: the answer here is fine, there it is refused."""
    from songpop.models.runtime import keras

    @keras.saving.register_keras_serializable(package="songpop")
    class Ours(keras.layers.Layer):  # type: ignore[misc]
        def call(self, rows: object) -> object:
            return rows

    inputs = keras.Input((4,))
    keras.Model(inputs, keras.layers.Dense(1)(Ours()(inputs))).save(tmp_path / "model.keras")
    with pytest.raises(ArtifactError, match=r"must load in safe mode in a process without songpop.*Ours"):
        predict_elsewhere(tmp_path / "model.keras", ROWS, 120.0)


def test_a_process_that_takes_too_long(model_template: Path) -> None:
    with pytest.raises(ArtifactError, match=r"within gates.fresh_process_timeout_s \(0.01 s\)"):
        predict_elsewhere(model_template / "model.keras", ROWS, 0.01)


@pytest.mark.slow
def test_the_folder_and_the_path_of_the_caller_do_not_count(
    model_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "keras.py").write_text("raise SystemExit('the wrong keras')")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}{os.pathsep}{os.environ.get('PYTHONPATH', '')}")
    told = predict_elsewhere(model_template / "model.keras", ROWS, 120.0)
    assert told.shape == (2,)
    assert np.isfinite(told).all()
