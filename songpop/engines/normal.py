"""Normally distributed numbers from random bits, one from each 32, without a branch or a call.

The quantile function: sqrt(2) * erfinv(x) with Giles' polynomials in single precision (Approximating the erfinv
function, GPU Computing Gems, 2012), and a logarithm of Cephes' (logf): so that a loop over many becomes vector
instructions, which calls into the C library would not.
"""

import math

import numpy as np

from songpop.engines.compiled import inlined

_F, _I = np.float32, np.int32
_0, _HALF, _1 = _F(0), _F(0.5), _F(1)
_UNIT = _F(2**-24)
_ROOT_2, _LOG_2 = _F(math.sqrt(2)), _F(math.log(2))
_LOG = tuple(map(_F, (7.0376836292e-2, -1.1514610310e-1, 1.1676998740e-1, -1.2420140846e-1, 1.4249322787e-1,
                      -1.6668057665e-1, 2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1)))  # fmt: skip
_NEAR = tuple(map(_F, (2.81022636e-08, 3.43273939e-07, -3.5233877e-06, -4.39150654e-06, 0.00021858087, -0.00125372503,
                       -0.00417768164, 0.246640727, 1.50140941)))  # fmt: skip
_FAR = tuple(map(_F, (-0.000200214257, 0.000100950558, 0.00134934322, -0.00367342844, 0.00573950773, -0.0076224613,
                      0.00943887047, 1.00167406, 2.83297682)))  # fmt: skip
_L0, _L1, _L2, _L3, _L4, _L5, _L6, _L7, _L8 = _LOG
_N0, _N1, _N2, _N3, _N4, _N5, _N6, _N7, _N8 = _NEAR
_F0, _F1, _F2, _F3, _F4, _F5, _F6, _F7, _F8 = _FAR


@inlined
def normal(bits: np.uint32) -> np.float32:
    """Return a number of mean 0 and variance 1, up to 5.4 from 0, from its upper 24 bits; right to 1e-6 of itself."""
    x = (
        _F(_I(_I(bits >> np.uint32(8)) * _I(2) + _I(1 - 2**24))) * _UNIT
    )  # odd multiples: never 0, never an end of (-1, 1)
    w = -_log((_1 - x) * (_1 + x))
    near = w - _F(2.5)
    far = np.sqrt(w) - _F(3)
    n = (((_N0 * near + _N1) * near + _N2) * near + _N3) * near + _N4
    n = (((n * near + _N5) * near + _N6) * near + _N7) * near + _N8
    f = (((_F0 * far + _F1) * far + _F2) * far + _F3) * far + _F4
    f = (((f * far + _F5) * far + _F6) * far + _F7) * far + _F8
    return _ROOT_2 * x * (n if w < _F(5) else f)


@inlined
def _log(a: np.float32) -> np.float32:
    """Return the natural logarithm of a positive number."""
    # Exponent and mantissa, the latter between 1 / sqrt(2) and sqrt(2): 0x3F3504F3 are the bits of the lower end.
    bits = _I(np.float32(a).view(np.int32) - _I(0x3F3504F3))
    exponent = _I(bits >> _I(23))
    m = np.int32((bits & _I(0x7FFFFF)) + _I(0x3F3504F3)).view(np.float32) - _1
    p = (((_L0 * m + _L1) * m + _L2) * m + _L3) * m + _L4
    p = (((p * m + _L5) * m + _L6) * m + _L7) * m + _L8
    q = m * m
    return p * m * q - _HALF * q + m + _F(exponent) * _LOG_2
