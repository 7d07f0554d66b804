"""The exceptions of songpop, each with its exit status.

::

    SongpopError
    ├── SettingsError     2   a key, value or combination that cannot be meant
    │   ├── SpaceError    2   a search space that is empty, contradictory or misspelt
    │   └── ResumeError   2   a study that was started with another space, table or objective
    ├── DataError         3   a table that cannot be read as its description says
    │   └── LeakError     3   columns that give the label away
    ├── GateError         4   a promotion that is refused, or nothing to promote
    │   └── RefusedError  4   a promotion that gates refused, with the verdict of each
    ├── StoreError        5   a store or file that could not be read or written
    │   ├── ArtifactError 5   a model file that is missing, or not the one that was registered
    │   └── UnreachableError 5   a store that does not answer for now: waiting may help
    ├── EngineError       1   worker processes that cannot start, or met a bug
    └── OracleError       1   an oracle of KerasTuner that failed where it had to decide

A message is one sentence or two: what must hold, what was found, what to do. Trials that are lost (NaN, infinite
loss) are results with a state, never exceptions.
"""

import zipfile
import zlib
from collections.abc import Sequence
from typing import Any, ClassVar, Final

# What NumPy raises of a file of arrays that is cut, empty, changed or of another kind, by where the damage is.
DAMAGED_ARRAYS: Final = (OSError, EOFError, ValueError, KeyError, TypeError, zipfile.BadZipFile, zlib.error)


class SongpopError(Exception):
    """Anything that a user can mend; the command line prints it as one sentence."""

    exit_status: ClassVar[int] = 1


class SettingsError(SongpopError):
    """A configuration key, value or combination is wrong."""

    exit_status = 2


class SpaceError(SettingsError):
    """A search space is empty, contradictory or misspelt."""


class ResumeError(SettingsError):
    """A study of this name exists, and was started with something else."""


class DataError(SongpopError):
    """A table cannot be used as its description says."""

    exit_status = 3


class LeakError(DataError):
    """One column, or two together, give the label away."""


class GateError(SongpopError):
    """A promotion is refused, or there is nothing to promote."""

    exit_status = 4


class RefusedError(GateError):
    """Gates refused a promotion; `gates` holds the verdict of every one."""

    def __init__(self, message: str, *, gates: Sequence[Any] = ()) -> None:
        super().__init__(message)
        self.gates = tuple(gates)


class StoreError(SongpopError):
    """A store or a file could not be read or written."""

    exit_status = 5


class ArtifactError(StoreError):
    """A model file is missing, damaged, or not the one that was registered."""


class UnreachableError(StoreError):
    """A store does not answer for now: its server is down, its database locked. Waiting may help."""


class EngineError(SongpopError):
    """The processes that train could not do their work."""


class OracleError(SongpopError):
    """An oracle of KerasTuner could not say what to try."""
