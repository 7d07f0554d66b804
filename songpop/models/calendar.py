"""The block `calendar`: where in the year and in the week a date lies, as points on circles.

Axes: R rows, K cycles.
"""

import numpy as np

from songpop.contracts import ColumnKind
from songpop.models.cells import Cells, of_kinds, picked
from songpop.models.fitting import Block, Tensor, Training
from songpop.models.runtime import keras


def calendar(training: Training) -> Block | None:
    """Return sine and cosine of 2 pi x / period of each cycle, shape (R, 2 K); 0 where missing, the circle's middle.

    They are not standardised: a circle stays one, and its points are of length 1.
    """
    indices = of_kinds(training.columns, ColumnKind.CYCLE)
    if not indices:
        return None
    columns = [training.columns[k] for k in indices]
    periods = np.asarray([column.period for column in columns], dtype=np.float32)

    def build(cells: Cells) -> Tensor:
        # By the remainder first: the sine of a number beyond all calendars is anything.
        angles = keras.ops.mod(picked(cells.values, indices), periods) / periods * np.float32(2 * np.pi)
        points = keras.ops.concatenate([keras.ops.sin(angles), keras.ops.cos(angles)], axis=1)
        return points * keras.ops.cast(picked(cells.present, [*indices, *indices]), "float32")

    names = [f"{part} of {column.name}" for part in ("sine", "cosine") for column in columns]
    return Block(names=tuple(names), build=build)
