"""A worker process: a population that is told what to train over a pipe, and owns nothing.

It ends when the pool closes the pipe or dies: a thread watches a second pipe, since a worker that trains does not look,
and under a fork server its parent is the server, not the pool.
"""

import os
import signal
import threading
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING

from threadpoolctl import threadpool_limits

from songpop.contracts import Task
from songpop.engines.messages import Ended, Failure, Reported, Start, Stop

if TYPE_CHECKING:
    from songpop.engines.population import Population


def work(pipe: Connection, lifeline: Connection) -> None:
    """Train what the pool sends until it closes the pipe.

    Args:
        pipe: for the messages; the first one is the task.
        lifeline: nothing ever comes, but the end of the pool.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal sends Ctrl-C to us too; the pool decides
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_end_with, args=(lifeline,), daemon=True).start()
    try:
        _serve(pipe)
    except (EOFError, ConnectionError):
        return  # the pool has closed the pipe: nothing is wanted any more
    except BaseException as error:
        pipe.send(Failure.of(error))


def _serve(pipe: Connection) -> None:
    from songpop.engines.population import Population  # already there where a fork server has it

    task = pipe.recv()
    assert isinstance(task, Task)
    population = Population(task)
    with threadpool_limits(1, user_api="blas"):
        _talk(pipe, population)


def _talk(pipe: Connection, population: "Population") -> None:
    pipe.send(Ended())
    while True:
        start = pipe.recv()
        assert isinstance(start, Start)
        population.add(start.specs, start.paused)
        pipe.send(Reported(reports=tuple(population.train())))
        stop = pipe.recv()
        assert isinstance(stop, Stop)
        results, paused = population.settle(stop.trials)
        n_traces, filled_share = population.n_traces, population.filled_share
        pipe.send(Ended(results=tuple(results), paused=paused, n_traces=n_traces, filled_share=filled_share))


def _end_with(lifeline: Connection) -> None:
    try:
        lifeline.recv()
    except (EOFError, OSError):
        os._exit(1)
