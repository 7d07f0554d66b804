"""Models of several searches on the same resamples: how far each is behind the best one, and whether that may be luck.

Each search has chosen its model by these very values, so all of them look a little better than they are.

Axes: J resamples; a model that was trained on fewer has the first of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from songpop.evaluation.resampled import holm, paired_p_value

MIN_RESAMPLES = 2  # one alone proves nothing


@dataclass(frozen=True, kw_only=True)
class Behind:
    """How a model compares with the best one, on the resamples that both have."""

    difference: float  # of the means; below 0 where the other one is better on these
    p_value: float  # that the two are the same; corrected for the number of models
    n_resamples: int
    is_beyond_luck: bool


def behind_the_best(
    values: Sequence[Sequence[float]], validation_ratio: float, alpha: float = 0.05
) -> tuple[Behind | None, ...]:
    """Compare each model with the first by paired tests, corrected for the resamples' overlap and the tests' number.

    Args:
        values: validation log loss of each model per resample, the best one's first; shapes (J,), finite.
        validation_ratio: validation rows by training rows, of each resample.
        alpha: level of the tests.

    Returns:
        One per model; None for the first.

    Raises:
        DataError: if there is no value, or one is not finite.
    """
    if not values:
        return ()
    pairs = []
    for one in values[1:]:
        n = min(len(one), len(values[0]))
        pairs.append((np.asarray(one[:n], dtype=np.float64), np.asarray(values[0][:n], dtype=np.float64)))
    corrected = holm([paired_p_value(mine, best, validation_ratio) for mine, best in pairs])
    return (
        None,
        *(
            Behind(
                difference=float((mine - best).mean()),
                p_value=float(p_value),
                n_resamples=len(mine),
                is_beyond_luck=bool(p_value < alpha) and len(mine) >= MIN_RESAMPLES,
            )
            for (mine, best), p_value in zip(pairs, corrected, strict=True)
        ),
    )
