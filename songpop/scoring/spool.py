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
        self._file: Any = None
        self._writer: Any = None
        self._firsts = [0]

    def __enter__(self) -> "Spool":
        """Begin; nothing is written yet."""
        return self

    def __exit__(self, *error: object) -> None:
        """Delete the file."""
        if self._file is not None:
            self._file.close()  # not the writer, which would write an end to what is deleted, perhaps on a full disk
        self._path.unlink(missing_ok=True)

    def append(self, frame: pd.DataFrame) -> None:
        """Write the rows of a piece; all pieces have the same columns.

        Raises:
            OSError: if the disk is full.
        """
        batch = pa.RecordBatch.from_pandas(frame, preserve_index=False)
        if self._writer is None:
            self._file = pa.OSFile(str(self._path), "wb")
            self._writer = pa.ipc.new_file(self._file, batch.schema)
        self._writer.write_batch(batch)
        self._firsts.append(self._firsts[-1] + len(frame))

    def pieces(self, order: Places, n_rows: int) -> Iterator[pd.DataFrame]:
        """Yield all rows in another order, `n_rows` at a time; nothing can be appended any more.

        Args:
            order: numbers of the rows, shape (R,).
            n_rows: of a piece, at most.
        """
        self._writer.close()
        self._file.close()
        with pa.memory_map(str(self._path)) as mapped, pa.ipc.open_file(mapped) as file:
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
