import subprocess
import sys

import numpy as np
import pytest

from songpop.app.engines import build_engine, load_of, n_slots_of
from songpop.contracts import Part, Task
from songpop.engines.keras_fit import KerasEngine
from songpop.engines.pool import PoolEngine
from songpop.engines.population import InProcessEngine
from songpop.settings import EngineKind, EngineSettings

PART = Part(x=np.zeros((4, 2), np.float32), y=np.zeros(4, np.float32))
TASK = Task(train=PART, validation=PART)


@pytest.mark.parametrize(
    ("settings", "kind"),
    [
        (EngineSettings(), PoolEngine),
        (EngineSettings(n_workers=0), InProcessEngine),
        (EngineSettings(kind=EngineKind.keras), KerasEngine),
    ],
)
def test_the_settings_name_the_engine(settings: EngineSettings, kind: type) -> None:
    assert isinstance(build_engine(settings, TASK, 30), kind)


@pytest.mark.parametrize(("n_trials", "n_slots"), [(1, 1), (8, 1), (30, 4), (120, 4), (200, 4), (10_000, 4)])
def test_a_short_search_gets_fewer_slots(n_trials: int, n_slots: int) -> None:
    engine = build_engine(EngineSettings(n_workers=2), TASK, n_trials)
    assert isinstance(engine, PoolEngine)
    assert engine._slots._n_slots == n_slots == n_slots_of(EngineSettings(n_workers=2), n_trials)
    engine = build_engine(EngineSettings(n_workers=2, n_slots=7), TASK, n_trials)
    assert isinstance(engine, PoolEngine)
    assert engine._slots._n_slots == 7


def test_the_number_of_slots_is_known_without_an_engine() -> None:
    assert n_slots_of(EngineSettings(n_workers=0), 30) == 4
    assert n_slots_of(EngineSettings(n_slots=9), 30) == 9
    assert n_slots_of(EngineSettings(kind=EngineKind.keras, n_slots=9), 30) == 1


def test_only_a_pool_has_a_load() -> None:
    assert load_of(KerasEngine(TASK)) is None
    load = load_of(build_engine(EngineSettings(n_workers=2), TASK, 30))
    assert load is not None
    assert (load.occupancy, load.n_traces, load.n_deaths) == (0.0, 0, 0)


def test_what_joins_a_sweep_loads_nothing_heavy() -> None:
    """Kernels are the workers' business, twenty seconds where they must be compiled; so are the guard's models."""
    code = (
        "import sys\nimport songpop.app.sweep, songpop.search.study_backend\n"
        "print({'songpop.engines.kernels', 'tensorflow', 'sklearn', 'scipy.stats'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
