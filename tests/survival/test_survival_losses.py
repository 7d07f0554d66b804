"""Learning rates that explode, really: NaN and infinite losses are failed trials, and never win or are promoted."""

from pathlib import Path

import pytest
from children import LEAN
from small_sweeps import assert_sound, opened_store, parent_of

from songpop.cli import run
from songpop.tracking.sweeps import children


@pytest.mark.slow
def test_losses_that_are_no_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    lean = [word for word in LEAN if not word.startswith(("engine.", "space="))]
    words = [*lean, "engine.n_workers=0", "train.epochs=3", "optimizer=sgd", "search.n_trials=6"]
    assert run([*words, "optimizer.learning_rate=1e30"]) == 4
    assert "of 6 trials 0 were pruned and 6 failed" in capsys.readouterr().err
    root = tmp_path / "mlruns"
    store = opened_store(root)
    assert parent_of(store).info.status == "FAILED"
    assert {run.info.status for run in children(store, parent_of(store).info.run_id)} == {"FAILED"}
    assert run(["promote"]) == 4
    assert "has no finished model to promote" in capsys.readouterr().err
    assert_sound(root, n_trials=6)
