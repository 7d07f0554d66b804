"""Who was champion when, and who came before."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from songpop.tracking.ledger import (
    PREFIX,
    GateValue,
    LedgerEntry,
    champions_before,
    entries_of,
    moves_of,
    next_entry,
    terms_of,
)


def entry(number: int, event: str, version: int | None) -> LedgerEntry:
    return LedgerEntry(
        number=number, event=event, version=version, previous=None, sweep="s", when="2026-01-01T00:00:00+00:00",
        reason="there was no champion",
    )  # type: ignore[arg-type]  # fmt: skip


def tag_of(entry: LedgerEntry) -> tuple[str, str]:
    return f"{PREFIX}{entry.number:04d}", entry.to_value()


def test_tags_and_back_in_order() -> None:
    entries = tuple(replace(entry(n, "promote", n), key=f"{PREFIX}{n:04d}") for n in range(1, 13))
    tags = dict(map(tag_of, reversed(entries)))
    assert entries_of({"other": "tag", **tags}, "songpop") == entries


names = st.text(min_size=1, max_size=20)
numbers = st.none() | st.floats(allow_nan=True, allow_infinity=True)


@given(
    st.text(max_size=9_000),
    st.dictionaries(names, st.builds(GateValue, value=numbers, bound=numbers, is_passed=st.booleans()), max_size=14),
)
def test_whatever_an_entry_says_fits_into_a_tag_and_comes_back(reason: str, gates: dict[str, GateValue]) -> None:
    told = replace(entry(7, "refuse", None), reason=reason, gates=gates, n_test_openings=3, alias="best")
    value = told.to_value()
    assert len(value) <= 5_000
    found = LedgerEntry.from_tag("k", value)
    assert found.reason == reason or (found.reason.endswith("…") and reason.startswith(found.reason[:-1]))
    assert {name: gate.is_passed for name, gate in found.gates.items()} == {n: g.is_passed for n, g in gates.items()}
    assert (found.version, found.n_test_openings, found.alias, found.key) == (None, 3, "best", "k")


def test_entries_of_earlier_and_later_versions_are_read() -> None:
    old = (
        '{"number": 1, "event": "promote", "version": 1, "previous": null, "sweep": "s", '
        '"when": "2026-01-01T00:00:00+00:00", "reason": "there was no champion", "table": "songs.csv"}'
    )
    found = LedgerEntry.from_tag("songpop.ledger.0001", old)
    assert (found.version, found.gates, found.run_id, found.alias) == (1, {}, "", "champion")
    assert LedgerEntry.from_tag("k", old[:-1] + ', "colour": "blue"}').sweep == "s"


def test_the_next_entry_is_never_before_the_last() -> None:
    known = [replace(entry(4, "promote", 1), when="2033-01-01T00:00:00+00:00")]
    made = next_entry(known, entry(0, "rollback", 1))
    assert (made.number, made.when[:4]) == (5, "2033")
    assert next_entry([], entry(0, "promote", 1)).number == 1


def test_terms_end_where_the_next_begins_and_refusals_end_none() -> None:
    times = [f"2026-01-0{day}T00:00:00+00:00" for day in (1, 2, 3)]
    moves = [entry(1, "promote", 1), entry(2, "refuse", None), entry(3, "mend", 2)]
    told = moves_of([replace(one, when=when) for one, when in zip(moves, times, strict=True)], "champion")
    assert [(term.version, term.since, term.until) for term in terms_of(told)] == [
        (1, times[0], times[2]), (2, times[2], None),
    ]  # fmt: skip
    assert moves_of(moves, "other") == ()


@pytest.mark.parametrize(
    ("moves", "current", "before"),
    [
        ([], None, []),
        ([("promote", 1)], 1, []),
        ([("promote", 1), ("promote", 2), ("promote", 3)], 3, [2, 1]),
        ([("promote", 1), ("promote", 2), ("rollback", 1)], 1, []),
        ([("promote", 1), ("promote", 2), ("rollback", 1), ("promote", 3)], 3, [1]),
        ([("promote", 1), ("promote", 2), ("promote", 1)], 1, [2]),
        ([("promote", 1), ("promote", 2), ("promote", 3), ("mend", 2)], 2, [3, 1]),  # 3 lost the race
        ([("promote", 1), ("promote", 2), ("promote", 3), ("mend", 3)], 3, [2, 1]),
        ([("promote", 1), ("promote", 2)], 7, [2, 1]),  # the alias was moved by hand
        ([("promote", 1), ("promote", 2)], None, [2, 1]),  # the champion's version was deleted
    ],
)
def test_champions_before(moves: list[tuple[str, int]], current: int | None, before: list[int]) -> None:
    entries = [entry(number, event, version) for number, (event, version) in enumerate(moves, start=1)]
    assert champions_before(entries, current) == before
