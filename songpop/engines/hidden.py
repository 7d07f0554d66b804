"""The hidden layers: forward, with normalisation, dropout and skips, and gradients of all below the last layer.

Axes: B rows of a batch, F values that the first layer is given, U units, K hidden layers, L = K + 1 layers, P weights
of the layers. `sizes` (L + 1,) are F, the units of each hidden layer, and 1. What a layer has for each row lies in one
array, layer after layer, B * U values for each. Arrays are float32 unless said. A skip adds a layer's inputs to its
outputs where there are as many of both.
"""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from songpop.contracts import Matrix, Vector
from songpop.engines.compiled import inlined
from songpop.engines.curves import activate
from songpop.engines.dropout import halves, unit_bits
from songpop.engines.normalization import BY_BATCH, NONE, Normalization, blame_normalization, normalize, shifts_of
from songpop.engines.products import multiply, multiply_turned, turn

Sizes: TypeAlias = NDArray[np.int64]
DropoutArrays: TypeAlias = tuple[NDArray[np.uint32], Vector, NDArray[np.int64]]  # bounds, scales, places

_0 = np.float32(0)


@inlined
def layer_of(weights: Vector, first: int, n_in: int, n_out: int) -> tuple[Matrix, Vector]:
    """Return views of the kernel, shape (n_in, n_out), and the bias, shape (n_out,), that begin at `first`."""
    middle = first + n_in * n_out
    return weights[first:middle].reshape(n_in, n_out), weights[middle : middle + n_out]


@inlined
def forward(
    weights: Vector,
    inputs: Matrix,
    sizes: Sizes,
    curve: int,
    batch_size: int,
    hidden: Vector,
    slopes: Vector,
    key: np.uint64,
    dropped: DropoutArrays,
    has_skips: int,
    normalization: Normalization,
) -> tuple[int, int]:
    """Fill `hidden` and `slopes`, the slope of each value by its unit's input, and return the last layer's place."""
    bounds, scales, places = dropped
    n_rows, unit, weight = len(inputs), 0, 0
    for k in range(len(sizes) - 2):
        n_in, n_out = sizes[k], sizes[k + 1]
        values = hidden[unit * batch_size : unit * batch_size + n_rows * n_out]
        slope = slopes[unit * batch_size : unit * batch_size + n_rows * n_out]
        kernel, bias = layer_of(weights, weight, n_in, n_out)
        outputs = values.reshape(n_rows, n_out)
        multiply(inputs, kernel, outputs)
        if normalization[0] != NONE:
            normalize(outputs, bias, normalization, k, unit, batch_size)
            bias = shifts_of(normalization, unit, n_out)
        activate(curve, outputs, bias, slope.reshape(n_rows, n_out))
        if len(places) > 0 and places[k] >= 0:
            _drop_out(values, slope, key, places[k] * batch_size, bounds[k], scales[k])
        if has_skips and n_in == n_out:
            _add(values, inputs)
        inputs = outputs
        unit += n_out
        weight += (n_in + 1) * n_out
    return unit - sizes[-2], weight


@inlined
def _drop_out(values: Vector, slopes: Vector, key: np.uint64, place: int, bound: np.uint32, scale: np.float32) -> None:
    """Multiply by `scale` where a unit stays, by 0 where it drops out; shapes (B * U,); `place` is the first one's."""
    low, high = halves(key, place)
    for i in range(len(values)):
        kept = scale if unit_bits(low, high, i) >= bound else _0
        values[i] *= kept
        slopes[i] *= kept


@inlined
def backward(
    weights: Vector,
    x: Matrix,
    sizes: Sizes,
    batch_size: int,
    hidden: Vector,
    slopes: Vector,
    blame: Vector,
    place: tuple[int, int],
    gradients: Vector,
    turned: Vector,
    through: Vector,
    normalization: Normalization,
    by_normalization: Vector,
) -> None:
    """Fill the gradients below the last layer; `blame` of each unit's input for the loss is there for the highest.

    With skips, `through` gets the blame of each unit's output, and has it for the highest; without, it has shape (0,).
    `by_normalization` gets the gradients of gammas and betas, and the blame is that of a unit's products afterwards.
    """
    n_rows, (unit, weight) = len(x), place
    for k in range(len(sizes) - 3, -1, -1):
        n_in, n_out = sizes[k], sizes[k + 1]
        weight -= (n_in + 1) * n_out
        upstream = blame[unit * batch_size : unit * batch_size + n_rows * n_out].reshape(n_rows, n_out)
        if normalization[0] != NONE:
            blame_normalization(upstream, normalization, by_normalization, k, unit, batch_size)
        by_kernel, by_bias = layer_of(gradients, weight, n_in, n_out)
        _sum_rows(upstream, by_bias)
        if normalization[0] == BY_BATCH:
            by_bias[:] = _0  # there is none, and rounding would be something to an optimizer that scales its steps
        if k == 0:
            multiply_turned(x, upstream, by_kernel)
        else:
            unit -= n_in
            start, stop = unit * batch_size, unit * batch_size + n_rows * n_in
            multiply_turned(hidden[start:stop].reshape(n_rows, n_in), upstream, by_kernel)
            kernel, _ = layer_of(weights, weight, n_in, n_out)
            across = turned[: n_in * n_out].reshape(n_out, n_in)
            turn(kernel, across)
            multiply(upstream, across, blame[start:stop].reshape(n_rows, n_in))
            if len(through) > 0:
                if n_in == n_out:
                    above = (unit + n_in) * batch_size
                    _add(blame[start:stop], through[above : above + n_rows * n_out].reshape(n_rows, n_out))
                through[start:stop] = blame[start:stop]
            times(blame[start:stop], slopes[start:stop])


@inlined
def _sum_rows(matrix: Matrix, sums: Vector) -> None:
    sums[:] = _0
    for row in range(matrix.shape[0]):
        for j in range(matrix.shape[1]):
            sums[j] += matrix[row, j]


@inlined
def _add(values: Vector, matrix: Matrix) -> None:
    added = matrix.reshape(-1)
    for i in range(len(values)):
        values[i] += added[i]


@inlined
def times(values: Vector, factors: Vector) -> None:
    """Multiply in place; shapes (N,)."""
    for i in range(len(values)):
        values[i] *= factors[i]
