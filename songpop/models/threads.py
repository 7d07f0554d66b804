"""How many of a model's members are computed at a time: said before TensorFlow is imported, and by who only predicts.

Training has one thread a process, and as many processes as cores (runtime.py); a champion of forty members is answered
by one process alone, in half the time with two threads.
"""

import os


def answer_on_every_core() -> None:
    """Let TensorFlow compute independent parts of a graph on every core; a variable that is set wins.

    It is read at TensorFlow's first import: later it changes nothing.
    """
    os.environ.setdefault("TF_NUM_INTEROP_THREADS", str(len(os.sched_getaffinity(0))))
