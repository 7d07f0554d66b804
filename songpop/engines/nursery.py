"""Where worker processes come from: a fork server that has the kernels imported, or compiled, once for all.

A process that has used TensorFlow must not be forked, and importing anew costs each worker a second. The server can be
started before this process imports anything heavy, and then does its import on another core meanwhile.
"""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import forkserver, get_context, resource_tracker
from multiprocessing.process import BaseProcess
from types import ModuleType
from typing import Any

_PRELOADED = ["songpop.engines.population"]  # and with it Numba, but not TensorFlow
# Read when a process starts. By the C library: arrays of a megabyte come and go in every epoch, and would each be given
# back to the system and asked for again. By BLAS: its threads would only wait for each other.
_ENVIRONMENT = {
    "MALLOC_MMAP_THRESHOLD_": str(2**30),
    "MALLOC_TRIM_THRESHOLD_": str(2**30),
    "OPENBLAS_NUM_THREADS": "1",
}


def warm_up() -> None:
    """Start the server, without waiting for it; does nothing where it runs already."""
    with _set(_ENVIRONMENT), _without_main(), _deaf_to_ctrl_c():
        forkserver.set_forkserver_preload(_PRELOADED)
        forkserver.ensure_running()


def start_worker(target: Callable[..., None], arguments: tuple[Any, ...]) -> BaseProcess:
    """Start a process that runs `target(*arguments)`, and does not outlive the server."""
    warm_up()
    process = get_context("forkserver").Process(target=target, args=arguments, daemon=True)
    with _without_main(), _server_dies_with_a_failed_start():
        process.start()
    return process


@contextmanager
def _server_dies_with_a_failed_start() -> Iterator[None]:
    """End a server that still imports when Ctrl-C ends the wait for it: it would begin half a process, and say so."""
    try:
        yield
    except BaseException:
        server = forkserver._forkserver._forkserver_pid  # type: ignore[attr-defined] # there is no public name
        if server is not None:
            os.kill(server, signal.SIGKILL)
        raise


@contextmanager
def _without_main() -> Iterator[None]:
    """Hide the main module, which children would import: a script without a guard would run again in each."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


@contextmanager
def _deaf_to_ctrl_c() -> Iterator[None]:
    """Hold Ctrl-C back for as long as the block runs, and for ever in processes that are started in it.

    A terminal sends it to the server too, which ignores it only when its imports are done: it would print where it was.
    """
    resource_tracker.ensure_running()  # which would let signals through again, were it started with the server
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _set(values: dict[str, str]) -> Iterator[None]:
    """Set environment variables that are not set, for as long as the block runs."""
    new = {name: value for name, value in values.items() if name not in os.environ}
    os.environ.update(new)
    try:
        yield
    finally:
        for name in new:
            del os.environ[name]
