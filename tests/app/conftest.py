"""One finished sweep for all files of this folder: training one costs seconds, copying its store nothing."""

from pathlib import Path

import pandas as pd
import pytest
from copies import copied
from quick import QUICK, sweep_settings

import songpop
from songpop.app.listener import Silence
from songpop.app.prepare import Ground, prepare_ground
from songpop.app.records import SweepOutcome
from songpop.data.sample import generate_songs


@pytest.fixture(scope="session")
def songs() -> pd.DataFrame:
    return generate_songs(n_rows=800, seed=5)


@pytest.fixture(scope="session")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("mlruns")


@pytest.fixture(scope="session")
def outcome(songs: pd.DataFrame, root: Path) -> SweepOutcome:
    """A finished sweep on all columns, by worker processes; nobody writes to its store (`own_root` is a copy)."""
    return songpop.sweep(songs, **{**QUICK, "engine__n_workers": None}, paths__root=str(root))


@pytest.fixture
def own_root(root: Path, outcome: SweepOutcome, tmp_path: Path) -> Path:
    """The folder of that sweep, for a test that writes to it."""
    return copied(root, tmp_path / "mlruns")


@pytest.fixture(scope="session")
def champion_root(root: Path, outcome: SweepOutcome, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of that sweep once its model is champion; nobody writes to it either."""
    copy = copied(root, tmp_path_factory.mktemp("champion") / "mlruns")
    # Three epochs beat nobody, and other tests beside take the time.
    patient = {"gates__latency_1_ms": 60_000.0, "gates__latency_1000_ms": 60_000.0}
    songpop.promote(paths__root=str(copy), gates__baselines=[], gates__calibration=1.0, **patient)
    return copy


@pytest.fixture(scope="session")
def ground(songs: pd.DataFrame) -> Ground:
    """The same songs by four columns, cut into parts."""
    return prepare_ground(sweep_settings(), songs, Silence())
