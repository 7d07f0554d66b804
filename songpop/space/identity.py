"""Hyperparameters as what tells studies and finals apart: the same in every version of songpop that can mean them.

What is off is left out, and so what an older version did not know: its studies go on under a newer one.
"""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from songpop.contracts import Params
from songpop.space.legal import OF_PART, OFF_AT


def identity_of(params: Params) -> dict[str, Any]:
    """Return the fields of `params` by name, without those that are off and those that say how what is off is made."""
    values = asdict(params)
    return {name: value for name, value in values.items() if is_on(name, values)}


def is_on(name: str, values: Mapping[str, Any]) -> bool:
    """Say whether the field `name` is neither off nor says how something is made that is off; `values` are all fields.

    What can be neither, such as the widths, is on.
    """
    if name in OF_PART:
        part, kinds = OF_PART[name]
        return values[part] in kinds
    return name not in OFF_AT or bool(values[name] != OFF_AT[name])
