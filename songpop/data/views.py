"""One or two columns as a leak would use them: raw, logs, missing flags, sums, differences, products, ratios.

Axes: R rows, V views.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Views = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class ViewedTable:
    """The columns of a matrix and their logarithms, each (R, C), NaN where missing."""

    raw: Views
    log: Views

    def of(self, columns: tuple[int, ...]) -> Views:
        """Return the views of one column or of two together, shape (R, V), NaN where missing; constants left out."""
        raw, log = self.raw[:, columns], self.log[:, columns]
        parts = [raw, log, np.isnan(raw).astype(np.float64)]
        if len(columns) == 2:
            first, second = raw.T
            with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
                ratio = first / second
            ratio[~np.isfinite(ratio)] = np.nan
            # The difference of the logs is the log of the ratio, their sum that of the product.
            logs = log[:, 0] - log[:, 1], log[:, 0] + log[:, 1]
            parts.append(np.column_stack((first - second, first + second, ratio, *logs)))
        views = np.column_stack(parts)
        filled_in = filled(views)
        return views[:, np.ptp(filled_in, axis=0) > 0]


def view_table(matrix: NDArray[np.float32]) -> ViewedTable:
    """Prepare the views of a matrix, shape (R, C), NaN where missing."""
    raw = matrix.astype(np.float64)
    return ViewedTable(raw=raw, log=np.sign(raw) * np.log1p(np.abs(raw)))


def filled(views: Views) -> Views:
    """Put each view's median where it is missing (0 where nothing is known), shape (R, V)."""
    is_missing = np.isnan(views)
    counts = (~is_missing).sum(axis=0)
    ranked = np.sort(views, axis=0)  # NaN comes last
    medians = ranked[np.maximum(counts - 1, 0) // 2, np.arange(views.shape[1])]
    return np.where(is_missing, np.where(counts > 0, medians, 0.0), views)
