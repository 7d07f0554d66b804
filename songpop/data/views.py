"""One or two columns as a leak would use them: raw, logs, missing flags, sums, differences, ratios, log products.

Axes: R rows, C columns of the raw matrix, V views.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Views = NDArray[np.float64]
LARGEST = 1e30  # so that squares and float32 copies of a view stay finite


@dataclass(frozen=True, kw_only=True, eq=False)
class ViewedTable:
    """The columns of a matrix, each array of shape (R, C) and without NaN: medians stand in, `is_missing` tells."""

    raw: Views
    log: Views
    is_missing: Views

    def head(self, n_rows: int) -> "ViewedTable":
        """Return the first rows."""
        return ViewedTable(raw=self.raw[:n_rows], log=self.log[:n_rows], is_missing=self.is_missing[:n_rows])

    def of(self, columns: tuple[int, ...]) -> Views:
        """Return the views of one column or of two together, shape (R, V), finite; missing flags only where needed."""
        raw, log, is_missing = self.raw[:, columns], self.log[:, columns], self.is_missing[:, columns]
        parts = [raw, log, is_missing[:, is_missing.any(axis=0)]]
        if len(columns) == 2:
            first, second = raw.T
            ratio = np.divide(first, second, out=np.zeros_like(first), where=second != 0)
            # The difference of the logs is the log of the ratio, their sum that of the product.
            logs = log[:, 0] - log[:, 1], log[:, 0] + log[:, 1]
            parts.append(np.column_stack((first - second, first + second, ratio, *logs)))
        return np.clip(np.column_stack(parts), -LARGEST, LARGEST)


def view_table(matrix: NDArray[np.float32]) -> ViewedTable:
    """Prepare the views of a matrix, shape (R, C), NaN where missing."""
    is_missing = np.isnan(matrix)
    medians = np.nanmedian(np.vstack((matrix, np.where(is_missing.all(axis=0), 0, np.nan))), axis=0)
    raw = np.where(is_missing, medians, matrix.astype(np.float64))
    return ViewedTable(raw=raw, log=np.sign(raw) * np.log1p(np.abs(raw)), is_missing=is_missing.astype(np.float64))
