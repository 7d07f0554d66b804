"""The next commands are those that would work: same door, same store."""

import shlex

import pytest

from songpop.cli.hints import Hints

STORE = ["search.n_trials=3", "paths.root=/tmp/my runs", "optimizer=sgd", "tracking.uri=sqlite:///x.db"]


@pytest.mark.parametrize(
    ("by_make", "arguments", "promote", "predict"),
    [
        (True, [], "make promote", "make predict"),
        (False, [], "songpop promote", "songpop predict input=sample output=ranked.csv"),
        (True, ["data=songs", "data.path=my songs.csv"], "make promote", "make predict DATA='my songs.csv'"),
        (
            True,
            STORE,
            "make promote ARGS=\"'paths.root=/tmp/my runs' tracking.uri=sqlite:///x.db\"",
            "make predict ARGS=\"'paths.root=/tmp/my runs' tracking.uri=sqlite:///x.db\"",
        ),
        (
            False,
            STORE,
            "songpop promote 'paths.root=/tmp/my runs' tracking.uri=sqlite:///x.db",
            "songpop predict input=sample output=ranked.csv 'paths.root=/tmp/my runs' tracking.uri=sqlite:///x.db",
        ),
    ],
)
def test_the_store_is_named_again(
    by_make: bool, arguments: list[str], promote: str, predict: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MAKELEVEL", raising=False)
    if by_make:
        monkeypatch.setenv("MAKELEVEL", "1")
    hints = Hints.of(arguments)
    assert (hints.command("promote"), hints.predict(hints.table)) == (promote, predict)


def test_arguments_survive_a_shell() -> None:
    words = ["+registry.allowed_leaks={m-leaky: [Track Score, Album]}", "registry.model=m-leaky"]
    assert shlex.split(Hints().command("promote", *words))[2:] == words
