"""Cosine and sine of turns, as kernels take them: of a float32, without a branch or a call.

The C library's own are a call per value, and cost more than all else of a small network's step. A turn is 2 pi, so that
what is cut off is a whole number and nothing is lost with it. Right to 2e-7 for turns that a float32 holds as well.
"""

import math
from typing import Any

import numpy as np

from songpop.engines.compiled import inlined

_F = np.float32
_0, _QUARTER, _HALF, _1 = _F(0), _F(0.25), _F(0.5), _F(1)

# sin(2 pi a) / a by powers of a * a, the highest first: Taylor's terms, which end below 6e-8 at a quarter of a turn.
_S6, _S5, _S4, _S3, _S2, _S1, _S0 = (
    _F((-1) ** k * (2 * math.pi) ** (2 * k + 1) / math.factorial(2 * k + 1)) for k in range(6, -1, -1)
)


@inlined
def wave(turns: Any) -> tuple[Any, Any]:
    """Return the cosine and the sine of so many turns."""
    rest = turns - np.floor(turns + _HALF)  # -1/2 to 1/2
    size = abs(rest)
    cosine = _rise(_QUARTER - size)
    sine = _rise(_QUARTER - abs(_QUARTER - size))
    return cosine, (sine if rest > _0 else -sine)


@inlined
def _rise(a: Any) -> Any:
    """Return the sine of `a` turns, -1/4 to 1/4."""
    q = a * a
    return a * ((((((_S6 * q + _S5) * q + _S4) * q + _S3) * q + _S2) * q + _S1) * q + _S0)
