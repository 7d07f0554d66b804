import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from songpop.errors import StoreError
from songpop.search.locks import SweepLock


def test_one_holder_at_a_time(tmp_path: Path) -> None:
    lock = SweepLock(tmp_path / "my sweep.lock")
    with pytest.raises(StoreError, match=r"a sweep named 'my sweep' is already running.*search\.name"):
        SweepLock(tmp_path / "my sweep.lock")
    lock.release()
    lock.release()
    SweepLock(tmp_path / "my sweep.lock").release()


def test_a_killed_holder_lets_go(tmp_path: Path) -> None:
    path = tmp_path / "x.lock"
    code = f"import fcntl, time; f = open({str(path)!r}, 'ab'); fcntl.flock(f, 2); print(1, flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        with pytest.raises(StoreError, match="already running"):
            SweepLock(path)
        os.kill(holder.pid, signal.SIGKILL)
    SweepLock(path).release()


def test_a_place_that_takes_no_file(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="must be writable"):
        SweepLock(tmp_path / "no" / "x.lock")
