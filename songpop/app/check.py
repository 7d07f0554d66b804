"""`songpop check`: what is in a table, what is wrong with it, what leaks."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from songpop.app.listener import Listener, Silence
from songpop.app.prepare import prepare_ground
from songpop.settings import SweepSettings, check_sweep


@dataclass(frozen=True, kw_only=True)
class TableCheck:
    """What `songpop check` found in a table that can be used."""

    digest: str
    n_rows: int
    n_positive: int
    n_duplicates: int
    n_columns: int
    missing: Mapping[str, int]
    dropped: tuple[str, ...]
    parts: Mapping[str, int]
    allowed_leaks: tuple[str, ...]
    summary: str


def check(
    settings: SweepSettings, *, frame: pd.DataFrame | None = None, listener: Listener | None = None
) -> TableCheck:
    """Read a table as a sweep would, look for leaks, and cut it into its parts.

    Raises:
        DataError: if the table cannot be used; LeakError: if a column gives the label away.
    """
    check_sweep(settings, has_frame=frame is not None)
    ground = prepare_ground(settings, frame, listener or Silence())
    table, split = ground.table, ground.split
    parts = {"train": len(split.train), "validation": len(split.validation), "test": len(split.test)}
    return TableCheck(
        digest=table.digest,
        n_rows=table.report.n_rows,
        n_positive=table.report.n_positive,
        n_duplicates=table.report.n_duplicates,
        n_columns=len(table.described),
        missing=dict(table.report.missing),
        dropped=tuple(table.report.dropped),
        parts=parts,
        allowed_leaks=ground.leaks.allowed,
        summary=f"The table can be used: {parts['train']:,} training, {parts['validation']:,} validation and "
        f"{parts['test']:,} test rows, {len(table.described)} columns, no leak that is not allowed.",
    )
