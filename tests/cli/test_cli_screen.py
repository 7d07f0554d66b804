"""What a person sees of a command: which words, on which stream, without control codes in a file."""

import io
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from outcomes import ALL_FAILED, INTERRUPTED, LEAKY, SWEEP, progress

from songpop.cli.hints import Hints
from songpop.cli.screen import LINES_WIDTH, Screen
from songpop.contracts import TrialState

HINTS = Hints(by_make=True)
Capsys = pytest.CaptureFixture[str]
PROMOTION = SimpleNamespace(
    model="songpop",
    alias="champion",
    version=2,
    previous=1,
    is_new=True,
    sweep="s",
    sha256="ab12",
    comparison=None,
    against=1,
    reason="there was no champion",
    is_generated=False,
    gates=(SimpleNamespace(name="size", value=0.51234, bound=50.0, is_passed=True, sentence="It has 0.51 MB."),),
)
PREDICTION = SimpleNamespace(
    first=[
        SimpleNamespace(
            rank=1, probability=0.98765, low=None, high=None, song="Nina [Remix] – :heart: [/b]", reasons=["x [b] high"]
        )
    ],
    unusable={},
    drift=(),
    n_remarks=0,
    n_ahead=0,
    unreadable=(),
    threshold=0.5,
    leaks=(),
    n_songs=1500,
    n_high_potential=700,
    model="songpop",
    version=3,
    table="songs.csv",
    label="Track Score > 29.9",
    output="out.csv",
)
COMPARISON = SimpleNamespace(n_rows=920, candidate_log_loss=0.25, champion_log_loss=0.27, n_test_openings=3)
ENTRY = SimpleNamespace(
    when="2026-01-02T03:04:05+00:00", event="promote", version=1, sweep="s", table="songs.csv", reason="there was none",
    alias="champion", n_test_openings=0, key="k1", run_id="ab12", gates={},
)  # fmt: skip
REFUSAL = SimpleNamespace(
    **{
        **vars(ENTRY),
        "event": "refuse",
        "version": None,
        "n_test_openings": 7,
        "reason": "refused by size",
        "key": "k2",
    }
)


def history_of(*entries: Any, note: str | None = None) -> Any:
    moves = [entry for entry in entries if entry.version is not None]
    terms = [SimpleNamespace(version=entry.version, since=entry.when, until=None) for entry in moves]
    return SimpleNamespace(model="m", alias="champion", entries=entries, terms=terms, note=note, leaks=())


@pytest.fixture
def shown(capsys: Capsys) -> Callable[..., str]:
    """Standard output after one method of a screen."""

    def show(method: str, outcome: Any, *, as_json: bool = False) -> str:
        getattr(Screen(as_json=as_json, hints=HINTS), method)(outcome)
        return capsys.readouterr().out

    return show


# ── a sweep ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_leaderboard_is_in_order_with_the_settings(shown: Callable[..., str]) -> None:
    lines = shown("sweep", SWEEP).splitlines()
    assert lines[0].rstrip() == "Leaderboard of sample-honest-full"
    first, second = (line.split() for line in lines if "sgd" in line)
    assert first[1:13:2] == ["1", "7", "0.3100", "86.0", "│", "(21)"]
    assert second[1:6:2] == ["2", "3", "0.3305"]
    assert "l2=0.000123" in " ".join(first)


@pytest.mark.parametrize(
    "words",
    [
        "25 trials: 10 complete, 14 pruned, the earliest after epoch 3, 1 failed",
        "300 epochs trained of 750 (60.0 % saved)",
        "5 new in 61 s (slots 93.1 % full, 8 programs traced, workers that died and were replaced: 1); all 25 trials",
        "Finals of sample-honest-full",
        "Number 2 wins: within one standard error of the lowest mean",
        "1,234 sealed test rows, opened 2 times",
        "majority class 0.6931",
        "make ui ",
        "make promote ",
        "make predict ",
        "mlruns/mlflow.db",
    ],
)
def test_a_finished_sweep_says(words: str, shown: Callable[..., str]) -> None:
    assert words in shown("sweep", SWEEP)


def test_there_are_three_next_commands(shown: Callable[..., str]) -> None:
    after = shown("sweep", SWEEP).partition("Next:\n")[2]
    assert [line.split()[:2] for line in after.splitlines()] == [
        ["make", name] for name in ("ui", "promote", "predict")
    ]


def test_one_opening_is_one_time(shown: Callable[..., str]) -> None:
    assert SWEEP.champion is not None
    assert "opened 1 time:" in shown("sweep", replace(SWEEP, champion=replace(SWEEP.champion, n_test_openings=1)))


def test_a_leak_stands_beside_the_numbers_and_in_the_models_name(shown: Callable[..., str]) -> None:
    told = shown("sweep", LEAKY)
    assert "LEAK: Track Score gives the label away; these numbers say nothing about new songs." in told
    assert 'make promote ARGS="registry.model=songpop-published-leaky gates=published"' in told
    assert "LEAK" not in shown("sweep", SWEEP)


def test_a_sweep_that_promote_would_not_take_is_named(shown: Callable[..., str]) -> None:
    assert "sweep=" not in shown("sweep", SWEEP)
    assert 'make promote ARGS="sweep=sample-honest-full"' in shown("sweep", replace(SWEEP, is_newest=False))


def test_a_leaky_models_name_goes_on_to_predict(shown: Callable[..., str]) -> None:
    assert 'make predict ARGS="registry.model=songpop-published-leaky"' in shown("sweep", LEAKY)


