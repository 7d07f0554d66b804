"""Who was champion when: one entry per promotion or rollback, kept as tags of the registered model.

Owns: the entries, and which champion came before. Does not own: moving the alias (registry.py).
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Literal

PREFIX = "songpop.ledger."


@dataclass(frozen=True, kw_only=True)
class LedgerEntry:
    """One move of the champion's alias."""

    number: int  # from 1
    event: Literal["promote", "rollback"]
    version: int  # champion from now on
    previous: int | None  # champion until now; None: there was none
    sweep: str
    when: str  # ISO 8601, UTC
    reason: str
    table: str = ""  # what the version was trained on

    def to_tag(self) -> tuple[str, str]:
        """Return the entry as key and value of a tag."""
        return f"{PREFIX}{self.number:04d}", json.dumps(asdict(self))


def entries_of(tags: Mapping[str, str]) -> tuple[LedgerEntry, ...]:
    """Return the entries among a registered model's tags, the oldest first."""
    return tuple(
        sorted(
            (LedgerEntry(**json.loads(value)) for key, value in tags.items() if key.startswith(PREFIX)),
            key=lambda entry: entry.number,
        )
    )


def champions_before(entries: Sequence[LedgerEntry], current: int | None) -> list[int]:
    """Return the versions to which a rollback could go, the nearest first.

    A promotion puts its version on a stack, a rollback takes the top off. An alias that was moved by hand is not on
    the stack; the champion before it is then the top.
    """
    stack: list[int] = []
    for entry in entries:
        if entry.event == "promote":
            stack.append(entry.version)
        elif entry.version in stack:
            del stack[len(stack) - stack[::-1].index(entry.version) :]
    if stack and stack[-1] == current:
        stack.pop()
    return [version for version in dict.fromkeys(reversed(stack)) if version != current]
