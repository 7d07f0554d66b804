"""Threads of prediction: as many as cores, unless somebody has said otherwise."""

import os

import pytest

from songpop.models.threads import answer_on_every_core


@pytest.mark.parametrize(("before", "expected"), [(None, str(len(os.sched_getaffinity(0)))), ("7", "7")])
def test_a_variable_that_is_set_wins(before: str | None, expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TF_NUM_INTEROP_THREADS", before or "")
    if before is None:
        monkeypatch.delenv("TF_NUM_INTEROP_THREADS")
    answer_on_every_core()
    assert os.environ["TF_NUM_INTEROP_THREADS"] == expected
