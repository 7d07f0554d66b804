"""The peers with songpop's rates: is it the method, or the quotient that it was given?

songpop divides counts by the days since release; nobody told the peers to. Some get the quotients beside their columns,
and have to find out which matter, some get what `space=best` gives its networks at most: quotients and age, no more.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
from inputs import Floats, Inputs
from methods import DEFAULTS, Budget, Method
from tuned import TUNED

BESIDE, ALONE = "_rates", "_only_rates"


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


def only_rates(inputs: Inputs) -> Inputs:
    """Return inputs with the rates and the ages alone; a table without counts or an age stays as it is."""
    informed = with_rates(inputs)
    if informed is inputs:
        return inputs
    kept = [k for k, kind in enumerate(inputs.kinds) if kind == "age"]
    kept += range(len(inputs.kinds), len(informed.kinds))
    return replace(
        informed,
        matrix=informed.matrix[:, kept],
        names=tuple(informed.names[k] for k in kept),
        kinds=tuple(informed.kinds[k] for k in kept),
        n_categories=tuple(informed.n_categories[k] for k in kept),
    )


def _given(
    change: Callable[[Inputs], Inputs], fit: Callable[[Inputs, Budget], Floats]
) -> Callable[[Inputs, Budget], Floats]:
    return lambda inputs, budget: fit(change(inputs), budget)


def _all_given(change: Callable[[Inputs], Inputs], suffix: str, methods: Mapping[str, Method]) -> dict[str, Method]:
    return {f"{name}{suffix}": replace(method, fit=_given(change, method.fit)) for name, method in methods.items()}


INFORMED, INFORMED_TUNED = _all_given(with_rates, BESIDE, DEFAULTS), _all_given(with_rates, BESIDE, TUNED)
ONLY_RATES = _all_given(only_rates, ALONE, {**DEFAULTS, **TUNED})
