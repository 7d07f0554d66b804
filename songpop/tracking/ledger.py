"""The ledger: who was champion from when to when, why, and what was refused; one tag of the registered model an entry.

Owns: the entries, their form as tags, and what follows from them. Does not own: writing them (moves.py), which only
ever adds: nothing rewrites or removes an entry. Pure.
"""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from itertools import zip_longest
from typing import Literal

from songpop.errors import StoreError
from songpop.tracking.gates import Gate

PREFIX = "songpop.ledger."
SET_ASIDE = "songpop.set_aside."  # an entry that nobody can read, kept out of the way by songpop doctor
MAX_CHARACTERS = 5_000  # of a registered model's tag, in MLflow's databases
Event = Literal["promote", "rollback", "refuse", "mend"]


@dataclass(frozen=True, kw_only=True)
class GateValue:
    """What a gate measured, as the ledger keeps it; the sentence stands in the sweep's artifact."""

    value: float | None
    bound: float | None
    is_passed: bool


@dataclass(frozen=True, kw_only=True)
class LedgerEntry:
    """One move of the alias, or one refusal. Fields with defaults are missing in entries of earlier versions."""

    number: int  # from 1
    event: Event  # mend: of two promotions at once, the better one was given the alias
    version: int | None  # champion from now on; None: a refusal, nothing moved
    previous: int | None  # champion until now; None: there was none
    sweep: str
    when: str  # ISO 8601, UTC; never before the entry before
    reason: str
    table: str = ""  # what the version was trained on
    run_id: str = ""  # the run whose weights the version holds
    alias: str = "champion"
    gates: Mapping[str, GateValue] = field(default_factory=dict)  # by name
    n_test_openings: int = 0  # how often the candidate's sealed rows had been looked at
    key: str = ""  # of the tag that holds it; "" before it is written

    def to_value(self) -> str:
        """Return the tag's value, at most MAX_CHARACTERS long: a longer reason is cut."""
        document = {item.name: getattr(self, item.name) for item in fields(self) if item.name not in ("key", "gates")}
        document["gates"] = {
            name: [finite(gate.value), finite(gate.bound), int(gate.is_passed)] for name, gate in self.gates.items()
        }
        text = json.dumps(document, ensure_ascii=False, allow_nan=False)
        if len(text) <= MAX_CHARACTERS:
            return text
        kept = max(len(self.reason) - (len(text) - MAX_CHARACTERS) - 1, 0)
        shorter = self.reason[:kept] + "…"
        return replace(self, reason=shorter).to_value() if kept else text

    @staticmethod
    def from_tag(key: str, value: str) -> "LedgerEntry":
        """Return the entry of a tag; what later versions have added is left out.

        Raises:
            ValueError, TypeError, AttributeError, KeyError: if the tag is no entry.
        """
        document = json.loads(value)
        known = {item.name: document[item.name] for item in fields(LedgerEntry) if item.name in document}
        gates = {
            name: GateValue(value=measured, bound=bound, is_passed=bool(is_passed))
            for name, (measured, bound, is_passed) in known.pop("gates", {}).items()
        }
        return _checked(LedgerEntry(**{**known, "gates": gates, "key": key}))


@dataclass(frozen=True, kw_only=True)
class Term:
    """How long a version was champion, by the ledger."""

    version: int
    since: str
    until: str | None  # None: until now


def entries_of(tags: Mapping[str, str], model: str) -> tuple[LedgerEntry, ...]:
    """Return the entries among the tags of the registered model `model`, the oldest first.

    Raises:
        StoreError: if one of them was changed by hand into something else. To go on without it might make somebody
            champion who was not.
    """
    if unreadable := unreadable_keys(tags):
        raise StoreError(
            f"The ledger of the registered model {model!r} must hold what songpop wrote, but its tag {unreadable[0]} "
            "is not such an entry. Restore the tag from a copy of the store, or let songpop doctor set it aside."
        )
    found = (LedgerEntry.from_tag(key, value) for key, value in tags.items() if key.startswith(PREFIX))
    return tuple(sorted(found, key=_order))


def unreadable_keys(tags: Mapping[str, str]) -> list[str]:
    """Return the keys of the ledger's tags that are no entries."""
    return sorted(key for key, value in tags.items() if key.startswith(PREFIX) and not _is_entry(key, value))


def moves_of(entries: Iterable[LedgerEntry], alias: str) -> tuple[LedgerEntry, ...]:
    """Return the entries that gave this alias to a version, in their order."""
    return tuple(entry for entry in entries if entry.version is not None and entry.alias == alias)


def next_entry(entries: Sequence[LedgerEntry], entry: LedgerEntry) -> LedgerEntry:
    """Return the entry with the next number, and with a time that is not before the last one's.

    A clock that was set back would otherwise turn the order of champions around.
    """
    number = max((known.number for known in entries), default=0) + 1
    return replace(entry, number=number, when=max([entry.when, *(known.when for known in entries)]))


def gate_values(gates: Iterable[Gate]) -> dict[str, GateValue]:
    """Return what the ledger keeps of an attempt's gates."""
    return {gate.name: GateValue(value=gate.value, bound=gate.bound, is_passed=gate.is_passed) for gate in gates}


def terms_of(moves: Sequence[LedgerEntry]) -> tuple[Term, ...]:
    """Return who was champion from when to when; each move ends the term before it."""
    return tuple(
        Term(version=entry.version or 0, since=entry.when, until=after.when if after else None)
        for entry, after in zip_longest(moves, moves[1:])
    )


def champions_before(moves: Sequence[LedgerEntry], current: int | None) -> list[int]:
    """Return the versions to which a rollback could go, the nearest first.

    A promotion puts its version on a stack, a rollback takes the top off, a mend puts the winner of a race on top, as
    if the others had been promoted before it. An alias that was moved by hand is not on the stack; the champion before
    it is then the top.
    """
    stack: list[int] = []
    for entry in moves:
        version = entry.version or 0
        if entry.event == "mend":
            stack = [other for other in stack if other != version]
        if entry.event in ("promote", "mend"):
            stack.append(version)
        elif version in stack:
            del stack[len(stack) - stack[::-1].index(version) :]
    if stack and stack[-1] == current:
        stack.pop()
    return [version for version in dict.fromkeys(reversed(stack)) if version != current]


def _is_entry(key: str, value: str) -> bool:
    try:
        LedgerEntry.from_tag(key, value)
    except (ValueError, TypeError, AttributeError, KeyError):
        return False
    return True


def _checked(entry: LedgerEntry) -> LedgerEntry:
    """Return an entry whose fields are of the kinds that everybody who reads it relies on.

    Raises:
        ValueError, TypeError: if one is not.
    """
    datetime.fromisoformat(entry.when)
    words = (entry.event, entry.sweep, entry.reason, entry.table, entry.run_id, entry.alias)
    numbers = (entry.number, entry.n_test_openings, entry.version or 0, entry.previous or 0)
    if not all(isinstance(word, str) for word in words) or not all(isinstance(number, int) for number in numbers):
        raise TypeError(entry.key)
    return entry


def _order(entry: LedgerEntry) -> tuple[int, bool, str]:
    # A mend has the number of the later of the two entries that it settles, and stands behind both.
    return entry.number, entry.event == "mend", entry.key


def finite(value: float | None) -> float | None:
    """Return six digits of a number, enough to remember; None for what is none, since JSON has no word for it."""
    return None if value is None or not math.isfinite(value) else float(f"{value:.6g}")
