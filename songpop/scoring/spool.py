"""Rows on a disk, written in one order and read in another: a table larger than memory can be sorted.

Owns: the temporary file. Does not own: the order (ranking.py).

Axes: R rows.
"""

import mmap
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, final

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

Places = NDArray[np.int64]


@final
class Spool:
    """A table's text cells in a file of Arrow's, one batch per piece; read through a memory map, page by page.

    A context manager. The file has no name: the kernel deletes it however the process ends, and two never meet.
    """

    def __init__(self, folder: Path) -> None:
        """Take the folder on whose disk the rows shall lie."""
        self._folder = folder
        self._file: Any = None
        self._writer: Any = None
        self._firsts = [0]

    def __enter__(self) -> "Spool":
        """Begin; nothing is written yet."""
        return self

    def __exit__(self, *error: object) -> None:
        """Delete the file."""
        if self._file is not None:
            self._file.raw.close()  # not the writer, which would write an end to what goes, perhaps on a full disk

    def append(self, frame: pd.DataFrame) -> None:
        """Write the rows of a piece; all pieces have the same columns.

        Raises:
            OSError: if the disk is full.
        """
        batch = pa.RecordBatch.from_pandas(frame, preserve_index=False)
        if self._writer is None:
            self._file = tempfile.TemporaryFile(dir=self._folder)  # noqa: SIM115 - closed at the end
            self._writer = pa.ipc.new_file(self._file, batch.schema)
        self._writer.write_batch(batch)
        self._firsts.append(self._firsts[-1] + len(frame))

    def pieces(self, order: Places, n_rows: int) -> Iterator[pd.DataFrame]:
        """Yield all rows in another order, `n_rows` at a time; nothing can be appended any more.

        Args:
            order: numbers of the rows, shape (R,).
            n_rows: of a piece, at most.

        Raises:
            OSError: if the disk is full.
        """
        self._writer.close()
        self._file.flush()
        mapped = pa.py_buffer(mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_READ))
        with pa.ipc.open_file(mapped) as file:
            for first in range(0, max(len(order), 1), n_rows):
                yield self._taken(file, order[first : first + n_rows])

    def _taken(self, file: Any, rows: Places) -> pd.DataFrame:
        batch_of = np.searchsorted(self._firsts, rows, "right") - 1
        places = {number: np.flatnonzero(batch_of == number) for number in np.unique(batch_of).tolist()}
        pieces = [
            file.get_batch(number).take(pa.array(rows[found] - self._firsts[number]))
            for number, found in places.items()
        ]
        table = pa.Table.from_batches(pieces, schema=file.schema)
        back = np.empty(len(rows), dtype=np.int64)
        back[np.concatenate([np.empty(0, dtype=np.int64), *places.values()])] = np.arange(len(rows))
        frame: pd.DataFrame = table.take(pa.array(back)).to_pandas()
        return frame
