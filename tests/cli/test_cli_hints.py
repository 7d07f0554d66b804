"""The next commands are those that would work: same door, same store, same model, whatever a shell or make does."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from songpop.cli.hints import Hints
from songpop.compose import compose_settings
from songpop.overrides import overrides_of

MAKEFILE = "promote predict:\n\t@$(CURDIR)/show $@ $(if $(DATA),data='$(DATA)') $(ARGS)\n"
SHOW = '#!/bin/sh\nprintf "%s\\n" "$@"\n'


def hints_of(command: str = "sweep", **values: Any) -> Hints:
    return Hints.of(compose_settings(command, overrides_of(values)))


@pytest.mark.parametrize(
    ("command", "values", "promote", "predict"),
    [
        ("sweep", {}, "promote", "predict input=sample output=ranked.csv"),
        ("sweep", {"search.n_trials": 3, "optimizer": "sgd"}, "promote", "predict input=sample output=ranked.csv"),
        (
            "sweep",
            {"paths.root": "/tmp/my runs", "data": "songs", "data.path": "s.csv"},
            "promote 'paths.root=/tmp/my runs'",
            "predict input=s.csv output=ranked.csv 'paths.root=/tmp/my runs'",
        ),
        (
            "promote",
            {"registry.model": "mine", "tracking.uri": "sqlite:///x.db"},
            "promote tracking.uri=sqlite:///x.db registry.model=mine",
            "predict input=sample output=ranked.csv tracking.uri=sqlite:///x.db registry.model=mine",
        ),
    ],
)
def test_what_is_not_the_default_is_named_again(
    command: str, values: dict[str, Any], promote: str, predict: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MAKELEVEL", raising=False)
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent))
    hints = hints_of(command, **values)
    assert hints.command("promote") == f"songpop {promote}"
    assert hints.predict(hints.table) == f"songpop {predict}"


@pytest.mark.parametrize("name", ["sweep", "ui", "compare", "promote", "history", "rollback", "predict", "doctor"])
def test_a_suggested_command_has_only_keys_that_it_takes(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MAKELEVEL", raising=False)
    words = hints_of("promote", **{"registry.model": "mine", "paths.root": "/tmp/x"}).command(name).split()[2:]
    compose_settings(name, words)
    assert ("registry.model=mine" in words) is (name not in ("ui", "compare"))  # a sweep's finals know the champion
    assert "paths.root=/tmp/x" in words


def test_a_program_that_the_shell_would_not_find_is_called_by_its_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MAKELEVEL", raising=False)
    monkeypatch.setenv("PATH", "/nowhere")
    program, name = hints_of().command("promote").split()
    assert (Path(program).resolve().name, name) == ("songpop", "promote")
    assert Path(program).is_file()


def test_a_password_is_not_shown() -> None:
    told = hints_of(**{"tracking.uri": "postgresql://me:secret@host/mlflow"}).command("promote")
    assert "secret" not in told
    assert "tracking.uri=…" in told


@pytest.mark.parametrize(
    ("sentence", "completed"),
    [
        (
            "Give it back with songpop rollback, or to a newer model with songpop promote.",
            "Give it back with songpop rollback {all}, or to a newer model with songpop promote {all}.",
        ),
        ("songpop promote sweep=NAME or songpop ui", "songpop promote sweep=NAME {all} or songpop ui {store}"),
        ("`songpop compare` shows them.", "`songpop compare {store}` shows them."),
        ("songpop promote registry.model=other.", "songpop promote registry.model=other {store} registry.alias=best."),
        ("It is songpop version 3 of songpop.", "It is songpop version 3 of songpop."),
    ],
)
def test_commands_in_a_sentence_act_on_the_same_store_and_model(
    sentence: str, completed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MAKELEVEL", raising=False)
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent))
    hints = hints_of("promote", **{"paths.root": "/x", "registry.model": "mine", "registry.alias": "best"})
    words = {"store": "paths.root=/x", "all": "paths.root=/x registry.model=mine registry.alias=best"}
    assert hints.completed(sentence) == completed.format(**words)


def test_commands_in_a_sentence_are_make_s_where_make_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAKELEVEL", "1")
    assert hints_of("history").completed("Run: songpop rollback") == "Run: make rollback"
    told = hints_of("history", **{"paths.root": "/x"}).completed("Run: songpop promote sweep=NAME.")
    assert told == 'Run: make promote ARGS="sweep=NAME paths.root=/x".'


def test_the_studies_are_named_to_those_who_read_them() -> None:
    hints = hints_of("doctor", **{"storage.url": "sqlite:///s.db"})
    assert hints.command("doctor").endswith("doctor storage.url=sqlite:///s.db")
    assert "storage" not in hints.command("promote")


def test_an_argument_comes_before_what_is_repeated() -> None:
    hints = Hints(repeated=["registry.model=mine", "paths.root=/x"])
    assert hints.command("promote", "registry.model=other") == "songpop promote registry.model=other paths.root=/x"


@pytest.mark.parametrize(
    "root", ["/tmp/plain", "/tmp/my runs", "/tmp/it's", "/tmp/a $HOME b", '/tmp/"q" `x`', "/tmp/ü!"]
)
def test_every_word_survives_the_shell_and_make(root: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "Makefile").write_text(MAKEFILE)
    (tmp_path / "show").write_text(SHOW)
    (tmp_path / "show").chmod(0o755)
    monkeypatch.setenv("MAKELEVEL", "1")
    hints = hints_of(**{"paths.root": root})
    words = ["promote", "+registry.allowed_leaks={m-leaky:['Track Score, old']}", f"paths.root={root}"]
    command = hints.command("promote", words[1])
    person = {key: value for key, value in os.environ.items() if not key.startswith("MAKE")}
    done = subprocess.run(
        command, shell=True, cwd=tmp_path, env=person, capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.splitlines() == words
    assert hints.predict(None) == hints.command("predict")
