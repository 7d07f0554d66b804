"""Training and measuring one network on one CPU core: compiled once, for every network, optimizer and penalty.

Axes: R rows, N steps, B rows of a batch, F features, U units, K hidden layers, L = K + 1 layers, P weights. `weights`
(P,) holds moving statistics, if there are any, the embedding's, if there is one, gammas and betas, if it is normalised,
then kernel and bias of each layer side by side (arrangement); `sizes` (L + 1,) are what the first layer is given (the
features, or their vectors), the units of each hidden layer, and 1. What a layer has for each row of a batch lies in one
array, layer after layer, B * U values for each. Arrays are float32 unless said.

Owns: the order of a step's parts. Does not own: what they are called with (fused), products of matrices (products), the
layers (hidden, normalization, last_layer), what befalls a batch (disturbance) before it becomes vectors (embedding),
what becomes of gradients (clipping, descent) and weights (averaging). All of a small network stays in a core's own
cache, each array is passed over as seldom as can be, and no framework is asked between two products
(docs/decisions/0008). A NaN may get lost in an activation's cut ends, so whoever calls looks whether the weights are
finite.
"""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from songpop.contracts import Matrix, Vector
from songpop.engines import (
    averaging,
    clipping,
    curves,
    descent,
    disturbance,
    dropout,
    embedding,
    hidden,
    last_layer,
    normal,
    normalization,
    products,
    waves,
)
from songpop.engines.averaging import average
from songpop.engines.clipping import clip
from songpop.engines.compiled import compiled
from songpop.engines.descent import descend, update
from songpop.engines.disturbance import Disturbance, disturb
from songpop.engines.dropout import step_key
from songpop.engines.embedding import NONE, Plan, blame_embedding, embed, room_for, sizes_of
from songpop.engines.hidden import DropoutArrays, Sizes, backward, forward, layer_of, times
from songpop.engines.last_layer import logit, output
from songpop.engines.normalization import measured_of, normalization_of, trained_of

Averaging: TypeAlias = tuple[Vector, np.float32]  # the averaged weights, shape (P,), or (0,) for none; momentum

_F = np.float32
_0, _1 = _F(0), _F(1)
_PARTS = (
    averaging,
    clipping,
    curves,
    descent,
    disturbance,
    dropout,
    embedding,
    hidden,
    last_layer,
    normal,
    normalization,
    products,
    waves,
)
_PIECE = 128  # rows that are measured at once, so that they stay in the cache


