"""A race on an MLflow server is found, and mended so that the better model is champion, whoever was last."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from racing import SETTINGS, Race, entered, run_race
from trials import FixedJudge, logged_candidate

from songpop.errors import GateError
from songpop.settings import GateSettings
from songpop.tracking.candidate import version_of
from songpop.tracking.ledger import LedgerEntry
from songpop.tracking.mending import settle as settle_by
from songpop.tracking.moves import append, move
from songpop.tracking.registry import chronicle, history, promote, rollback

JUDGE = FixedJudge({"a": 0.5, "b": 0.4, "c": 0.3})


def settle(served, settings, mine, seen, judge) -> int:
    """Settle without counting looks, which has a test of its own."""
    return settle_by(served, settings, mine, seen, judge, on_look=lambda: None)


def moved(version: int, previous: int | None = None) -> LedgerEntry:
    return LedgerEntry(
        number=0, event="promote", version=version, previous=previous, sweep="abc"[version - 1],
        when="2026-01-01T00:00:00+00:00", reason="there was no champion",
    )  # fmt: skip


@pytest.fixture
def served(store, tmp_path):
    """Three versions in a store that is written the way a server is: without transactions."""
    for name in ("a", "b", "c"):
        version_of(store, "songpop", logged_candidate(store, tmp_path, name))
    return replace(store, engine=None)


def champion(store) -> int | None:
    return chronicle(store, SETTINGS).champion


def test_nobody_else_moved(served) -> None:
    mine = move(served, "songpop", moved(1), None)
    assert settle(served, SETTINGS, mine, frozenset(), JUDGE) == 1
    assert [told.event for told in history(served, SETTINGS)] == ["promote"]


@pytest.mark.parametrize("order", [(1, 2), (2, 1)])
def test_the_better_of_two_gets_the_alias_whoever_was_last(order: tuple[int, int], served) -> None:
    """Both looked before either wrote, and both mend: one entry says so."""
    written = []
    for version in order:
        written.append(move(served, "songpop", moved(version), None))
        served.client.delete_registered_model_alias("songpop", "champion")  # as the other one saw it
    served.client.set_registered_model_alias("songpop", "champion", str(order[-1]))
    assert [settle(served, SETTINGS, mine, frozenset(), JUDGE) for mine in written] == [2, 2]
    assert champion(served) == 2
    *_, mend = history(served, SETTINGS)
    assert [told.event for told in history(served, SETTINGS)] == ["promote", "promote", "mend"]
    assert (mend.version, mend.previous, mend.sweep) == (2, 1, "b")
    assert mend.reason.startswith(
        "versions 1 and 2 were promoted at once; version 2 is the better one: log loss 0.4000 against 0.5000 on "
    )
    assert chronicle(served, SETTINGS).note is None
    assert rollback(served, SETTINGS).version == 1


def test_where_the_first_is_better_its_loss_is_told_first_and_each_look_is_counted(served) -> None:
    looks: list[int] = []
    judge = FixedJudge({"a": 0.4, "b": 0.5})
    written = [move(served, "songpop", moved(1), None)]
    served.client.delete_registered_model_alias("songpop", "champion")
    written.append(move(served, "songpop", moved(2), None))
    for mine in written:
        settle_by(served, SETTINGS, mine, frozenset(), judge, on_look=lambda: looks.append(1))
    mend = history(served, SETTINGS)[-1]
    assert "; version 1 is the better one: log loss 0.4000 against 0.5000 on " in mend.reason
    assert len(looks) == 2


def test_models_of_different_questions_are_not_compared(served, tmp_path) -> None:
    other = version_of(served, "songpop", logged_candidate(served, tmp_path, "d", label_rule="Streams > 5"))
    written = [move(served, "songpop", moved(1), None)]
    served.client.delete_registered_model_alias("songpop", "champion")
    written.append(move(served, "songpop", replace(moved(1), version=other), None))
    assert {settle(served, SETTINGS, mine, frozenset(), FixedJudge({"a": 0.5, "d": 0.1})) for mine in written} == {1}
    assert "version 1 keeps the alias, since they could not be compared" in history(served, SETTINGS)[-1].reason


def test_a_rollback_that_somebody_overtook_says_so(served, monkeypatch) -> None:
    move(served, "songpop", moved(1), None)
    move(served, "songpop", moved(2, 1), 1)
    tag = served.client.set_registered_model_tag

    def overtaken(*words: str) -> None:
        monkeypatch.setattr(served.client, "set_registered_model_tag", tag)
        move(served, "songpop", moved(3, 2), 2)  # between the look and the deed
        tag(*words)

    monkeypatch.setattr(served.client, "set_registered_model_tag", overtaken)
    with pytest.raises(GateError, match="moved meanwhile"):
        rollback(served, SETTINGS)


def test_what_cannot_be_compared_stays_with_the_first(served) -> None:
    first = move(served, "songpop", moved(1), None)
    served.client.delete_registered_model_alias("songpop", "champion")
    second = move(served, "songpop", moved(2), None)
    for file in (served.root / "artifacts").rglob("model.keras"):
        if file.read_text() == "weights of b":
            file.write_text("weights of nothing")
    assert {settle(served, SETTINGS, mine, frozenset(), JUDGE) for mine in (second, first)} == {1}
    assert champion(served) == 1


def test_entries_that_were_there_before_are_no_rivals(served) -> None:
    move(served, "songpop", moved(3), None)
    seen = frozenset(told.key for told in history(served, SETTINGS))
    served.client.set_registered_model_alias("songpop", "champion", "1")  # by hand, with a reason of somebody's own
    mine = move(served, "songpop", moved(2, 1), 1)
    assert settle(served, SETTINGS, mine, seen, JUDGE) == 2


def test_keys_are_never_used_twice(served) -> None:
    for _ in range(3):
        append(served, "songpop", replace(moved(1), event="refuse", version=None))
    assert [told.number for told in history(served, SETTINGS)] == [1, 2, 3]
    assert len({told.key for told in history(served, SETTINGS)}) == 3


# ── a real server ───────────────────────────────────────────────────────────────────────────────────────────


@contextmanager
def server(folder: Path, template: Path) -> Iterator[str]:
    database = shutil.copy(template, folder / "served.db")  # the template is everybody's
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "mlflow", "server", "--backend-store-uri", f"sqlite:///{database}"]
    command += ["--artifacts-destination", str(folder / "served"), "--workers", "1", "--port", str(port)]
    with (folder / "server.txt").open("w") as log:
        process = subprocess.Popen(
            command,
            cwd=folder,
            stdout=log,
            stderr=log,
            env={**os.environ, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"},
        )
    try:
        deadline = time.monotonic() + 120
        while not _answers(port):
            assert process.poll() is None, (folder / "server.txt").read_text()
            assert time.monotonic() < deadline, "the server took too long"
            time.sleep(0.2)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=2) as page:
            return bool(page.status == 200)
    except OSError:
        return False


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_races_on_a_server_are_mended(tmp_path: Path, store_template: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    n_rounds = 4
    losses = {"base": 0.9}
    for number in range(n_rounds):  # both are better than all before; the better one comes from either side
        losses |= {f"a{number}": 0.89 - number * 0.02, f"b{number}": 0.88 - number * 0.02}
    names = [[f"{'ab'[(number + place) % 2]}{number}" for number in range(n_rounds)] for place in range(2)]
    with server(tmp_path, store_template) as uri:
        store = entered(Race(uri=uri, folder=tmp_path, names=names, losses=losses, max_sleep_s=0.1), tmp_path / "mine")
        promote(store, SETTINGS, GateSettings(), logged_candidate(store, tmp_path, "base"), FixedJudge(losses))
        race = Race(uri=uri, folder=tmp_path, names=names, losses=losses, max_sleep_s=0.1, is_met=True)
        told = run_race(race)
        entries, found = history(store, SETTINGS), chronicle(store, SETTINGS)
        for number, rounds in enumerate(zip(*told, strict=True)):
            assert {one.champion for one in rounds} == {f"b{number}"}, entries
        assert found.note is None
        mends = [told for told in entries if told.event == "mend"]
        assert len(mends) == n_rounds
        assert all(told.sweep.startswith("b") and "promoted at once" in told.reason for told in mends)
        assert sum(told.event == "promote" for told in entries) == 1 + 2 * n_rounds
        assert rollback(store, SETTINGS).previous == found.champion