@pytest.mark.parametrize("outcome", [INTERRUPTED, ALL_FAILED], ids=["interrupted", "all failed"])
def test_without_a_champion_there_is_nothing_to_promote(outcome: Any, shown: Callable[..., str]) -> None:
    told = shown("sweep", outcome)
    assert "make promote" not in told
    assert "Best:" not in told
    assert ("The same command goes on" in told) is outcome.interrupted


# ── while it works ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ({}, "trial 4: complete, 0.4000 after 3 epochs (5/25, best 0.3100)"),
        ({"state": TrialState.PRUNED}, "trial 4: pruned, 0.4000 after 3 epochs (5/25, best 0.3100)"),
        ({"state": TrialState.FAILED}, "trial 4: failed, – after 3 epochs (5/25, best 0.3100)"),
        ({"best": None}, "(5/25, no result yet)"),
    ],
)
@pytest.mark.parametrize("as_json", [True, False])
def test_a_line_per_trial_on_standard_error(state: dict[str, Any], words: str, as_json: bool, capsys: Capsys) -> None:
    screen = Screen(as_json=as_json)
    with screen.live():
        screen.progress(progress(**state))
        screen.note("a [sentence]")
    told = capsys.readouterr()
    assert words in told.err
    assert "a [sentence]\n" in told.err
    assert told.out == ""


def test_a_line_per_step_on_standard_error(capsys: Capsys) -> None:
    screen = Screen(as_json=True)
    with screen.live():
        screen.step("trial-007 [l2]: same", 3, 20)
    assert capsys.readouterr() == ("", "trial-007 [l2]: same (3/20)\n")


# ── the other commands ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("method", "outcome", "words"),
    [
        ("check", SimpleNamespace(summary="The table can be used"), "The table can be used"),
        ("compare", SimpleNamespace(sweep=None, trainings=(), tuners=(), side_by_side=None), "make sweep"),
        ("promotion", PROMOTION, "songpop version 2, from sweep s, is the champion now."),
        ("promotion", PROMOTION, "Its SHA-256: ab12"),
        (
            "promotion",
            SimpleNamespace(**{**vars(PROMOTION), "comparison": COMPARISON}),
            "its log loss is 0.2500, version 1 has 0.2700 (rows opened 3 times).",
        ),
        ("promotion", SimpleNamespace(**{**vars(PROMOTION), "is_new": False}), "is the champion already"),
        (
            "rollback",
            SimpleNamespace(model="m", version=1, alias="champion", why_skipped=()),
            "m version 1 is the champion",
        ),
        (
            "rollback",
            SimpleNamespace(model="m", version=1, alias="a", why_skipped=("Version 2 was deleted.",)),
            "Skipped: Version 2 was deleted.",
        ),
        (
            "history",
            SimpleNamespace(model="m", entries=(), note=None),
            "m never had a champion. Begin with: make sweep, then make promote",
        ),
        ("history", history_of(ENTRY), "there was none"),
        ("history", history_of(ENTRY), "now"),
        ("history", history_of(REFUSAL, ENTRY), "refused by size"),
        ("history", history_of(ENTRY, note="The alias was moved by hand."), "The alias was moved by hand."),
        ("history", history_of(ENTRY, note="The alias was moved by hand."), "?"),
        ("promotion", PROMOTION, "0.5123"),
        (
            "predict",
            PREDICTION,
            "songpop version 3, trained on songs.csv; 700 of them with high potential",
        ),
        ("predict", PREDICTION, "written to out.csv."),
        ("predict", SimpleNamespace(**{**vars(PREDICTION), "unusable": {"Likes": 1200}}), "as missing: Likes 1,200."),
        ("predict", SimpleNamespace(**{**vars(PREDICTION), "leaks": ("Track Score",)}), "LEAK: "),
    ],
)
def test_commands_say(method: str, outcome: Any, words: str, shown: Callable[..., str]) -> None:
    assert words in shown(method, outcome)
    assert shown(method, outcome, as_json=True) == ""


class Terminal(io.StringIO):
    """Standard output that a person looks at."""

    def isatty(self) -> bool:
        return True


def test_prose_is_folded_between_words_where_a_person_reads(monkeypatch: pytest.MonkeyPatch, capsys: Capsys) -> None:
    told = SimpleNamespace(summary="folded between words " * 12)
    Screen(as_json=False).check(told)
    assert len(capsys.readouterr().out.splitlines()) == 1  # a file gets whole lines
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setattr("sys.stdout", terminal := Terminal())
    Screen(as_json=False).check(told)
    lines = terminal.getvalue().splitlines()
    assert max(map(len, lines)) <= 40
    assert " ".join(" ".join(lines).split()) == told.summary.strip()


def test_an_address_stays_whole(capsys: Capsys) -> None:
    address = "http://127.0.0.1:5000/" + "x" * 150
    screen = Screen(as_json=False)
    screen.note(f"Sweeps: {address}")
    screen.note("one word after another " * 20)
    first, *others = capsys.readouterr().err.splitlines()
    assert first == f"Sweeps: {address}"
    assert len(others) > 1
    assert max(map(len, others)) <= 120


def test_titles_are_shown_as_they_are(shown: Callable[..., str]) -> None:
    assert "Nina [Remix] – :heart: [/b]" in shown("predict", PREDICTION)


@pytest.mark.parametrize("method", ["sweep", "predict", "history"])
def test_a_file_gets_no_control_codes_and_no_endless_tables(method: str, shown: Callable[..., str]) -> None:
    outcomes = {"sweep": LEAKY, "predict": PREDICTION, "history": history_of(ENTRY, ENTRY, REFUSAL)}
    told = shown(method, outcomes[method])
    assert "\x1b" not in told
    assert "\r" not in told
    assert max(len(line) for line in told.splitlines() if line.startswith(("│", "┃"))) <= LINES_WIDTH
