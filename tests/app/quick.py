"""Settings for tests: as few epochs, trials and columns as a command needs."""

from copy import deepcopy
from functools import reduce
from typing import Any

from songpop.compose import compose_settings
from songpop.overrides import overrides_of
from songpop.settings import SweepSettings

# No processes: two of them take a second to start, and a trial's result does not depend on them.
QUICK: dict[str, Any] = {"debug": "quick", "train__epochs": 3, "data__leak_auc": 0.99, "engine__n_workers": 0}
# Four columns: the leak guard looks at six pairs of them, not at three hundred.
LEAN: dict[str, Any] = {
    "data__columns__counts": ["All Time Rank", "Spotify Streams", "YouTube Views", "Shazam Counts"],
    "data__columns__numbers": ["Track Score"],
    "data__columns__flags": [],
}


def sweep_settings(**overrides: Any) -> SweepSettings:
    """Settings of a sweep over four columns, and what a test changes."""
    settings = compose_settings("sweep", overrides_of({**LEAN, **overrides}))
    assert isinstance(settings, SweepSettings)
    return settings


def changed(settings: SweepSettings, key: str, value: Any) -> SweepSettings:
    """The same settings but for one key, without Hydra, which takes half a second."""
    copy = deepcopy(settings)
    *groups, name = key.split(".")
    setattr(reduce(getattr, groups, copy), name, value)
    return copy


class Notebook:
    """A listener that writes everything down."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.finished: list[int] = []

    def note(self, text: str) -> None:
        self.notes.append(text)

    def progress(self, progress: Any) -> None:
        self.finished.append(progress.n_finished)

    def beat(self, progress: Any) -> None:
        pass

    def step(self, text: str, n_done: int, n_total: int) -> None:
        self.notes.append(text)
        self.finished.append(n_done)
