"""The sealed rows that travel with a model, so that promotion can compare two models without the table.

Owns: the two files. Does not own: which rows are sealed, scoring models on them (judge.py).

Axes: B baselines, R sealed rows, T songs that the model was trained on (its validation rows included).
"""

import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from songpop.errors import ArtifactError

ROWS_FILE = "sealed.csv.gz"
KEYS_FILE = "sealed.npz"
BASELINE = "baseline "  # begins the names of the arrays that hold what a baseline says


@dataclass(frozen=True, kw_only=True, eq=False)
class SealedRows:
    """The sealed rows of a model, and the songs that are not."""

    rows: pd.DataFrame  # raw text cells, R rows
    label: NDArray[np.int8]  # (R,)
    song_keys: NDArray[np.uint64]  # (R,)
    trained_keys: NDArray[np.uint64]  # (T,) songs of all other rows
    baselines: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)  # method → its probabilities, (R,)

    def save(self, folder: Path) -> None:
        """Write the rows as text and the keys as arrays into `folder`."""
        # Without a time in the header, the same rows always give the same bytes, and so the same SHA-256.
        self.rows.to_csv(folder / ROWS_FILE, index=False, compression={"method": "gzip", "mtime": 0})
        arrays: dict[str, Any] = {
            "label": self.label,
            "song_keys": self.song_keys,
            "trained_keys": np.unique(self.trained_keys),
            **{f"{BASELINE}{name}": chance for name, chance in self.baselines.items()},
        }
        np.savez_compressed(folder / KEYS_FILE, **arrays)

    @staticmethod
    def load(folder: Path) -> "SealedRows":
        """Return what `save` wrote.

        Raises:
            ArtifactError: if a file is missing or damaged.
        """
        try:
            text = pd.read_csv(folder / ROWS_FILE, dtype=str, keep_default_na=False, index_col=False)
            with np.load(io.BytesIO((folder / KEYS_FILE).read_bytes()), allow_pickle=False) as arrays:
                return SealedRows(
                    rows=text,
                    label=arrays["label"],
                    song_keys=arrays["song_keys"],
                    trained_keys=arrays["trained_keys"],
                    baselines={
                        name.removeprefix(BASELINE): arrays[name] for name in arrays.files if name.startswith(BASELINE)
                    },
                )
        except (OSError, ValueError, KeyError) as error:
            raise ArtifactError(
                f"The sealed rows in {folder} ({ROWS_FILE}, {KEYS_FILE}) cannot be read ({error!r}). "
                "Restore them from a copy."
            ) from error


def _baselines(arrays: Mapping[str, NDArray[np.float64]]) -> dict[str, NDArray[np.float64]]:
    if "baselines" not in arrays:  # a model of an earlier version
        return {}
    return dict(zip(map(str, arrays["baseline_names"]), arrays["baselines"], strict=True))
