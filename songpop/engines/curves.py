"""The activations as kernels take them: from a float32 to its value and slope, without a branch or a call.

Axes: B rows of a batch, U units. Formulas and constants are those of keras.activations (3.15).

exp and its like are calls into the C library, a value at a time: half an epoch's time. The quotients of polynomials
below become vector instructions. They are Eigen's, which TensorFlow uses too (MathFunctionsImpl.h,
generic_fast_tanh_float and generic_fast_erf_float), right to 7e-7.
"""

import math
from typing import Any

import numpy as np

from songpop.contracts import Matrix, Vector
from songpop.engines.compiled import inlined

_F = np.float32
_0, _HALF, _1, _2 = _F(0), _F(0.5), _F(1), _F(2)

# Coefficients, that of the highest power first.
_TANH_END, _ERF_END = _F(7.90531110763549805), _F(4)  # beyond, a float32 cannot tell them from 1
_TANH_TOP = (-2.76076847742355e-16, 2.00018790482477e-13, -8.60467152213735e-11, 5.12229709037114e-08,
             1.48572235717979e-05, 6.37261928875436e-04, 4.89352455891786e-03)  # fmt: skip
_TANH_BOTTOM = (1.19825839466702e-06, 1.18534705686654e-04, 2.26843463243900e-03, 4.89352518554385e-03)
_ERF_TOP = (-2.72614225801306e-10, 2.77068142495902e-08, -2.10102402082508e-06, -5.69250639462346e-05,
            -7.34990630326855e-04, -2.95459980854025e-03, -1.60960333262415e-02)  # fmt: skip
_ERF_BOTTOM = (-1.45660718464996e-05, -2.13374055278905e-04, -1.68282697438203e-03, -7.37332916720468e-03,
               -1.42647390514189e-02)  # fmt: skip
_STRETCH = _F(1 + 3e-7)  # so that both ends are exactly 1, and silu of -1,000,000 is 0
_BY_ROOT_2, _BY_ROOT_2_PI = _F(1 / math.sqrt(2)), _F(1 / math.sqrt(2 * math.pi))
_SELU_ALPHA, _SELU_SCALE = _F(1.6732632423543772), _F(1.0507009873554805)


def _quotient(end: np.float32, top: tuple[float, ...], bottom: tuple[float, ...]) -> Any:
    """Return x -> x * top(x * x) / bottom(x * x), with x cut off at both ends."""
    t = [_F(0)] * (7 - len(top)) + [_F(c) for c in top]
    b = [_F(0)] * (5 - len(bottom)) + [_F(c) for c in bottom]
    t0, t1, t2, t3, t4, t5, t6 = t
    b0, b1, b2, b3, b4 = b

    @inlined
    def quotient(x: Any) -> Any:
        cut = min(end, max(-end, x))
        q = cut * cut
        above = (((((t0 * q + t1) * q + t2) * q + t3) * q + t4) * q + t5) * q + t6
        below = (((b0 * q + b1) * q + b2) * q + b3) * q + b4
        return min(_1, max(-_1, _STRETCH * cut * above / below))

    return quotient


_tanh_of = _quotient(_TANH_END, _TANH_TOP, _TANH_BOTTOM)
_erf_of = _quotient(_ERF_END, _ERF_TOP, _ERF_BOTTOM)


@inlined
def tanh(x: Any) -> Any:
    """Return the hyperbolic tangent, and its slope."""
    t = _tanh_of(x)
    return t, _1 - t * t


@inlined
def _relu(x: Any) -> Any:
    slope = _1 if x > _0 else _0
    return x * slope, slope


@inlined
def _gelu(x: Any) -> Any:
    share = _HALF * (_1 + _erf_of(x * _BY_ROOT_2))
    t, _ = tanh(_HALF * _HALF * x * x)  # exp(-a) = (1 - tanh(a / 2)) / (1 + tanh(a / 2))
    return x * share, share + x * _BY_ROOT_2_PI * (_1 - t) / (_1 + t)


@inlined
def _silu(x: Any) -> Any:
    t, _ = tanh(_HALF * x)
    s = _HALF * (_1 + t)
    return x * s, s * (_1 + x * (_1 - s))


@inlined
def _elu(x: Any) -> Any:
    t, _ = tanh(_HALF * (_0 if x > _0 else x))
    below = _2 * t / (_1 - t)  # exp(x) - 1
    return (x if x > _0 else below), below + _1


@inlined
def _selu(x: Any) -> Any:
    value, slope = _elu(x)
    factor = _SELU_SCALE * _SELU_ALPHA if x < _0 else _SELU_SCALE
    return factor * value, factor * slope


def _over(function: Any) -> Any:
    """Return an activation of a layer: adds the bias to `z`, in place, and fills the slope: (B, U), (U,), (B, U)."""

    @inlined
    def apply(z: Matrix, bias: Vector, slope: Matrix) -> None:
        n_rows, n_units = z.shape
        for row in range(n_rows):
            for j in range(n_units):
                z[row, j], slope[row, j] = function(z[row, j] + bias[j])

    return apply


_relus, _gelus, _silus, _selus, _elus, _tanhs = (_over(f) for f in (_relu, _gelu, _silu, _selu, _elu, tanh))


@inlined
def activate(curve: int, z: Matrix, bias: Vector, slope: Matrix) -> None:
    """Add the bias to `z`, put it through the activation, in place, and fill its slope: (B, U), (U,), (B, U).

    `curve` is the activation's place in `topology.ACTIVATIONS`. A ladder, since Numba calls no function out of a table.
    """
    if curve == 0:
        _relus(z, bias, slope)
    elif curve == 1:
        _gelus(z, bias, slope)
    elif curve == 2:
        _silus(z, bias, slope)
    elif curve == 3:
        _selus(z, bias, slope)
    elif curve == 4:
        _elus(z, bias, slope)
    else:
        _tanhs(z, bias, slope)
