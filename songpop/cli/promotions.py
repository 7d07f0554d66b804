"""What a person sees of the registry: the gates of an attempt, the ledger, and who is champion now, and why."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from rich.table import Table

from songpop.cli.tables import titled_table
from songpop.wording import number

SHOWN = 12  # characters of a run id; --json has all


def gates_table(gates: Iterable[Any]) -> Table:
    """Every gate of an attempt: what was measured, its bound, the verdict, and the sentence."""
    rows = [
        (gate.name, _digits(gate.value), _digits(gate.bound), "passed" if gate.is_passed else "REFUSED", gate.sentence)
        for gate in gates
    ]
    return titled_table("Gates", ("gate", "value", "bound", "verdict", "what was found"), rows)


def history_table(outcome: Any) -> Table:
    """The ledger: each champion with the end of its term, each refusal with the gates that refused."""
    moves = [entry for entry in outcome.entries if entry.version is not None and entry.alias == outcome.alias]
    ends = {entry.key: _end(term.until, outcome) for entry, term in zip(moves, outcome.terms, strict=True)}
    rows = [
        (
            _moment(entry.when),
            ends.get(entry.key, ""),
            entry.event,
            "–" if entry.version is None else str(entry.version),
            "\n".join(filter(None, (entry.sweep, entry.table, f"run {entry.run_id[:SHOWN]}…" if entry.run_id else ""))),
            str(entry.n_test_openings or "–"),
            "\n".join(filter(None, (entry.reason, _measured(entry.gates)))),
        )
        for entry in outcome.entries
    ]
    columns = ("from", "until", "what", "version", "sweep, table, run", "opened", "why, and what gates measured")
    return titled_table(f"Champions of {outcome.model}, and what was refused", columns, rows)


def promotion_lines(outcome: Any) -> Iterable[str]:
    """Which version is champion now, and why."""
    name = f"{outcome.model} version {outcome.version}"
    if not outcome.is_new:
        yield f"{name} is the {outcome.alias} already: it is this very model (sweep {outcome.sweep})."
        return
    yield f"{name}, from sweep {outcome.sweep}, is the {outcome.alias} now."
    if outcome.comparison is not None:
        told = outcome.comparison
        times = f"{told.n_test_openings} time{'s' * (told.n_test_openings != 1)}"
        yield (
            f"On {told.n_rows:,} sealed rows that neither was trained on its log loss is "
            f"{number(told.candidate_log_loss)}, version {outcome.against} has {number(told.champion_log_loss)} "
            f"(rows opened {times})."
        )
    else:
        yield f"Nothing was compared: {outcome.reason}."
    yield f"Its SHA-256: {outcome.sha256}"


def rollback_lines(outcome: Any) -> Iterable[str]:
    """Who is champion again, and whom a rollback passed over."""
    yield f"{outcome.model} version {outcome.version} is the {outcome.alias} again."
    for why in outcome.why_skipped:
        yield f"Skipped: {why}"


def _moment(utc: str) -> str:
    """Write a time of the ledger as a person's clock shows it."""
    return f"{datetime.fromisoformat(utc).astimezone():%F %R}"


def _end(until: str | None, outcome: Any) -> str:
    """Until the next move; the last term lasts until now, if the alias still says so."""
    if until is not None:
        return _moment(until)
    return "now" if outcome.note is None else "?"


def _measured(gates: Any) -> str:
    """Write what the gates measured, of those that measure something that can differ from its bound."""
    return ", ".join(f"{name} {_digits(gate.value)}" for name, gate in gates.items() if gate.value)


def _digits(value: float | None) -> str:
    return "–" if value is None else f"{value:.4g}"
