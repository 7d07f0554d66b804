"""The peers with songpop's rates beside what they get: is it the method, or the quotient that it was given?

songpop divides counts by the days since release; nobody told the peers to. These get the quotients as further columns.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
from inputs import Floats, Inputs
from methods import DEFAULTS, Budget, Method
from tuned import TUNED

SUFFIX = "_rates"


def with_rates(inputs: Inputs) -> Inputs:
    """Return inputs with each count by the days since release beside it; a missing count is none at all.

    As songpop's block `rates` before it is standardised. A table without counts or an age stays as it is.
    """
    counts = [k for k, kind in enumerate(inputs.kinds) if kind == "count"]
    ages = [k for k, kind in enumerate(inputs.kinds) if kind == "age"]
    if not counts or not ages:
        return inputs
    days = np.maximum(inputs.matrix[:, ages[0]], 0.0) + 1.0
    rates = np.nan_to_num(inputs.matrix[:, counts], nan=0.0) / days[:, None]
    return replace(
        inputs,
        matrix=np.concatenate([inputs.matrix, rates.astype(np.float32)], axis=1),
        names=(*inputs.names, *(f"{inputs.names[k]} a day" for k in counts)),
        kinds=(*inputs.kinds, *("number" for _ in counts)),
        n_categories=(*inputs.n_categories, *(0 for _ in counts)),
    )


def _informed(fit: Callable[[Inputs, Budget], Floats]) -> Callable[[Inputs, Budget], Floats]:
    return lambda inputs, budget: fit(with_rates(inputs), budget)


def _all_informed(methods: Mapping[str, Method]) -> dict[str, Method]:
    return {f"{name}{SUFFIX}": replace(method, fit=_informed(method.fit)) for name, method in methods.items()}


INFORMED, INFORMED_TUNED = _all_informed(DEFAULTS), _all_informed(TUNED)
