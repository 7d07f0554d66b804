"""A sweep with the blocks that need columns of their own, from table to ranking, and trained again from its record."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from quick import QUICK

import songpop
from songpop.replay.verdicts import Verdict

BLOCKS = ["rates", "ages", "calendar", "names"]


@pytest.mark.slow
def test_from_table_to_ranking_and_back(songs: pd.DataFrame, tmp_path: Path) -> None:
    root = str(tmp_path / "mlruns")
    found = songpop.sweep(
        songs, **QUICK, paths__root=root, features__extra=BLOCKS, model__inputs="names+calendar+rates"
    )
    assert found.champion is not None
    assert found.champion.test["roc_auc"] > 0.7
    # Among the gates: a process without songpop gives the same probabilities.
    # Not among them: how fast this machine is just now, and how well an epoch or three teach.
    latencies = {"gates__latency_1_ms": 60_000.0, "gates__latency_1000_ms": 60_000.0}
    songpop.promote(paths__root=root, gates__baselines=[], gates__calibration=1.0, **latencies)
    few = songs.head(40)
    known, strange = (
        songpop.predict(one, paths__root=root, order="given") for one in (few, few.assign(Artist="Nobody"))
    )
    assert not np.allclose(known["probability"], strange["probability"], atol=1e-6)
    again = songpop.reproduce(songs, paths__root=root)
    assert [replay.verdict for replay in again.replays] == [Verdict.SAME] * again.n_runs
