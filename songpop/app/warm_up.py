"""What can begin before the heavy imports: the processes that will train, on another core."""

from songpop.engines.nursery import warm_up as start_server
from songpop.settings import EngineKind, EngineSettings


def has_workers(settings: EngineSettings) -> bool:
    """Say whether these settings train in other processes, so that there is a server that starts them."""
    return settings.kind is EngineKind.population and settings.n_workers != 0


def warm_up(settings: EngineSettings) -> None:
    """Let the workers' server import the kernels, or compile them, while this process reads the table."""
    if has_workers(settings):
        start_server()
