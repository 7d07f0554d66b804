"""What a report draws the champion from: its one look at the sealed rows, and the rows that its models did not know.

Owns: the file beside the sweep. Does not own: the look itself (crown.py).

Axes: R sealed rows, M models of the champion.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from songpop.contracts import Indices
from songpop.errors import DAMAGED_ARRAYS, ArtifactError

EVIDENCE_FILE = "evidence.npz"  # artifact of the parent


@dataclass(frozen=True, kw_only=True, eq=False)
class Evidence:
    """What was seen when a champion was crowned."""

    label: NDArray[np.int8]  # (R,) of the sealed rows
    chance: NDArray[np.float64]  # (R,) what the champion said of them
    unseen: Sequence[Indices]  # of each of the M models: rows of the table that it was not trained on

    def to_bytes(self) -> bytes:
        """Return the file's content."""
        buffer = io.BytesIO()
        np.savez_compressed(
            buffer,
            label=self.label,
            chance=self.chance,
            rows=np.concatenate(self.unseen),
            n_rows=np.array([len(rows) for rows in self.unseen]),
        )
        return buffer.getvalue()

    @staticmethod
    def of(content: bytes) -> "Evidence":
        """Return what `to_bytes` wrote.

        Raises:
            ArtifactError: if it is something else.
        """
        try:
            with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
                ends = np.cumsum(arrays["n_rows"])
                unseen = np.split(arrays["rows"], ends[:-1])
                return Evidence(label=arrays["label"], chance=arrays["chance"], unseen=unseen)
        except DAMAGED_ARRAYS as error:
            raise ArtifactError(
                f"The file {EVIDENCE_FILE} of a sweep is damaged ({error!r}). Restore it from a copy."
            ) from error
