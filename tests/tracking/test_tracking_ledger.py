"""Who was champion when, and who came before."""

import pytest

from songpop.tracking.ledger import LedgerEntry, champions_before, entries_of


def entry(number: int, event: str, version: int) -> LedgerEntry:
    return LedgerEntry(
        number=number, event=event, version=version, previous=None, sweep="s", when="2026-01-01T00:00:00+00:00",
        reason="there was no champion",
    )  # type: ignore[arg-type]  # fmt: skip


def test_tags_and_back_in_order() -> None:
    entries = tuple(entry(number, "promote", number) for number in range(1, 13))
    tags = dict(e.to_tag() for e in reversed(entries))
    assert entries_of({"other": "tag", **tags}) == entries


@pytest.mark.parametrize(
    ("moves", "current", "before"),
    [
        ([], None, []),
        ([("promote", 1)], 1, []),
        ([("promote", 1), ("promote", 2), ("promote", 3)], 3, [2, 1]),
        ([("promote", 1), ("promote", 2), ("rollback", 1)], 1, []),
        ([("promote", 1), ("promote", 2), ("rollback", 1), ("promote", 3)], 3, [1]),
        ([("promote", 1), ("promote", 2), ("promote", 1)], 1, [2]),
        ([("promote", 1), ("promote", 2)], 7, [2, 1]),  # the alias was moved by hand
        ([("promote", 1), ("promote", 2)], None, [2, 1]),  # the champion's version was deleted
    ],
)
def test_champions_before(moves: list[tuple[str, int]], current: int | None, before: list[int]) -> None:
    entries = [entry(number, event, version) for number, (event, version) in enumerate(moves, start=1)]
    assert champions_before(entries, current) == before
