"""Which process began a run, and whether it still lives: what tells a run that is going on from one that was killed.

A number is not enough: it is given again, after a restart and to other machines, and counts per container.
"""

import json
import os
import socket
from pathlib import Path

_PROC = Path("/proc")


def this_process() -> str:
    """Return what identifies the calling process, as text."""
    return json.dumps({**_here(), "pid": os.getpid(), "start": _start_of(os.getpid())})


def is_dead(process: str | None) -> bool | None:
    """Say whether a process has ended.

    Args:
        process: what `this_process` returned in it; None or another text: unknown.

    Returns:
        None where nobody here can know: it runs, or ran, on another machine or in another container.
    """
    try:
        told = json.loads(process or "")
        pid, start, boot = int(told["pid"]), told["start"], told["boot"]
    except (ValueError, KeyError, TypeError):
        return None
    here = _here()
    if told.get("host") != here["host"]:
        return None
    if boot != here["boot"]:
        return True  # this machine was started anew since
    return None if told.get("namespace") != here["namespace"] else _start_of(pid) != start


def _here() -> dict[str, str]:
    return {
        "host": socket.gethostname(),
        "boot": _read(_PROC / "sys/kernel/random/boot_id"),
        "namespace": _link(_PROC / "self/ns/pid"),
    }


def _start_of(pid: int) -> str:
    """Return when a process began, in ticks since the machine did; "" if none of that number lives."""
    # The name, in brackets, may itself have spaces and brackets: the state is the first word behind it.
    state, *rest = _read(_PROC / str(pid) / "stat").rpartition(")")[2].split() or ["Z"]
    return "" if state in "ZX" or len(rest) < 19 else rest[18]


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8").strip()
    except OSError:
        return ""


def _link(path: Path) -> str:
    try:
        return str(path.readlink())
    except OSError:
        return ""
