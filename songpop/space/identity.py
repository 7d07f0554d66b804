"""Hyperparameters as what tells studies and finals apart: the same in every version of songpop that can mean them.

What is off is left out, and so what an older version did not know: its studies go on under a newer one.
"""

from dataclasses import asdict
from typing import Any

from songpop.contracts import Params
from songpop.space.legal import OFF_AT


def identity_of(params: Params) -> dict[str, Any]:
    """Return the fields of `params` by name, without those of `legal.OFF_AT` that are off."""
    return {name: value for name, value in asdict(params).items() if name not in OFF_AT or value != OFF_AT[name]}
