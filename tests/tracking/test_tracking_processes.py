"""A process is known again, and only for dead where that is certain."""

import json
import subprocess
import sys

import pytest

from songpop.tracking.processes import is_dead, this_process

CODE = "from songpop.tracking.processes import this_process; print(this_process(), flush=True); input()"


def changed(**values: object) -> str:
    return json.dumps({**json.loads(this_process()), **values})


def test_this_process_lives() -> None:
    assert is_dead(this_process()) is False


def test_another_process_lives_until_it_is_killed() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", CODE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        told = other.stdout.readline()
        assert is_dead(told) is False
        other.kill()
        while other.poll() is None:
            pass
        assert is_dead(told) is True


@pytest.mark.parametrize(
    ("process", "verdict"),
    [
        (changed(start="1"), True),  # the number was given again
        (changed(boot="another"), True),
        (changed(host="elsewhere"), None),
        (changed(namespace="pid:[1]"), None),
        (None, None),
        ("", None),
        ("[1]", None),
        ("{}", None),
    ],
    ids=["number again", "another boot", "elsewhere", "namespace", "none", "empty", "list", "nothing"],
)
def test_what_can_be_known(process: str | None, verdict: bool | None) -> None:
    assert is_dead(process) is verdict
