"""What a person sees of the registry."""

import io
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from rich.console import Console

from songpop.app.registry import History
from songpop.cli.promotions import gates_table, history_table, promotion_lines, rollback_lines
from songpop.tracking.gates import Comparison, Gate
from songpop.tracking.ledger import GateValue, LedgerEntry, Term, moves_of, terms_of
from songpop.tracking.registry import Promotion, Rollback

PROMOTION = Promotion(
    model="songpop", alias="champion", version=2, previous=1, is_new=True, sweep="s", run_id="r", sha256="ab12",
    comparison=None, is_generated=False, against=1, reason="version 1 knew generated songs only",
)  # fmt: skip
COMPARISON = Comparison(
    n_sealed=920, n_rows=919, champion_log_loss=0.27, candidate_log_loss=0.25, low=-0.03, high=-0.01, n_test_openings=1
)


def entry(number: int, version: int | None, day: int) -> LedgerEntry:
    return LedgerEntry(
        number=number, event="promote" if version else "refuse", version=version, previous=None, sweep=f"s{number}",
        when=f"2026-01-{day:02d}T12:00:00+00:00", reason=f"reason {number}", table="songs.csv", n_test_openings=number,
        key=f"k{number}",
    )  # fmt: skip


def printed(table: Any) -> list[list[str]]:
    """The rows of a table as its cells."""
    console = Console(file=io.StringIO(), width=200, markup=False)
    console.print(table)
    lines = console.file.getvalue().splitlines()  # type: ignore[attr-defined]
    return [[cell.strip() for cell in line.strip()[1:-1].split("│")] for line in lines if line.startswith("│")]


def history_of(entries: Sequence[LedgerEntry], note: str | None = None) -> History:
    terms: tuple[Term, ...] = terms_of(moves_of(entries, "champion"))
    return History(model="m", alias="champion", champion=1, entries=tuple(entries), terms=terms, note=note)


def test_every_gate_has_a_row() -> None:
    gates = (
        Gate(name="size", value=0.123456, bound=2000.0, is_passed=True, sentence="It has 0.12 MB."),
        Gate(name="tested", value=None, bound=None, is_passed=False, sentence="No [metrics]."),
    )
    assert printed(gates_table(gates)) == [
        ["size", "0.1235", "2000", "passed", "It has 0.12 MB."],
        ["tested", "–", "–", "REFUSED", "No [metrics]."],
    ]


@pytest.mark.parametrize(("note", "end"), [(None, "now"), ("The alias was moved by hand.", "?")])
def test_terms_end_with_the_next_move_and_not_with_a_refusal(note: str | None, end: str) -> None:
    rows = printed(history_table(history_of([entry(1, 1, 1), entry(2, None, 2), entry(3, 2, 3)], note)))
    first = [row for row in rows if row[0]]  # the table's name stands in a second line
    assert [(row[0][:10], row[1][:10], row[2], row[3], row[5], row[6]) for row in first] == [
        ("2026-01-01", "2026-01-03", "promote", "1", "1", "reason 1"),
        ("2026-01-02", "", "refuse", "–", "2", "reason 2"),
        ("2026-01-03", end, "promote", "2", "3", "reason 3"),
    ]


def test_the_ledger_tells_the_run_and_what_its_gates_measured() -> None:
    values = {"leaks": 0.0, "tested": 0.2198, "baselines": -0.0374, "question": None}
    gates = {name: GateValue(value=value, bound=None, is_passed=True) for name, value in values.items()}
    one = replace(entry(1, 1, 1), run_id="0123456789abcdef", gates=gates)
    told = [(row[4], row[6]) for row in printed(history_table(history_of([one])))]
    assert told == [("s1", "reason 1"), ("songs.csv", "tested 0.2198, baselines -0.0374"), ("run 0123456789ab…", "")]


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        (PROMOTION, "Nothing was compared: version 1 knew generated songs only."),
        (
            replace(PROMOTION, comparison=COMPARISON),
            "its log loss is 0.2500, version 1 has 0.2700 (rows opened 1 time).",
        ),
        (replace(PROMOTION, is_new=False), "is the champion already"),
    ],
)
def test_a_promotion(outcome: Promotion, words: str) -> None:
    assert words in "\n".join(promotion_lines(outcome))


def test_a_rollback_names_whom_it_passed_over() -> None:
    outcome = Rollback(
        model="m", alias="champion", version=1, previous=3, skipped=(2,), why_skipped=("Version 2 was deleted.",)
    )
    assert list(rollback_lines(outcome)) == ["m version 1 is the champion again.", "Skipped: Version 2 was deleted."]
