"""Sweeps side by side: a column for each of two or three, a row for each of ten; what differs; what is beyond luck."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from rich.table import Table

from songpop.cli.tables import titled_table, when
from songpop.wording import METRICS, metric_text, number, p_value, plural, share

N_COLUMNS = 3  # sweeps that still have room beside each other in 80 characters
N_PARAMETERS = 3  # of the space that are told of a sweep in a row; where more differ, their number is
TESTED = ("log_loss", "accuracy", "roc_auc")
WITHIN_NOISE = "≈"
Cell = Callable[[Any], str]


def side_by_side_tables(compared: Any) -> Iterator[Table]:
    """Yield what is shown of the sweeps: facts and settings."""
    if len(compared.sweeps) <= N_COLUMNS:
        yield _columns(compared)
    else:
        yield _ranking(compared)
        yield _settings(compared)


def side_by_side_lines(compared: Any) -> Iterator[str]:
    """Yield what the finals say of each sweep, in sentences, and how they were tested."""
    for place, one in enumerate(compared.sweeps, start=1):
        yield f"{place}  {one.sweep}: {one.verdict}."
    if any(one.behind is not None for one in compared.sweeps):
        yield (
            "Tested by the finals' winners, paired by the resamples that both have, corrected for their overlap and "
            f"(Holm) for the number of tests; beyond luck: p < {compared.alpha:g}."
        )
    if len(compared.sweeps) > 1 and not compared.differing:
        yield "They have the same settings."


def _columns(compared: Any) -> Table:
    """A row per fact and per setting that differs, a column per sweep."""
    table = Table(title="Side by side, the lowest mean of the finals first", title_justify="left")
    table.add_column("", no_wrap=True)
    for place, one in enumerate(compared.sweeps, start=1):
        table.add_column(f"{place}  {one.sweep}", overflow="fold")
    for name, cell in _facts().items():
        table.add_row(name, *map(cell, compared.sweeps))
    if compared.differing:
        table.add_section()
    for key, values in compared.differing.items():
        table.add_row(key, *map(_value, values))
    return table


def _facts() -> dict[str, Cell]:
    return {
        "begun": when,
        "protocol": lambda one: one.protocol + _leak(one),
        "table, split": lambda one: f"{one.table[:8]}, {_split(one)}",
        "trials": lambda one: f"{one.n_trials} ({_ends(one)})",
        "trained for": lambda one: f"{one.wall_s:,.1f} s, the search {one.search_s:,.1f} s",
        "trials per hour of it": lambda one: "–" if one.trials_per_hour is None else f"{one.trials_per_hour:,.0f}",
        "val log loss, search": lambda one: number(one.best_val_log_loss),
        "val log loss, finals": _finals,
        "behind the best (p)": _behind,
        "champion": _champion,
        **{f"test {METRICS[key]}": _tested(key) for key in TESTED},
        "test rows, opened": lambda one: f"{one.n_test_rows or '–'}, {plural(one.n_test_openings, 'time')}",
    }


def _ranking(compared: Any) -> Table:
    """A row per sweep, a section per ground."""
    tested = ("test\nlog loss", "test\naccuracy", "opened")
    columns = ("#", "sweep", "val log\nloss", "behind\n(p)", *tested, "trials\ntime")
    title = f"Sweeps by the mean of their finals ({WITHIN_NOISE}: may be luck; between lines: the same table and split)"
    table = titled_table(title, columns, (), n_left=2)
    for place, one in enumerate(compared.sweeps, start=1):
        if place > 1 and one.ground != compared.sweeps[place - 2].ground:
            table.add_section()
        test = one.test.get
        cells = (number(test("log_loss")), share(test("accuracy")), str(one.n_test_openings))
        spent = f"{one.n_trials}\n{one.wall_s:,.0f} s"
        table.add_row(str(place), one.sweep + _leak(one), _finals(one, "\n± "), _behind(one), *cells, spent)
    return table


def _settings(compared: Any) -> Table:
    """A row per sweep, with those of its settings that are not as in most of them."""
    usual = {key: Counter(map(repr, values)).most_common(1)[0] for key, values in compared.differing.items()}
    rows = []
    for place, one in enumerate(compared.sweeps):
        own = {key: values[place] for key, values in compared.differing.items() if _is_own(values[place], usual[key])}
        rows.append((str(place + 1), one.sweep, ", ".join(_told(own)) or "as in most"))
    return titled_table("What differs: settings that are not as in most of them", ("#", "sweep", "settings"), rows)


def _is_own(value: Any, usual: tuple[str, int]) -> bool:
    """Say whether a value is not the usual one; where each sweep has another, every one is its own."""
    written, n_times = usual
    return n_times == 1 or repr(value) != written


def _told(own: Mapping[str, Any]) -> Iterator[str]:
    searched = [key for key in own if key.startswith("space.")]
    for key, value in own.items():
        if key not in searched or len(searched) <= N_PARAMETERS:
            yield f"{key}={_value(value)}"
    if len(searched) > N_PARAMETERS:
        yield f"space: {len(searched)} parameters otherwise"


def _value(value: Any) -> str:
    """Write a setting in a few characters."""
    if isinstance(value, Mapping):
        return _parameter(value)
    if isinstance(value, list):
        return _items(value)
    if isinstance(value, bool):
        return str(value).lower()
    return "–" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def _items(values: Sequence[Any]) -> str:
    if any(isinstance(item, Mapping) for item in values):
        return f"{len(values)} of them"
    return "+".join(map(str, values)) or "none"


def _parameter(entry: Mapping[str, Any]) -> str:
    """Write a searched parameter: its choices, its range, or its one value."""
    if "choices" in entry:
        return "|".join(map(str, entry["choices"]))
    if "low" in entry:
        return f"{entry['low']:g} to {entry['high']:g}{' (log)' if entry.get('log') else ''}"
    return _value(entry.get("value"))


def _finals(one: Any, sign: str = " ± ") -> str:
    found = one.finals_val_log_loss
    return "–" if found is None else f"{number(found.mean)}{sign}{number((found.high - found.low) / 2)}"


def _behind(one: Any) -> str:
    if one.behind is None:
        return "–"
    mark = "" if one.behind.is_beyond_luck else f" {WITHIN_NOISE}"
    return f"{number(one.behind.difference)}\n({p_value(one.behind.p_value)}){mark}"


def _champion(one: Any) -> str:
    return "–" if one.champion is None else f"{one.champion}, {one.n_models} model{'s' * (one.n_models != 1)}"


def _tested(key: str) -> Cell:
    def cell(one: Any) -> str:
        return metric_text(key, one.test[key], one.test_intervals.get(key)) if key in one.test else "–"

    return cell


def _ends(one: Any) -> str:
    counts = {"complete": one.n_complete, "pruned": one.n_pruned, "failed": one.n_failed}
    return ", ".join(f"{n} {name}" for name, n in counts.items() if n or name == "complete")


def _split(one: Any) -> str:
    kind, _, digest = one.split.partition(" ")
    return f"{kind} {digest[:8]}"


def _leak(one: Any) -> str:
    return f"\nLEAK: {', '.join(one.leaks)}" if one.leaks else ""
