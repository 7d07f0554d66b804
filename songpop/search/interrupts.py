"""Ctrl-C and SIGTERM wait while a finished trial is being kept, so that record and study stay in step."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def interrupts_deferred() -> Iterator[None]:
    """Hold both back until the block has ended, then raise KeyboardInterrupt; in other threads, do nothing."""
    if threading.current_thread() is not threading.main_thread():
        yield  # Python delivers Ctrl-C to the main thread only
        return
    waiting: list[int] = []

    def hold(number: int, frame: FrameType | None) -> None:
        del frame
        waiting.append(number)

    previous = {number: signal.signal(number, hold) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
    if waiting:
        raise KeyboardInterrupt
