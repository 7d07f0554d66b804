"""Rows on a disk, written in one order and read in another: a table larger than memory can be sorted.

Owns: the temporary file. Does not own: the order (ranking.py).

Axes: R rows.
"""

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

    A context manager: the file is deleted at its end.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._writer: Any = None
        self._firsts = [0]

    def __enter__(self) -> "Spool":
        """Begin; nothing is written yet."""
        return self

    def __exit__(self, *error: object) -> None:
        """Delete the file."""
        if self._writer is not None:
            self._writer.close()
        self._path.unlink(missing_ok=True)

    def append(self, frame: pd.DataFrame) -> None:
        """Write the rows of a piece; all pieces have the same columns.

        Raises:
            OSError: if the disk is full.
        """
        batch = pa.RecordBatch.from_pandas(frame, preserve_index=False)
        if self._writer is None:
            self._writer = pa.ipc.new_file(str(self._path), batch.schema)
        self._writer.write_batch(batch)
        self._firsts.append(self._firsts[-1] + len(frame))

    def pieces(self, order: Places, n_rows: int) -> Iterator[pd.DataFrame]:
        """Yield all rows in another order, `n_rows` at a time; nothing can be appended any more.

        Args:
            order: numbers of the rows, shape (R,).
            n_rows: of a piece, at most.
        """
        self._writer.close()
        with pa.memory_map(str(self._path)) as mapped, pa.ipc.open_file(mapped) as file:
            for first in range(0, max(len(order), 1), n_rows):
                yield self._taken(file, order[first : first + n_rows])

    def _taken(self, file: Any, rows: Places) -> pd.DataFrame:
        batch_of = np.searchsorted(self._firsts, rows, "right") - 1
        by_batch = np.argsort(batch_of, kind="stable")
        numbers, begins = np.unique(batch_of[by_batch], return_index=True)
        pieces = [
            file.get_batch(int(number)).take(pa.array(rows[places] - self._firsts[number]))
            for number, places in zip(numbers, np.split(by_batch, begins[1:]), strict=True)
        ]
        table = pa.Table.from_batches(pieces, schema=file.schema)
        back = np.empty_like(by_batch)
        back[by_batch] = np.arange(len(rows))
        frame: pd.DataFrame = table.take(pa.array(back)).to_pandas()
        return frame
