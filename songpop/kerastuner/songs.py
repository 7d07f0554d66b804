"""songpop's spaces and its honest task, for scripts of KerasTuner."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from songpop.app.listener import Silence
from songpop.app.prepare import prepare, prepare_ground, searched_space
from songpop.compose import compose_settings
from songpop.contracts import Task
from songpop.overrides import overrides_of
from songpop.settings import SweepSettings, check_sweep
from songpop.space import Space


def space_named(name: str = "full", **overrides: Any) -> Space:
    """Return a space of `conf/space`; what the overrides fix is held at its value.

    Args:
        name: "full", "best", "cocktail", "grid", "published", or one of your own.
        **overrides: config keys, as in `songpop.sweep`: `optimizer="sgd"`, `model__inputs="rates"`.

    Raises:
        SettingsError: naming the key.
    """
    return searched_space(_settings({"space": name, **overrides}))


def song_task(frame: pd.DataFrame | None = None, **overrides: Any) -> Task:
    """Return the rows that a sweep would train on and choose by, preprocessed; the sealed rows are not in it.

    Args:
        frame: the table as `pandas.read_csv` reads it; None: the file of `data.path`, or the generated table.
        **overrides: config keys, as in `songpop.sweep`: `data="songs"`, `split__seed=1`.

    Raises:
        SongpopError: as `songpop.sweep`, a leak included.
    """
    settings = _settings(overrides)
    check_sweep(settings, has_frame=frame is not None)
    return prepare(settings, prepare_ground(settings, frame, Silence())).task


def _settings(overrides: Mapping[str, Any]) -> SweepSettings:
    found = compose_settings("sweep", overrides_of(dict(overrides)))
    assert isinstance(found, SweepSettings)
    return found
