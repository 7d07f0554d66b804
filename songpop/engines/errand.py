"""An errand: one call of a function in a process of its own, while this one does something else.

Owns: the process and its answer. Does not own: where processes come from (nursery).
"""

import contextlib
import signal
from collections.abc import Callable
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import Any, Generic, TypeVar, final

from songpop.engines.messages import Failure
from songpop.engines.nursery import start_worker
from songpop.errors import EngineError

Answer = TypeVar("Answer")


@final
class Errand(Generic[Answer]):
    """A call that runs elsewhere. Use it as a context: leaving it ends the process."""

    def __init__(self, function: Callable[..., Answer], *arguments: Any) -> None:
        """Begin.

        Args:
            function: importable by its name; it may not need a GPU, nor the thread that calls here.
            arguments: picklable, and small: they are copied.
        """
        self._pipe, theirs = Pipe(duplex=False)
        self._process = start_worker(_run, (theirs, function, arguments))
        theirs.close()

    def __enter__(self) -> "Errand[Answer]":
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.join()
        self._pipe.close()

    def answer(self) -> Answer:
        """Wait for what the function returns.

        Raises:
            SongpopError: what the function raises.
            EngineError: if it raises anything else, or its process dies.
        """
        try:
            message = self._pipe.recv()
        except EOFError:
            self._process.join()
            raise EngineError(
                f"a process beside this one must end its work, but it ended with exit code {self._process.exitcode}. "
                "Is there enough memory? engine.n_workers=0 needs no such process."
            ) from None
        if isinstance(message, Failure):
            raise message.told()
        answer: Answer = message
        return answer


def _run(pipe: Connection, function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal sends Ctrl-C to us too; who sent us decides
    try:
        message = function(*arguments)
    except BaseException as error:
        message = Failure.of(error)
    with contextlib.suppress(ConnectionError):  # who sent us has died: nobody waits any more
        pipe.send(message)
