"""What can begin before the heavy imports: the processes that will train, on another core."""

from songpop.engines.nursery import warm_up as start_server
from songpop.settings import EngineKind, EngineSettings


def warm_up(settings: EngineSettings) -> None:
    """Let the workers' server import the kernels, or compile them, while this process reads the table."""
    if settings.kind is EngineKind.population and settings.n_workers != 0:
        start_server()
