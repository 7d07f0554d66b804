"""The shell's questions: commands first, then Hydra's keys and groups of that command."""

import pytest

from songpop.cli import run


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("songpop ", "sweep"),
        ("songpop pro", "promote"),
        ("songpop sweep prot", "protocol="),
        ("songpop sweep space=", "space=full"),
        ("songpop sweep search.n_", "search.n_trials="),
        ("songpop promote registry.mo", "registry.model="),
        ("songpop sweep --json space=", "space=full"),
        ("songpop --debug sweep --json search.n_", "search.n_trials="),
        ("songpop sweep --js", "--json"),
        ("songpop --json hist", "history"),
        ("songpop --json sweep", "sweep"),
    ],
)
def test_completion(
    line: str, expected: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COMP_LINE", line)
    monkeypatch.setenv("COMP_POINT", str(len(line)))
    assert run(["-sc", "query=bash"]) == 0
    assert expected in capsys.readouterr().out.split()
