"""What a person sees of trials that were trained again."""

import io
from dataclasses import replace

import pytest
from rich.console import Console

from songpop.app.reproduce import ReproduceOutcome
from songpop.cli.replays import replay_lines, replays_table
from songpop.replay.verdicts import Difference, Replay, Rule, Verdict

FAR = Difference(metric="val_loss", epoch=3, stored=0.5, now=0.501)
NONE = Difference(metric="loss", epoch=1, stored=0.5, now=0.5)
GONE = Difference(metric="loss", epoch=9, stored=0.5, now=None)
BARE = Replay(run_id="r", run="trial-007 l2 adam", sweep="s", trial=7, verdict=Verdict.SAME, rule=Rule.NUMBERS)


def outcome(*replays: Replay) -> ReproduceOutcome:
    verdicts = [one.verdict for one in replays]
    return ReproduceOutcome(
        n_runs=len(replays),
        n_same=verdicts.count(Verdict.SAME),
        n_drifted=verdicts.count(Verdict.DRIFTED),
        n_not_reproducible=verdicts.count(Verdict.NOT_REPRODUCIBLE),
        tolerance=1e-4,
        wall_s=3.4,
        replays=replays,
    )


@pytest.mark.parametrize(
    ("replay", "cells"),
    [
        (replace(BARE, largest=NONE), ["trial-007 l2 adam", "s", "same", "0", ""]),
        (
            replace(BARE, rule=Rule.SEEDS, largest=FAR, first=FAR, remarks=("machine vax, now pdp",)),
            ["trial-007 l2 adam", "s", "same (statistically)", "1.0e-03", ""],
        ),
        (
            replace(BARE, verdict=Verdict.DRIFTED, largest=FAR, why=(FAR.told(),), causes=("keras 1, now 2",)),
            ["drifted", "1.0e-03", "val_loss of epoch 3: stored 0.5, now 0.501. Not as it was: keras 1, now 2."],
        ),
        (
            replace(BARE, verdict=Verdict.DRIFTED, largest=GONE, first=GONE, why=(GONE.told(),)),
            ["–", "not measured now. Packages, commit, lock and machine are as they were."],
        ),
        (
            replace(BARE, verdict=Verdict.NOT_REPRODUCIBLE, rule=Rule.NONE, why=("missing: the file split.npz",)),
            ["not reproducible", "–", "missing: the file split.npz."],
        ),
    ],
)  # fmt: skip
def test_a_row(replay: Replay, cells: list[str]) -> None:
    console = Console(file=io.StringIO(), width=220, markup=False)
    console.print(replays_table(outcome(replay)))
    told = str(console.file.getvalue())  # type: ignore[attr-defined]
    assert all(cell in told for cell in cells), told


def test_what_holds_for_all() -> None:
    remarked = replace(BARE, remarks=("commit a, now b", "keras 1, now 2"))
    drifted = replace(BARE, verdict=Verdict.DRIFTED, why=("x",))
    found = list(replay_lines(outcome(remarked, replace(remarked, remarks=("commit a, now b",)), drifted)))
    assert found == [
        "Checked 3 trials in 3 s: 2 same, 1 drifted (tolerance 0.0001).",
        "Not as it was, with the same result: commit a, now b (2 trials); keras 1, now 2 (1 trial).",
    ]
    assert list(replay_lines(outcome(BARE))) == ["Checked 1 trial in 3 s: 1 same (tolerance 0.0001)."]
