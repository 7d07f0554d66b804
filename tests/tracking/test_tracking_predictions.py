"""Validation predictions beside a sweep: what is kept comes back; damage costs those trials only."""

from pathlib import Path

import numpy as np
import pytest

from songpop.settings import TrackingSettings
from songpop.tracking.predictions import FOLDER, load_predictions, predictions_file
from songpop.tracking.runs import start_sweep
from songpop.tracking.store import Store, open_store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(TrackingSettings(), tmp_path)


def test_what_is_kept_comes_back(store: Store) -> None:
    run = start_sweep(store, "s")
    assert load_predictions(store, run.run_id) == ({}, 0)
    kept = {trial: np.full(5, trial / 10, dtype=np.float32) for trial in range(4)}
    run.write(predictions_file({0: kept[0], 2: kept[2]}))
    run.write(predictions_file({}))
    run.write(predictions_file({3: kept[3], 1: kept[1]}))
    found, n_damaged = load_predictions(store, run.run_id)
    assert n_damaged == 0
    assert sorted(found) == [0, 1, 2, 3]
    assert all(np.array_equal(found[trial], kept[trial]) for trial in kept)


def test_a_damaged_file_is_counted_and_the_others_stand(store: Store) -> None:
    run = start_sweep(store, "s")
    run.write(predictions_file({0: np.zeros(5, np.float32)}))
    run.write({f"{FOLDER}/trial-00007.npz": b"PK torn"})
    found, n_damaged = load_predictions(store, run.run_id)
    assert (list(found), n_damaged) == ([0], 1)
