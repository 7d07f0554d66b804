"""From settings to what an engine trains on: table, leak guard, split, preprocessing, in this order."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import pandas as pd

from songpop.app.listener import Listener
from songpop.contracts import Indices, Params, Part, Split, Task
from songpop.data.leak_sample import LeakSample, LeakVerdict
from songpop.data.splits import make_split
from songpop.data.table import SongTable, describe, load_table
from songpop.engines.errand import Errand
from songpop.settings import DataSettings, FitOn, SweepSettings
from songpop.space import Space, pin
from songpop.space.legal import Value, check_value


@dataclass(frozen=True, kw_only=True, eq=False)
class Ground:
    """A table that has been read and found free of unallowed leaks, and its parts."""

    table: SongTable
    leaks: LeakVerdict
    split: Split
    source: str  # where the table comes from, for people
    is_generated: bool  # the built-in table: its songs do not exist


@dataclass(frozen=True, kw_only=True, eq=False)
class Prepared:
    """What an engine trains on, and the preprocessing that belongs to it (models.features.Preprocessing)."""

    ground: Ground
    preprocessing: Any
    task: Task


def prepare_ground(
    settings: SweepSettings,
    frame: pd.DataFrame | None,
    listener: Listener,
    meanwhile: Callable[[], object] | None = None,
) -> Ground:
    """Read the table, refuse leaks, and decide who is in which part.

    Args:
        settings: of the command.
        frame: the table, if it is at hand.
        listener: told what is in the table.
        meanwhile: called here while a worker looks for leaks; None: this process looks.

    Raises:
        DataError: if the table cannot be used; LeakError: if a column gives the label away.
    """
    table = read_table(settings, frame)
    is_generated = settings.data.generated and frame is None
    source = "data frame" if frame is not None else settings.data.path or "generated songs"
    for line in describe(table, source):
        listener.note(line)
    sample = LeakSample.of(table)
    if meanwhile is None:
        leaks = _guard_leaks(sample, settings.data)
    else:
        with Errand(_guard_leaks, sample, settings.data, 1) as errand:  # one thread: this process has work of its own
            meanwhile()
            leaks = errand.answer()
    if leaks.allowed:
        listener.note(f"LEAK, allowed by data.allowed_leaks: {', '.join(leaks.allowed)} gives the label away.")
    return Ground(
        table=table, leaks=leaks, split=make_split(table, settings.split), source=source, is_generated=is_generated
    )


def _guard_leaks(sample: LeakSample, settings: DataSettings, n_threads: int = -1) -> LeakVerdict:
    from songpop.data.leakage import guard_leaks  # scikit-learn: a second, which only the process that measures pays

    return guard_leaks(sample, settings, n_threads)


def read_table(settings: SweepSettings, frame: pd.DataFrame | None) -> SongTable:
    """Read the table of the settings: a frame that is at hand, the generated one, or a file."""
    if frame is None and settings.data.generated:
        from songpop.data.sample import generate_songs  # SciPy's statistics: half a second, which a file does without

        frame = generate_songs()
    features = settings.features
    return load_table(settings.data, frame=frame, use_dates=features.use_dates, extra=features.extra)


def import_tensorflow() -> None:
    """Import what `prepare` needs, which takes seconds."""
    import songpop.models.features  # noqa: F401


def prepare(settings: SweepSettings, ground: Ground) -> Prepared:
    """Fit the preprocessing on the rows that the settings allow, and apply it to train and validation."""
    table, split = ground.table, ground.split
    preprocessing = preprocessing_of(settings, ground, split.train)
    task = task_of(table, preprocessing, split.train, split.validation)
    return Prepared(ground=ground, preprocessing=preprocessing, task=task)


def empty_blocks(prepared: Prepared) -> tuple[str, ...]:
    """Return the blocks of `features.extra` that this table has no columns for, as rates where there is no date."""
    return tuple(name for name, (first, last) in prepared.task.blocks.items() if first == last)


def preprocessing_of(settings: SweepSettings, ground: Ground, train: Indices) -> Any:
    """Return the preprocessing (models.features.Preprocessing), fitted on the rows that the settings allow."""
    from songpop.models.features import fit_features  # TensorFlow, which `songpop check` does without

    table = ground.table
    fit_on = table.matrix[train] if settings.features.fit_on is FitOn.train else table.matrix
    features = settings.features
    return fit_features(fit_on, table.columns, features.kind, features.extra, features.n_pieces)


def part_of(table: SongTable, preprocessing: Any, rows: Indices, fitted_on: Indices) -> Part:
    """Return rows of a table, preprocessed.

    Args:
        table: whose rows they are.
        preprocessing: a models.features.Preprocessing.
        rows: which ones.
        fitted_on: training rows of the preprocessing: where it counts rows, none of these counts itself.
    """
    x = preprocessing.transform(table.matrix[rows], np.isin(rows, fitted_on))
    return Part(x=x, y=table.label[rows].astype(np.float32))


def task_of(table: SongTable, preprocessing: Any, train: Indices, validation: Indices) -> Task:
    """Return two parts of a table, preprocessed; the preprocessing was fitted on `train`."""
    return Task(
        train=part_of(table, preprocessing, train, train),
        validation=part_of(table, preprocessing, validation, train),
        blocks=preprocessing.blocks,
    )


def fixed_values(settings: SweepSettings) -> dict[str, Value]:
    """Return the hyperparameters that the groups model, optimizer, schedule and train fix, by field of `Params`.

    Raises:
        SpaceError: naming the key, if a network cannot have such a value.
    """
    given: dict[str, Any] = {
        f"{key}.{field.name}": getattr(group, field.name)
        for key, group in (
            ("model", settings.model),
            ("optimizer", settings.optimizer),
            ("schedule", settings.schedule),
        )
        for field in fields(group)
    }
    given["train.batch_size"] = settings.train.batch_size
    names = {key: key.rpartition(".")[2] for key in given}
    return {names[key]: check_value(key, names[key], value) for key, value in given.items() if value is not None}


def base_params(settings: SweepSettings) -> Params:
    """Return the hyperparameters where nothing is searched: what is fixed, and the defaults of `Params`.

    Raises:
        SpaceError: naming the key, if a network cannot have such a value.
    """
    fixed: dict[str, Any] = fixed_values(settings)
    return Params(**fixed)


def searched_space(settings: SweepSettings) -> Space:
    """Return the space of the settings, with what the other groups fix held at its value.

    Raises:
        SpaceError: naming the key.
    """
    return pin(Space.from_settings(settings.space), fixed_values(settings))
