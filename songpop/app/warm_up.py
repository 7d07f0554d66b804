"""What can begin before the heavy imports: the processes that will train, on another core."""

from collections.abc import Sequence

from songpop.engines.nursery import warm_up as start_server
from songpop.settings import EngineKind, EngineSettings


def has_workers(settings: EngineSettings) -> bool:
    """Say whether these settings train in other processes, so that there is a server that starts them."""
    return settings.kind is EngineKind.population and settings.n_workers != 0


def warm_up_unless_told(words: Sequence[str]) -> None:
    """Do what `warm_up` does, before a second is spent on composing the settings, where it is sure to be wanted.

    Args:
        words: of the command line. None may be an option, or speak of the engine; if they turn out to be wrong
            otherwise, another core has worked for two seconds.
    """
    if not any(word.startswith("-") or "engine" in word for word in words):
        start_server()


def warm_up(settings: EngineSettings) -> None:
    """Let the workers' server import the kernels, or compile them, while this process reads the table."""
    if has_workers(settings):
        start_server()
