"""What a model has to beat to be worth its trouble: the same rows, seen by methods that need no search.

Axes: R training rows, T rows to be predicted, F features, C raw columns.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from songpop.contracts import Matrix

MAJORITY, LINEAR, BOOSTED = "majority class", "logistic regression", "gradient boosting"

_SEED = 0  # of the boosting, which draws nothing with its defaults but is asked to be sure
_MAX_ITERATIONS = 1_000

Chance = NDArray[np.float64]


def baselines(
    features: tuple[Matrix, Matrix], cells: tuple[Matrix, Matrix], label: NDArray[np.int8]
) -> Mapping[str, Chance]:
    """Return each baseline's probability of the class 1, shape (T,), by its name; scikit-learn's defaults.

    Args:
        features: standardised, for the linear one: training (R, F), to be predicted (T, F).
        cells: raw, NaN where missing, for the boosted one: training (R, C), to be predicted (T, C).
        label: truth of the training rows, 0 or 1, both present, shape (R,).
    """
    methods = {
        MAJORITY: (DummyClassifier(strategy="prior"), features),
        LINEAR: (LogisticRegression(max_iter=_MAX_ITERATIONS), features),
        BOOSTED: (HistGradientBoostingClassifier(random_state=_SEED), cells),
    }
    # Threads that wait for one another on a busy machine take ten times as long for a table of thousands of rows.
    with threadpool_limits(1, user_api="openmp"):
        return {
            name: np.asarray(method.fit(rows[0], label).predict_proba(rows[1])[:, 1], dtype=np.float64)
            for name, (method, rows) in methods.items()
        }
