import signal
import threading

import pytest

from songpop.search.interrupts import interrupts_deferred


def test_ctrl_c_comes_after_the_block() -> None:
    steps: list[str] = []

    def block() -> None:
        with interrupts_deferred():
            signal.raise_signal(signal.SIGINT)
            steps.append("ended")

    with pytest.raises(KeyboardInterrupt):
        block()
    assert steps == ["ended"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_an_error_of_the_block_comes_through() -> None:
    with pytest.raises(ValueError, match="mine"), interrupts_deferred():
        raise ValueError("mine")
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_other_threads_are_left_alone() -> None:
    ran: list[int] = []

    def block() -> None:
        with interrupts_deferred():
            ran.append(1)

    thread = threading.Thread(target=block)
    thread.start()
    thread.join()
    assert ran == [1]
