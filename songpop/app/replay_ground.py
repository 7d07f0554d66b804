"""What a recorded trial stood on, built again: settings from the record, the table from where it lies now, the parts.

Owns: whether the ground is the recorded one. Does not own: reading the record (tracking), training (replay_training).
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import pandas as pd

from songpop.app.prepare import Ground, Prepared, prepare, read_table
from songpop.app.resampling import resampled
from songpop.contracts import Split
from songpop.data.leak_sample import LeakVerdict
from songpop.data.splits import split_digest
from songpop.data.table import SongTable
from songpop.errors import DataError, SettingsError
from songpop.replay.record import Recorded, parts_of
from songpop.settings import SweepSettings
from songpop.tracking.records import CONFIG, PARTS, SweepFiles

ReadConfig = Callable[[str], SweepSettings]  # the text of a config.yaml → settings
A_FRAME: Final = "data frame"  # what recording calls a table that came from a program


@dataclass(frozen=True, kw_only=True, eq=False)
class Foundation:
    """What a sweep's files say of the ground of its trials."""

    settings: SweepSettings
    split: Split
    is_frame: bool  # the table was a data frame, of which no file is known

    @property
    def key(self) -> str:
        """What tells it from others: trials of one key are trained on the same arrays."""
        data, features = asdict(self.settings.data), asdict(self.settings.features)
        return repr((data, features, asdict(self.settings.split), self.split.digest, self.is_frame))


@dataclass(frozen=True, kw_only=True)
class Unfit:
    """Why nothing can be trained: the ground is another one (drifted), or it is not there."""

    reason: str
    is_missing: bool


def foundation(files: SweepFiles, read_config: ReadConfig, table: str | None, *, has_frame: bool) -> Foundation | Unfit:
    """Read what a sweep's files say; `table` is where the table lies now, None: where they say."""
    try:
        settings = read_config(files.files.get(CONFIG, b"").decode())
    except (SettingsError, UnicodeDecodeError) as error:
        return Unfit(reason=f"a file {CONFIG} of its sweep that this version understands ({error})", is_missing=True)
    parts = parts_of(files.files[PARTS])
    if parts is None:
        return Unfit(reason=f"a file {PARTS} of its sweep that can be read", is_missing=True)
    is_frame = any(A_FRAME in source for source in files.sources) and settings.data.path is None
    if table is not None and is_frame:  # as `frame.to_csv(FILE, index=False)` has written it
        settings.data.encoding, settings.data.separator = "utf-8", ","
    if table is not None:
        settings.data.path, settings.data.generated, is_frame = table, False, False
    train, validation, test = parts
    split = Split(
        train=train,
        validation=validation,
        test=test,
        name=settings.split.kind.value,
        seed=settings.split.seed,
        digest=split_digest(train, validation, test),
    )
    return Foundation(settings=settings, split=split, is_frame=is_frame and not has_frame)


def read_again(found: Foundation, frame: pd.DataFrame | None) -> SongTable | Unfit:
    """Read the table, from the frame if there is one."""
    data = found.settings.data
    remedy = "Say where it lies now: table=FILE"
    if (frame is None and not data.generated and data.path is None) or found.is_frame:
        return Unfit(reason=f"the table: it was a data frame of which no file is known. {remedy}", is_missing=True)
    if frame is None and data.path is not None and not Path(data.path).is_file():
        return Unfit(reason=f"the table: there is no file {data.path}. {remedy}", is_missing=True)
    try:
        return read_table(found.settings, frame)
    except (DataError, SettingsError) as error:
        return Unfit(
            reason=f"the table {_source(found, frame)} is no longer what the record describes: {error}",
            is_missing=False,
        )


def changed_ground(trial: Recorded, table: SongTable, found: Foundation, frame: pd.DataFrame | None) -> str:
    """Say what of a trial's ground is not as recorded; "" if all is."""
    if table.digest != trial.table:
        return (
            f"the table {_source(found, frame)} has the digest {table.digest[:12]}, the record says {trial.table[:12]}"
        )
    if found.split.digest != trial.split:
        return f"the file {PARTS} has the digest {found.split.digest[:12]}, the record says {trial.split[:12]}"
    if trial.label and table.label_rule != trial.label:
        return f"the label is {table.label_rule!r} now, the record says {trial.label!r}"
    return ""


def prepare_again(found: Foundation, table: SongTable, n_resamples: int) -> Prepared:
    """Fit the preprocessing again, and make the parts that trials are trained on.

    Args:
        found: settings and rows of the parts.
        table: the recorded one.
        n_resamples: how many resampled parts the trials want (finals); 0: none.
    """
    prepared = prepare(found.settings, _ground(found, table))
    return resampled(found.settings, prepared, n_resamples).prepared if n_resamples else prepared


def _ground(found: Foundation, table: SongTable) -> Ground:
    # Leaks were looked for when the sweep began, in this very table.
    data = found.settings.data
    return Ground(
        table=table,
        leaks=LeakVerdict(allowed=(), found=()),
        split=found.split,
        source=data.path or "",
        is_generated=data.generated,
    )


def _source(found: Foundation, frame: pd.DataFrame | None) -> str:
    if frame is not None:
        return "(a data frame)"
    return found.settings.data.path or "(the built-in one)"
