"""Which engine trains, how many processes and slots it has, and how well they were used."""

import math
import os
from collections.abc import Iterator
from contextlib import closing, contextmanager

from songpop.app.records import EngineLoad
from songpop.contracts import Engine, Task
from songpop.engines.pool import PoolEngine
from songpop.models.gpu import has_gpu
from songpop.settings import EngineKind, EngineSettings

# At most. A core trains its slots one after the other; several share the cost of asking for the next (decision 0008).
N_SLOTS = 4
N_SLOTS_GPU = 128
MIN_ROUNDS = 4  # a search that trains everything at once has learnt nothing when it ends


@contextmanager
def started_engine(settings: EngineSettings, task: Task, n_trials: int) -> Iterator[Engine]:
    """Make the engine and let its processes, if it has any, get ready meanwhile; they end with the block.

    Args:
        settings: the group `engine`.
        task: what it trains on.
        n_trials: how many trials are to come.
    """
    engine = build_engine(settings, task, n_trials)
    if not isinstance(engine, PoolEngine):
        yield engine
        return
    with closing(engine):
        if n_trials > 0:
            engine.start()
        yield engine


def build_engine(settings: EngineSettings, task: Task, n_trials: int) -> Engine:
    """Return the engine that the settings name.

    Args:
        settings: the group `engine`.
        task: what it trains on.
        n_trials: how many are to come; a short search gets fewer slots, so that the sampler learns from the first.
    """
    if settings.kind is EngineKind.keras:
        from songpop.engines.keras_fit import KerasEngine  # TensorFlow: the other engines train without it

        return KerasEngine(task)
    n_workers, n_slots = _n_workers(settings), n_slots_of(settings, n_trials)
    if n_workers == 0:
        from songpop.engines.population import InProcessEngine  # the kernels, which only workers need otherwise

        return InProcessEngine(task, n_slots)
    return PoolEngine(task, n_workers=n_workers, n_slots=n_slots, trial_timeout_s=settings.trial_timeout_s)


def n_slots_of(settings: EngineSettings, n_trials: int) -> int:
    """Return how many trials each process of that engine trains at once."""
    if settings.kind is EngineKind.keras:
        return 1
    return settings.n_slots or _n_slots(n_trials, max(_n_workers(settings), 1))


def n_processes(settings: EngineSettings) -> int:
    """Return how many processes train."""
    return 1 if settings.kind is EngineKind.keras else max(_n_workers(settings), 1)


def trains_elsewhere(engine: Engine) -> bool:
    """Say whether other processes train, so that this one may do something else meanwhile."""
    return isinstance(engine, PoolEngine)


def load_of(engine: Engine) -> EngineLoad | None:
    """Return how well a pool's slots were used; None for other engines."""
    if not isinstance(engine, PoolEngine):
        return None
    report = engine.report()
    return EngineLoad(
        occupancy=report.occupancy.share,
        filled_share=report.filled_share,
        n_traces=report.n_traces,
        n_deaths=report.n_deaths,
    )


def _n_workers(settings: EngineSettings) -> int:
    if settings.n_workers is not None:
        return settings.n_workers
    # Several processes would share one GPU's memory, and none needs more than one core beside it.
    return 1 if has_gpu() else len(os.sched_getaffinity(0))


def _n_slots(n_trials: int, n_workers: int) -> int:
    """Return slots with which the last round is as full as the others, if trials are equally long."""
    most = N_SLOTS_GPU if has_gpu() else N_SLOTS
    n_each = math.ceil(n_trials / n_workers)
    n_rounds = max(MIN_ROUNDS, math.ceil(n_each / most))
    return max(1, math.ceil(n_each / n_rounds))