@compiled(
    "float64(float32[::1], float32[::1], float32[::1], float32[:, ::1], float32[::1], int32[::1], int64, "
    "Tuple((uint64, int64, int64)), Tuple((uint32[::1], float32[::1], int64[::1])), float32[:, ::1], float32[:, ::1], "
    "int64[::1], int64, float32[::1], Tuple((float32, float32, uint32, float32)), float32, "
    "Tuple((float32[::1], float32)), UniTuple(int64, 3), int64, int64)",
    *_PARTS,
)
def train_steps(
    weights: Vector,
    means: Vector,
    squares: Vector,
    x: Matrix,
    y: Vector,
    order: NDArray[np.int32],
    batch_size: int,
    drawn: tuple[np.uint64, int, int],
    dropped: DropoutArrays,
    lambdas: Matrix,
    coefficients: Matrix,
    sizes: Sizes,
    curve: int,
    shares: Vector,
    disturbed: Disturbance,
    clip_norm: np.float32,
    averaged: Averaging,
    plan: Plan,
    has_skips: int,
    normalized: int,
) -> float:
    """Train N steps in place, and return the loss with penalty, each step's weighted by its rows, summed.

    Args:
        weights: shape (P,); changed.
        means: the optimizer's m, alike.
        squares: the optimizer's v, alike.
        x: training rows, shape (R, F).
        y: their truth, shape (R,).
        order: row numbers of these steps, side by side, int32; the last step may have fewer than B.
        batch_size: B.
        drawn: the trial's `dropout_key`, the epoch, and the first of these steps in it.
        dropped: `Dropout.bounds`, `scales` and `places`, shape (K,) each.
        lambdas: l1 and l2 of each layer's kernel, shape (L, 2).
        coefficients: of each step (updates.py), shape (N, 10).
        sizes: int64, shape (L + 1,).
        curve: place of the activation in `topology.ACTIVATIONS`.
        shares: of each step (mixup), shape (N,), or (0,) where nothing is mixed.
        disturbed: how batches are (disturbance).
        clip_norm: greatest norm of all gradients; 0: any.
        averaged: the averages are changed.
        plan: the embedding's.
        has_skips: 1 for a network with skips, or 0.
        normalized: place of the normalisation in `topology.NORMALIZATIONS`.
    """
    n_units = sizes[1:-1].sum()
    n_measured = measured_of(normalized, n_units)
    measured, averages = weights[:n_measured], averaged[0]
    weights, means, squares = weights[n_measured:], means[n_measured:], squares[n_measured:]
    _, n_constants, n_embedded = sizes_of(plan, x.shape[1])  # of the weights
    n_before = n_embedded + trained_of(normalized, n_units)  # the layers
    room = room_for(plan, x.shape[1], sizes[1], batch_size)
    n_values = batch_size * n_units
    values, slopes, blame = np.empty(n_values, _F), np.empty(n_values, _F), np.empty(n_values, _F)
    gradients = np.empty(len(weights), _F)
    layers, by_layers = weights[n_before:], gradients[n_before:]
    n_hidden, by_normalization = len(sizes) - 2, gradients[n_embedded:n_before]
    norms = normalization_of(normalized, n_units, n_hidden, batch_size, weights[n_embedded:n_before], measured, 1)
    through = np.empty(n_values if has_skips else 0, _F)
    ones = np.ones(batch_size * sizes[-2] if has_skips else 0, _F)
    turned = np.empty((sizes[1:-2] * sizes[2:-1]).max() if len(sizes) > 3 else 0, _F)  # room for a kernel
    batch_x = np.empty((batch_size, x.shape[1]), _F)
    batch_y, errors = np.empty(batch_size, _F), np.empty(batch_size, _F)
    none, total = np.zeros_like(lambdas), 0.0
    for step in range(len(coefficients)):
        rows = order[step * batch_size : (step + 1) * batch_size]
        n_rows = len(rows)
        for row in range(n_rows):
            batch_x[row] = x[rows[row]]
            batch_y[row] = y[rows[row]]
        inputs = batch_x[:n_rows]
        key = step_key(drawn[0], drawn[1], drawn[2] + step)
        disturb(inputs, batch_y[:n_rows], shares[step] if len(shares) > 0 else _1, disturbed, key)
        if plan[0] != NONE:
            inputs = embed(weights, inputs, plan, room)
        unit, weight = forward(layers, inputs, sizes, curve, batch_size, values, slopes, key, dropped, has_skips, norms)
        start, stop, shape = unit * batch_size, unit * batch_size + n_rows * sizes[-2], (n_rows, sizes[-2])
        top, slope, upstream = values[start:stop], slopes[start:stop], blame[start:stop]
        loss = output(
            top.reshape(shape),
            layers[weight:],
            batch_y[:n_rows],
            (ones[: len(slope)] if has_skips else slope).reshape(shape),
            by_layers[weight:],
            upstream.reshape(shape),
            errors,
        )
        if has_skips:
            through[start:stop] = upstream
            times(upstream, slope)
        backward(
            layers,
            inputs,
            sizes,
            batch_size,
            values,
            slopes,
            blame,
            (unit, weight),
            by_layers,
            turned,
            through,
            norms,
            by_normalization,
        )
        if plan[0] != NONE:
            kernel, _ = layer_of(layers, 0, sizes[0], sizes[1])
            upstream_of_first = blame[: n_rows * sizes[1]].reshape(n_rows, sizes[1])
            n_through = n_rows * sizes[1] if has_skips and sizes[0] == sizes[1] else 0
            through_first = through[:n_through].reshape(n_through // sizes[1], sizes[1])
            blame_embedding(
                weights, kernel, upstream_of_first, through_first, plan, room, x.shape[1], gradients[:n_embedded]
            )
        if clip_norm > _0:  # which adds the penalty's gradients, so that the update must not
            loss += clip(gradients, layers, lambdas, sizes, clip_norm)
        own = slice(n_constants, n_before)
        descend(weights[own], means[own], squares[own], gradients[own], coefficients[step])
        loss += update(
            layers,
            means[n_before:],
            squares[n_before:],
            by_layers,
            none if clip_norm > _0 else lambdas,
            sizes,
            coefficients[step],
        )
        if len(averages) > 0:
            is_first = drawn[1] == 0 and drawn[2] + step == 0
            average(averages[n_measured + n_constants :], weights[n_constants:], averaged[1], is_first)
        total += n_rows * np.float64(loss)
    averages[: min(n_measured, len(averages))] = measured[: len(averages)]  # which move by themselves
    return total


@compiled(
    "void(float32[::1], float32[:, ::1], int64[::1], int64, float32[::1], UniTuple(int64, 3), int64, int64)", *_PARTS
)
def predict(
    weights: Vector,
    x: Matrix,
    sizes: Sizes,
    curve: int,
    probabilities: Vector,
    plan: Plan,
    has_skips: int,
    normalized: int,
) -> None:
    """Fill `probabilities`, shape (R,), with those of rows `x`, shape (R, F); the rest as in `train_steps`."""
    n_units = sizes[1:-1].sum()
    n_values = _PIECE * n_units
    values, slopes = np.empty(n_values, _F), np.empty(n_values, _F)
    none = np.empty(0, np.uint32), np.empty(0, _F), np.empty(0, np.int64)
    n_measured = measured_of(normalized, n_units)
    measured, weights = weights[:n_measured], weights[n_measured:]
    n_embedded = sizes_of(plan, x.shape[1])[2]
    n_before = n_embedded + trained_of(normalized, n_units)
    layers = weights[n_before:]
    norms = normalization_of(normalized, n_units, len(sizes) - 2, _PIECE, weights[n_embedded:n_before], measured, 0)
    room = room_for(plan, x.shape[1], sizes[1], _PIECE)
    for first in range(0, len(x), _PIECE):
        inputs = x[first : first + _PIECE]
        if plan[0] != NONE:
            inputs = embed(weights, inputs, plan, room)
        unit, weight = forward(
            layers, inputs, sizes, curve, _PIECE, values, slopes, np.uint64(0), none, has_skips, norms
        )
        for row in range(len(inputs)):
            start = unit * _PIECE + row * sizes[-2]
            value = logit(values[start : start + sizes[-2]], layers[weight:])
            probabilities[first + row] = _1 / (_1 + np.exp(-value))
