"""Ctrl-C waits while a finished trial is being kept, so that record and study stay in step."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def interrupts_deferred() -> Iterator[None]:
    """Hold a KeyboardInterrupt back until the block has ended; outside the main thread, do nothing."""
    if threading.current_thread() is not threading.main_thread():
        yield  # Python delivers Ctrl-C to the main thread only
        return
    waiting: list[int] = []

    def hold(number: int, frame: FrameType | None) -> None:
        del frame
        waiting.append(number)

    previous = signal.signal(signal.SIGINT, hold)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)
    if waiting:
        raise KeyboardInterrupt
