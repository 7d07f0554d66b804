"""What every refusal of the command line has in common: one sentence, the right status, nothing else."""

import json
import re
from collections.abc import Sequence

import pytest

from songpop.cli import run

# What a person would otherwise see of the libraries below.
NOISE = re.compile(
    r"Traceback|hydra\.cc|alembic|sqlalche\.me|Error executing job|HYDRA_FULL_ERROR|usage:|bug of songpop"
)


def refused(words: Sequence[str], status: int, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Run a command that must be refused, and hold its answer to the rules."""
    capsys.readouterr()
    assert run(list(words)) == status
    out, err = capsys.readouterr()
    sentences = [line for line in err.splitlines() if line.startswith("songpop: ")]
    assert len(sentences) == 1, err
    assert err.splitlines()[-1] == sentences[0]
    assert re.search(message, sentences[0]), sentences[0]
    assert not NOISE.search(err), err
    if "--json" in words:
        assert out.count("\n") == 1
        told = json.loads(out)
        assert (told["error"], told["exit_status"]) == (sentences[0].removeprefix("songpop: "), status)
    else:
        assert out == ""
